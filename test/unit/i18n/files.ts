import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import type { SourceFile } from './scan.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));

const read = (patterns: readonly string[]): SourceFile[] =>
  globSync([...patterns], { cwd: root })
    .toSorted()
    .map((file) => ({
      path: file.split(path.sep).join('/'),
      text: readFileSync(path.join(root, file), 'utf8'),
    }));

/** Where words of the catalogue are asked for. */
export const pageFiles = (): SourceFile[] =>
  read([
    'src/**/*.page.ts',
    'src/**/*.api.ts',
    'src/{kit,app}/{http,page,print}/**/*.ts',
    'src/http/**/*.ts',
    'src/print/**/*.ts',
    'src/{house/notice,notice}/words.ts',
    'src/{house/notice/channel.command,commands/notice-channel}.ts',
    'templates/**/*.hbs',
    'web/**/*.js',
  ]);

// What stops a start is said in the terminal before there is a page; the verifier of archives brings its own sentences.
const elsewhere =
  /^src\/(?:run|cli|i18n|print|http\/console|app\/(?:run|cli)|kit\/(?:cli|page|print))\/|\.(?:cli|page)\.ts$|^src\/(?:kernel\/translate|app\/http\/(?:console|pages))\.ts$|^src\/(?:app\/)?config\.ts$|^src\/signing\/archive-|^src\/form\/archive\/[a-z]+\.rule\.ts$/;
const pages = /^src\/(?:http\/console|kit\/page)\/|\.page\.ts$|^src\/app\/http\/(?:console|pages)\.ts$/;

/** Where codes, audit actions and checks are made. */
export const codeFiles = (): SourceFile[] =>
  read(['src/**/*.ts', 'activities/*.ts', 'workflows/*.ts']).filter(({ path: file }) => !elsewhere.test(file));

/** Everything that may throw or record, the console included. */
export const sourceFiles = (): SourceFile[] =>
  read(['src/**/*.ts', 'activities/*.ts', 'workflows/*.ts']).filter(
    ({ path: file }) => pages.test(file) || !elsewhere.test(file),
  );

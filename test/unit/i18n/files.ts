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
    'src/house/notice/words.ts',
    'src/house/notice/channel.command.ts',
    'templates/**/*.hbs',
    'web/**/*.js',
  ]);

const pages = /^src\/kit\/page\/|\.page\.ts$|^src\/app\/http\/(?:console|pages)\.ts$/;
// What stops a start is said in the terminal before there is a page; the verifier of archives brings its own sentences.
const elsewhere =
  /^src\/(?:app\/(?:run|cli)|kit\/(?:cli|print))\/|\.cli\.ts$|^src\/(?:kernel\/translate|app\/config)\.ts$|^src\/form\/archive\/[a-z-]+\.rule\.ts$/;

/** Where codes, audit actions and checks are made. */
export const codeFiles = (): SourceFile[] => sourceFiles().filter(({ path: file }) => !pages.test(file));

/** Everything that may throw or record, the console included. */
export const sourceFiles = (): SourceFile[] =>
  read(['src/**/*.ts', 'activities/*.ts', 'workflows/*.ts']).filter(({ path: file }) => !elsewhere.test(file));

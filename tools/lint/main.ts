// The house's own lint: what oxlint cannot say. A breach that stands in known.txt is one that waits to be mended; one that is
// not there fails, and so does a line of known.txt that is no breach any more, so that the list only ever gets shorter.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { fileLength, measured, templateLine } from './length.ts';
import { rules } from './rules.ts';
import { read, type Breach } from './source.ts';

const known = fileURLToPath(new URL('known.txt', import.meta.url));
const lineFor = ({ rule, file, what }: Breach): string => `${rule} ${file}: ${what}`;

/** New breaches, and known ones that are mended. */
export function judge(found: readonly Breach[], listed: readonly string[]): { fresh: string[]; mended: string[] } {
  const lines = [...new Set(found.map(lineFor))].toSorted();
  return {
    fresh: lines.filter((line) => !listed.includes(line)),
    mended: listed.filter((line) => !lines.includes(line)),
  };
}

export const listed = (): string[] =>
  readFileSync(known, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));

export function breaches(): Breach[] {
  const files = read('src/**/*.ts', 'activities/**/*.ts', 'workflows/**/*.ts');
  const all = measured();
  return [
    ...rules.flatMap((rule) =>
      rule(rule.name === 'roomlessFiles' ? files.filter((file) => file.path.startsWith('src/')) : files),
    ),
    ...[templateLine, fileLength].flatMap((rule) => rule(all)),
  ];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { fresh, mended } = judge(breaches(), listed());
  for (const line of fresh) process.stderr.write(`${line}\n`);
  for (const line of mended)
    process.stderr.write(`tools/lint/known.txt lists what is mended; take the line out: ${line}\n`);
  process.exitCode = fresh.length + mended.length > 0 ? 1 : 0;
}

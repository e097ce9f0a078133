import { layerOf, layerOrder, roomlessFiles, roomOrder } from './room.ts';
import type { Breach, SourceFile } from './source.ts';

const hits = (
  rule: string,
  { path: file, text }: SourceFile,
  pattern: RegExp,
  what: (hit: string) => string,
): Breach[] => [...text.matchAll(pattern)].map((match) => ({ rule, file, what: what(match[0]) }));

/** SQL stands where it is looked for. */
export const sqlOutsideDb = (files: readonly SourceFile[]): Breach[] =>
  files
    .filter(({ path: file }) => layerOf(file) !== 'db')
    .flatMap((file) =>
      /\bsql`/.test(file.text) ? [{ rule: 'sql', file: file.path, what: 'SQL outside *.db.ts' }] : [],
    );

/** Pages, routes and the command line change nothing themselves: a command does, with permission and audit row. */
export const changesOutsideCommands = (files: readonly SourceFile[]): Breach[] =>
  files
    .filter(({ path: file }) => ['api', 'page', 'cli', 'rule', 'db'].includes(layerOf(file) ?? ''))
    .flatMap((file) =>
      hits('mutate', file, /\b(?:mutate|transaction)\(/g, (hit) => `${hit.slice(0, -1)} outside a command`),
    );

export const rules = [roomlessFiles, roomOrder, layerOrder, sqlOutsideDb, changesOutsideCommands] as const;

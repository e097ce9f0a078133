import { layerOf, layerOrder, roomlessFiles, roomOf, roomOrder } from './room.ts';
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

const written =
  /\b(?:insert\s+into|update|delete\s+from|merge\s+into|truncate)\s+(?:only\s+)?(?:contact|phone_number)\b|\btable: '(?:contact|phone_number)'/g;
/** Deletes contacts that no cap counts any more, by their age, whoever they are of. */
const besides: readonly string[] = ['src/app/retention.db.ts'];

/** What the caps count, and whose a number is: written in one room, or a contact comes to count for the wrong person. */
export const contactsWrittenElsewhere = (files: readonly SourceFile[]): Breach[] =>
  files
    .filter(({ path: file }) => roomOf(file) !== 'contact' && !besides.includes(file))
    .flatMap((file) =>
      hits('contact-rows', file, written, (hit) => `${hit.replaceAll(/\s+/g, ' ')} outside src/contact`),
    );

export const rules = [
  roomlessFiles,
  roomOrder,
  layerOrder,
  sqlOutsideDb,
  changesOutsideCommands,
  contactsWrittenElsewhere,
] as const;

import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** One file of the house, with its path from the project's root. */
export type SourceFile = { path: string; text: string };
/** `what` says what stands where it must not; with the rule and the file it names the breach, in known.txt too. */
export type Breach = { rule: string; file: string; what: string };

const root = fileURLToPath(new URL('../../', import.meta.url));

export const read = (...patterns: readonly string[]): SourceFile[] =>
  globSync([...patterns], { cwd: root })
    .map((file) => file.split(path.sep).join('/'))
    .toSorted()
    .map((file) => ({ path: file, text: readFileSync(path.join(root, file), 'utf8') }));

export type Import = { from: string; to: string };

/** Imports of other files of ours, types included: a circle of types is a circle too. */
export function importsOf({ path: from, text }: SourceFile): Import[] {
  const found = text.matchAll(/(?:^|\n)\s*(?:import|export)\b[^'";]*?\bfrom '(\.[^']+)'|\bimport\('(\.[^']+)'\)/g);
  return [...found].map(([, spec, dynamic]) => ({
    from,
    to: path.posix.normalize(path.posix.join(path.posix.dirname(from), spec ?? dynamic ?? '')),
  }));
}

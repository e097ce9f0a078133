import type { Entry } from '../../../src/kernel/translate.ts';
import { sentencesOf } from './known-codes.ts';
import {
  callsOf,
  dottedBeginnings,
  dottedLiterals,
  patternOf,
  templateLiterals,
  writtenCode,
  type SourceFile,
} from './scan.ts';

type Catalogue = ReadonlyMap<string, Entry>;

/** Catalogues that pages ask for by a member alone (`role.${role}`); closed-sets.test.ts holds them to their sets. */
const wholeSets = new Set([
  'audit-action',
  'audit-detail',
  'campaign-state',
  'check',
  'error',
  'menu',
  'message-state',
  'object-kind',
  'permission',
  'reason',
  'receipt-code',
  'role',
  'row-reason',
  'suppression-kind',
  'tier',
]);
const nounOf = (key: string): string => key.slice(0, key.indexOf('.'));
const nounsOf = (catalogue: Catalogue): Set<string> => new Set([...catalogue.keys()].map(nounOf));
const isFile = (word: string): boolean => /\.(?:ts|js|mjs|css|json|svg|png|woff2|hbs|pdf|csv)$/.test(word);

/** Keys that stand in the files as they are: what a translating call gets, and every other word that is a key. */
export function keysAsked(files: readonly SourceFile[], catalogue: Catalogue): Map<string, string> {
  const asked = new Map<string, string>();
  for (const { path, text } of files) {
    for (const word of dottedLiterals(text)) if (catalogue.has(word)) asked.set(word, path);
    for (const key of translated(text)) asked.set(key, path);
  }
  return asked;
}

/** Keys in the hands of `t(…)`, `{{t …}}` and `done(…)`: these can be nothing else than keys. */
function translated(text: string): string[] {
  const inScripts = [
    ...['t', 'translate'].flatMap((name) => callsOf(name, text).map(([key]) => key)),
    ...['pages\\.done', 'done'].flatMap((name) => callsOf(name, text).map((given) => given[3])),
  ].flatMap((argument) => {
    const written = writtenCode(argument);
    return written && 'literal' in written ? [written.literal] : [];
  });
  const inTemplates = Array.from(text.matchAll(/(?:\{\{\{?~?|\()\s*t (['"])([^'"]*)\1/g), (match) => match[2] ?? '');
  return [...inScripts, ...inTemplates];
}

type Family = { written: string; pattern: RegExp; path: string };

/**
 * Groups of keys that the files ask for by a beginning (`'role.' + role`), a template (`` `role.${role}` ``) or their name
 * alone, handed to something that completes it (`'customer.field'`, `wordOf(t, 'row-reason', reason)`).
 */
function families(files: readonly SourceFile[], catalogue: Catalogue): Family[] {
  const nouns = nounsOf(catalogue);
  const groups = groupsOf(catalogue);
  return files.flatMap(({ path, text }) =>
    [
      ...dottedBeginnings(text).map((start) => `${start}\${…}`),
      ...dottedLiterals(text).flatMap((word) => (groups.has(word) ? [`${word}.\${…}`] : [])),
      ...callsOf('wordOf', text).map(([, family]) => `${family?.slice(1, -1)}.\${…}`),
      ...templateLiterals(text),
    ]
      .filter((body) => /^[a-z][a-z0-9-]*\./.test(body) && nouns.has(nounOf(body)))
      .map((written) => ({ written, pattern: patternOf(written), path })),
  );
}

/** `customer.field` where there is a `customer.field.name`. */
const groupsOf = (catalogue: Catalogue): Set<string> =>
  new Set(
    [...catalogue.keys()].map((key) => key.slice(0, key.lastIndexOf('.'))).filter((group) => group.includes('.')),
  );

/** Keys without words, families without members, and families so wide that they would hide every unused key of a page. */
export function faultsOfUse(files: readonly SourceFile[], catalogue: Catalogue): string[] {
  const nouns = nounsOf(catalogue);
  const groups = groupsOf(catalogue);
  const keys = [...catalogue.keys()];
  const faults: string[] = [];
  for (const [key, path] of keysAsked(files, catalogue))
    if (!catalogue.has(key)) faults.push(`${key} has no words (${path})`);
  for (const { path, text } of files)
    for (const word of dottedLiterals(text))
      if (nouns.has(nounOf(word)) && !known(word, catalogue) && !groups.has(word) && !isFile(word))
        faults.push(`${word} has no words (${path})`);
  for (const { written, pattern, path } of families(files, catalogue)) {
    if (!keys.some((key) => pattern.test(key))) faults.push(`${written} fits no key (${path})`);
    const wide = written.startsWith(`${nounOf(written)}.\${`) && !wholeSets.has(nounOf(written));
    if (wide) faults.push(`${written} is as wide as its file: name a group below it (${path})`);
  }
  return [...new Set(faults)];
}

// A page may compare codes and actions, which have words under these nouns.
const known = (word: string, catalogue: Catalogue): boolean =>
  [word, ...sentencesOf(word), `audit-action.${word}`, `check.${word}`, `reason.${word}`].some((key) =>
    catalogue.has(key),
  );

export function unusedKeys(files: readonly SourceFile[], catalogue: Catalogue): string[] {
  const asked = keysAsked(files, catalogue);
  const groups = families(files, catalogue);
  return [...catalogue.keys()].filter((key) => !asked.has(key) && !groups.some(({ pattern }) => pattern.test(key)));
}

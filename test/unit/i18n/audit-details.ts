import { callsOf, type SourceFile } from './scan.ts';

/**
 * What is written as details and is no plain object: the expression, and the keys it may have. Whoever records another lists it
 * here, with words for its keys in src/house/audit/audit-detail.words.json.
 */
const others: Readonly<Record<string, readonly string[]>> = {
  // activities/archive.ts, activities/halt.ts
  account: ['counts', 'receipts'],
  reason: ['code', 'changed', 'gatewayCode', 'until'],
  // Commands: an import's counts and a list's, what was taken, an export's filter, the approval of a key, settings
  counts: 'totalRows goodRows badRows personChanges newRows changedRows sameRows heldConsents added standing bad'.split(
    ' ',
  ),
  taken: 'written consents subscriptions heldConsents takenOver personChanges leftOut audienceId members'.split(' '),
  asked: ['tier', 'topic', 'suppressed'],
  'conditions(filter)': ['tier', 'topic', 'suppressed', 'typed'],
  rests: ['firstDays'],
  quiet: ['from', 'to', 'restDays'],
  'read.data': ['firstAfterHours', 'workFrom', 'workTo'],
  'draft.clonedFrom === null ? {}': ['clonedFrom'],
  // What src/house/way-in.command.ts and gateway-application.ts hand on, each with its keys where it is called.
  details: ['signName', 'template', 'name'],
  // The lists of changed fields of src/customer/record.command.ts; a session's row goes by `ofSession`.
  changed: [],
  'Object.keys(payload)': [],
  entry: [],
  session: [],
};

/** Functions of the commands that make a row, and which of their arguments holds the details. */
const makers = [
  ['audit', 2],
  ['ofSession', 2],
  ['own', 2],
  ['put', 2],
] as const;

type Found = { key: string; path: string };

/** Every key of the details that some code puts on record; an expression that nobody has listed comes back as itself. */
export function detailKeysRecorded(files: readonly SourceFile[]): Found[] {
  return files
    .filter(({ text }) => /objectKind|\bdetails: Record<string, unknown>/.test(text) || /\baudit\(/.test(text))
    .flatMap(({ path, text }) => [...assigned(text), ...made(text)].flatMap(keysOf).map((key) => ({ key, path })));
}

/** What goes with the action in a call of one of those functions; others of the same name are given no action. */
const made = (text: string): string[] =>
  makers.flatMap(([name, index]) =>
    callsOf(name, text)
      .filter((given) => given.some((argument) => /^'[a-z-]+\.[a-z-]+'$/.test(argument)))
      .map((given) => given[index] ?? ''),
  );

/** Expressions of the list above that nobody writes any more. */
export const forgottenDetails = (files: readonly SourceFile[]): string[] => {
  const all = files.map(({ text }) => text).join('\n');
  return Object.keys(others).filter((expression) => !all.includes(expression));
};

/** What stands after `details:` and `const details =`; types are passed over. */
const assigned = (text: string): string[] =>
  Array.from(text.matchAll(/\bdetails(?::| =)\s*/g), (match) => expressionAt(text, match.index + match[0].length));

function expressionAt(text: string, start: number): string {
  let depth = 0;
  for (let at = start; at < text.length; at += 1) {
    const character = text.charAt(at);
    if ('([{'.includes(character)) depth += 1;
    else if (')]}'.includes(character)) depth -= 1;
    if (depth < 0 || (depth === 0 && ',;'.includes(character))) return text.slice(start, at).trim();
    if (depth === 0 && character === '}') return text.slice(start, at + 1).trim();
  }
  return '';
}

function keysOf(expression: string): string[] {
  const written = expression.replaceAll(/\/\/[^\n]*\n/g, '').trim();
  if (written === '' || written === 'undefined' || /^(?:Record|Readonly|AuditEntry|z\.)/.test(written)) return [];
  if (written.startsWith('{') && written.endsWith('}')) return splitAt(written.slice(1, -1)).flatMap(keysOfPart);
  const choice = /^[^?{]+\?\s*(\{[\s\S]*\})\s*:\s*(\{[\s\S]*\})$/.exec(written);
  if (choice) return [...keysOf(choice[1] ?? ''), ...keysOf(choice[2] ?? '')];
  return [...(others[written] ?? [`\`${written}\``])];
}

function keysOfPart(part: string): string[] {
  if (!part.startsWith('...')) return [/^'?([\w-]+)'?/.exec(part)?.[1] ?? part];
  const spread = part.slice(3);
  const condition = /^\([^{]*&& (\{[\s\S]*\})\)$/.exec(spread);
  return keysOf(condition?.[1] ?? spread);
}

/** Parts between the commas that stand in no bracket. */
function splitAt(body: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  for (let at = 0; at <= body.length; at += 1) {
    const character = body.charAt(at);
    if (at < body.length && '([{'.includes(character)) depth += 1;
    else if (at < body.length && ')]}'.includes(character)) depth -= 1;
    else if (depth === 0 && (character === ',' || at === body.length)) {
      parts.push(body.slice(from, at).trim());
      from = at + 1;
    }
  }
  return parts.filter((part) => part !== '');
}

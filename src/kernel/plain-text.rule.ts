/**
 * Why a text cannot be kept as it is. `nul`: PostgreSQL stores none. `half-character`: half of a surrogate pair, as a program
 * makes it that cuts a text in the middle of an emoji; it is no UTF-8. `control`: a character without a shape, other than tab
 * and line break. `direction`: makes what stands there read otherwise than it is written (Trojan Source, CVE-2021-42574).
 */
export type TextFault = 'nul' | 'half-character' | 'control' | 'direction' | 'line-break' | 'too-long';

const halfCharacter = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/;
const halfCharacters = new RegExp(halfCharacter, 'g');
// oxlint-disable-next-line no-control-regex -- it is what is looked for
const control = /[\u0001-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F\u2028\u2029\uFFF9-\uFFFB]/;
const controls = new RegExp(control, 'g');
const direction = /[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/;
const directions = new RegExp(direction, 'g');
const lineBreak = /[\t\n\r]/;

/** What is wrong with a text of several lines, or null. Emoji, their joiners and every script are fine. */
export function textFault(text: string): TextFault | null {
  if (text.includes('\0')) return 'nul';
  if (!text.isWellFormed()) return 'half-character';
  if (control.test(text)) return 'control';
  return direction.test(text) ? 'direction' : null;
}

/** The same of a text of one line: a name, a label, an address. */
export const lineFault = (text: string): TextFault | null =>
  textFault(text) ?? (lineBreak.test(text) ? 'line-break' : null);

/** The text without what cannot be kept; words, emoji and line breaks stay. */
export function storableText(text: string): string {
  if (textFault(text) === null) return text;
  return text.replaceAll('\0', '').replaceAll(halfCharacters, '').replaceAll(controls, '').replaceAll(directions, '');
}

/** The first `max` characters, none of them cut in two. Length as JavaScript and the schemas count it. */
export function shorten(text: string, max: number): string {
  const cut = text.slice(0, max);
  return cut.isWellFormed() ? cut : cut.slice(0, -1);
}

/** Where a value of JSON or of a form cannot be used: the keys that lead there, and why. Null: nothing is wrong. */
export type PlaceAtFault = { path: string[]; fault: TextFault | 'too-deep' };

const deepest = 32;
/** No field is that long; each has its own limit, which is shorter. */
const longest = 100_000;

/** One value on its way: its place is told by its parents, since a path for each of a push's thousands of texts costs more than the look. */
type Inner = { value: object; key: string; parent: Inner | null; depth: number };

/** Looks at every text of a value, names of fields too, without recursion: the value may be as deep as a parser lets it. */
export function findTextFault(value: unknown): PlaceAtFault | null {
  if (typeof value === 'string') return placed(null, null, faultOfValue(value));
  if (typeof value !== 'object' || value === null) return null;
  const open: Inner[] = [{ value, key: '', parent: null, depth: 0 }];
  for (let next = open.pop(); next; next = open.pop()) {
    if (next.depth >= deepest) return placed(next, null, 'too-deep');
    const isList = Array.isArray(next.value);
    for (const [key, inner] of Object.entries(next.value) as [string, unknown][]) {
      const keyFault = isList ? null : lineFault(key);
      if (keyFault !== null) return placed(next, '?', keyFault);
      if (typeof inner === 'object' && inner !== null)
        open.push({ value: inner, key, parent: next, depth: next.depth + 1 });
      const fault = typeof inner === 'string' ? faultOfValue(inner) : null;
      if (fault !== null) return placed(next, key, fault);
    }
  }
  return null;
}

const faultOfValue = (text: string): TextFault | null => (text.length > longest ? 'too-long' : textFault(text));

function placed(within: Inner | null, key: string | null, fault: PlaceAtFault['fault'] | null): PlaceAtFault | null {
  if (fault === null) return null;
  const path = key === null ? [] : [shorten(key, 100)];
  for (let at = within; at?.parent; at = at.parent) path.unshift(shorten(at.key, 100));
  return { path, fault };
}

/** A value of JSON or of a form with every text in it made storable. Call it on what `findTextFault` calls no deeper than it goes. */
export function storableTexts(value: unknown): unknown {
  if (typeof value === 'string') return storableText(value);
  if (Array.isArray(value)) return value.map(storableTexts);
  if (typeof value !== 'object' || value === null) return value;
  // fromEntries, because assigning a field that is named __proto__ would lose it.
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [storableText(key), storableTexts(inner)]));
}

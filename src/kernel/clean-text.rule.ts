/**
 * Marks that are seen by nobody and change what a text is compared with or how it stands on the page: zero-width spaces and
 * joiners, soft hyphens, byte order marks, bidirectional controls, tags and other format characters (category Cf), and the
 * Hangul and Braille blanks. Between two emoji U+200D makes one picture of them, so there it stays.
 */
const invisible =
  /(?!\u200D(?<=\p{Extended_Pictographic}\uFE0F?\u200D)(?=\p{Extended_Pictographic}))[\p{Cf}\u115F\u1160\u3164\uFFA0\u2800]/gu;
// No-break, thin, ideographic and the other spaces, tabs included; line breaks are none of them.
const anySpace = /[^\S\n\r\u2028\u2029]/gu;

// Nearly all values of a file are of these, and there are millions: none of them is anything else in a cleaner form.
const plain = /^[!-~\u4E00-\u9FFF]*$/;

/**
 * A value as a file or a form gave it, without what nobody sees: invisible marks go, every kind of space becomes a plain one,
 * and none is left at either end. Letters, widths and line breaks stay as they are.
 */
export function cleanText(text: string): string {
  if (plain.test(text)) return text;
  return text.replaceAll(invisible, '').replaceAll(anySpace, ' ').trim();
}

/** A heading, a code or a keyword, which is compared: clean, in half-width forms, its spaces single. */
export const cleanName = (text: string): string =>
  plain.test(text) ? text : cleanText(text.normalize('NFKC')).replaceAll(/\s+/gu, ' ');

/** Control characters (category Cc) that have no place in any value; tab and line breaks are none. */
export const hasControl = (text: string): boolean => /[^\P{Cc}\t\n\r]/u.test(text);

import { usage } from './fault.ts';

/** A whole number from the command line. Throws `usage`. */
export function wholeNumber(flag: string, text: string): number {
  if (/^\d{1,12}$/.test(text)) return Number(text);
  throw usage(`${flag} wants a whole number, not ${JSON.stringify(text)}.`);
}

/** Yuan as people write them, in fen: `120.5` is 12050. Throws `usage`. */
export function fenOf(flag: string, text: string): number {
  const [, whole = '', part = ''] = /^¥?(\d{1,10})(?:\.(\d{1,2}))?$/.exec(text.trim()) ?? [];
  if (whole === '') throw usage(`${flag} wants an amount in yuan such as 120 or 120.50, not ${JSON.stringify(text)}.`);
  return Number(whole) * 100 + Number(part.padEnd(2, '0'));
}

import { optOutSentence } from './sms-text.rule.ts';

/** A piece of a text: fixed words, a variable (by its label, or filled in), or the opt-out sentence at the end. */
export type MarkedPart = { kind: 'fixed' | 'variable' | 'opt-out'; text: string };

const variable = /\{\{\s*([\p{L}\p{N}_-]+)\s*\}\}/gu;

/** The text with its variables apart, each shown as `show` says; the fixed parts are the source's, unit for unit. */
export function markedText(source: string, show: (name: string) => string): MarkedPart[] {
  const parts: MarkedPart[] = [];
  let at = 0;
  const fixed = (text: string): void => {
    const isLast = text.endsWith(optOutSentence) && at + text.length === source.length;
    const words = isLast ? text.slice(0, -optOutSentence.length) : text;
    if (words !== '') parts.push({ kind: 'fixed', text: words });
    if (isLast) parts.push({ kind: 'opt-out', text: optOutSentence });
  };
  for (const match of source.matchAll(variable)) {
    fixed(source.slice(at, match.index));
    parts.push({ kind: 'variable', text: show(match[1] ?? '') });
    at = match.index + match[0].length;
  }
  fixed(source.slice(at));
  return parts;
}

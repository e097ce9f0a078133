import { z } from 'zod';
import { storableText, lineFault, shorten, textFault, type TextFault } from './plain-text.rule.ts';

/** What is said to whoever sent such a text, after the name of its field. */
export const textFaultWords: Readonly<Record<TextFault, string>> = {
  nul: 'holds a NUL character',
  'half-character': 'holds half of a character (an emoji that was cut)',
  control: 'holds a control character',
  direction: 'holds a character that turns the direction of reading',
  'line-break': 'holds a tab or a line break',
  'too-long': 'is too long',
};

const without = (faultOf: (text: string) => TextFault | null) => (text: string, context: z.RefinementCtx<string>) => {
  const fault = faultOf(text);
  if (fault !== null) context.addIssue({ code: 'custom', message: `It ${textFaultWords[fault]}.`, params: { fault } });
};

/** A text of one line (a name, a label, a code): trimmed, without control characters, at most `max` long. */
export const oneLine = (max: number, min = 1) => z.string().trim().min(min).max(max).superRefine(without(lineFault));

/** A text of several lines (a reason, a purpose): the same with line breaks. */
export const paragraph = (max: number, min = 1) => z.string().trim().min(min).max(max).superRefine(without(textFault));

/** A field of a form as it is typed, trimmed: what is wrong with it is said by whoever reads the form, beside what was typed. */
export const typed = (max: number) =>
  z
    .string()
    .max(max)
    .transform((value) => value.trim());

/** A moment between 1900 and 2999: PostgreSQL and JavaScript disagree about what lies far outside. */
export const instant = () =>
  z.iso
    .datetime({ offset: true })
    .max(40)
    .refine(
      (text) => /^(?:19|2\d)\d\d-/.test(text) && !Number.isNaN(Date.parse(text)),
      'Give a time from 1900 to 2999.',
    );

/** A day that there is, `YYYY-MM-DD`, between 1900 and 2999. */
export const dayText = () =>
  z.iso.date().refine((text) => /^(?:19|2\d)\d\d-/.test(text), 'Give a day from 1900 to 2999.');

const longestReason = 500;

/**
 * Why something is stopped, out of whatever was given: a stop is never refused for its reason. What cannot be kept is dropped,
 * what is too long is cut, and nothing at all is said to be nothing.
 */
export function stopReason(given: unknown): string {
  const text = typeof given === 'string' ? storableText(given) : '';
  return shorten(text.trim(), longestReason).trim() || '—';
}

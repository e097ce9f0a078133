import { isChinaDate } from './working-day.rule.ts';

/**
 * Dates and numbers as people and spreadsheets write them. Templates, audience filters and the SQL functions `written_date` and
 * `written_number` (migration 0023) have this one rule; test/integration/kernel/written-value.test.ts holds them to it.
 */
const toHalf = (text: string): string =>
  text
    .replaceAll(/[０-９．，－／：￥]/g, (unit) => unit.normalize('NFKC'))
    .replaceAll(/[\u3000\u00A0]/g, ' ')
    .trim();

const separated = /^(?<year>\d{4})([-/.])(?<month>\d{1,2})\2(?<day>\d{1,2})$/;
const chinese = /^(?:(?<year>\d{4})年)?(?<month>\d{1,2})月(?<day>\d{1,2})[日号]$/;

/** 2026-11-02, 2026/11/2, 2026.11.2, 2026年11月2日 as `2026-11-02`; 11月2日 in a leap year, as 2月29日 may be meant. Else null. */
export function readDay(written: string): { day: string; hasYear: boolean } | null {
  const text = toHalf(written);
  const groups = (separated.exec(text) ?? chinese.exec(text))?.groups;
  if (!groups) return null;
  const { year, month = '', day = '' } = groups;
  const read = `${year ?? '2024'}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
  return isChinaDate(read) ? { day: read, hasYear: year !== undefined } : null;
}

const clock = /^(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?$/;

/** The calendar day of a date with a year, with or without a time behind it, as `YYYY-MM-DD`. */
export function readDate(written: string): string | null {
  const [, date = '', time] = /^(\S+?)(?:[ T]+(\S+))?$/.exec(toHalf(written)) ?? [];
  if (time !== undefined && !clock.test(time)) return null;
  const read = readDay(date);
  return read?.hasYear ? read.day : null;
}

const amount = /^(?:[¥$] ?)?(?<sign>[+-]?)(?<digits>\d{1,3}(?:,\d{3})+|\d{1,30})(?<fraction>\.\d{1,30})?(?: ?元)?$/;

/** 1,000 · １００ · ¥1,000.00 · 1000.00元 as the decimal number that it is (`1000.00`); null for what is none. */
export function readNumber(written: string): string | null {
  const groups = amount.exec(toHalf(written))?.groups;
  if (!groups) return null;
  const { sign = '', digits = '', fraction = '' } = groups;
  return `${sign === '-' ? '-' : ''}${digits.replaceAll(',', '')}${fraction}`;
}

import { AppError } from './app-error.rule.ts';

/** `YYYY-MM-DD` in China. */
export type ChinaDate = string;

/** Days that differ from "Monday to Friday", known for `coveredFrom` to `coveredUntil`, both included. */
export type Calendar = {
  version: string;
  coveredFrom: ChinaDate;
  coveredUntil: ChinaDate;
  days: Readonly<Record<ChinaDate, 'holiday' | 'workday'>>;
};

/** The State Council has not published (or nobody has imported) the year that the answer needs: never guess. */
export type OutsideCalendar = { kind: 'outside-calendar'; coveredFrom: ChinaDate; coveredUntil: ChinaDate };

const dayMs = 86_400_000;
// China has kept UTC+8 without summer time since 1991.
const chinaOffsetMs = 8 * 3_600_000;

/** Whether people work on `date`. */
export function isWorkingDay(
  calendar: Calendar,
  date: ChinaDate,
): { kind: 'known'; working: boolean } | OutsideCalendar {
  const day = toDayNumber(date);
  if (!covers(calendar, date)) return outside(calendar);
  return { kind: 'known', working: isWorking(calendar, date, day) };
}

/**
 * The n-th working day after `date` (before it when `n` is negative); `date` itself need not be one and is never counted.
 * With 0: `date` when it is a working day, else the next one. Only the days walked over must be inside the calendar.
 */
export function addWorkingDays(
  calendar: Calendar,
  date: ChinaDate,
  n: number,
): { kind: 'date'; date: ChinaDate } | OutsideCalendar {
  if (!Number.isSafeInteger(n)) {
    throw new AppError('invalid', 'working-days.not-whole', 'Count working days in whole numbers.', { n });
  }
  const step = n < 0 ? -1 : 1;
  let left = Math.max(1, Math.abs(n));
  for (let day = toDayNumber(date) + (n === 0 ? 0 : step); ; day += step) {
    const candidate = fromDayNumber(day);
    if (!covers(calendar, candidate)) return outside(calendar);
    if (isWorking(calendar, candidate, day)) left -= 1;
    if (left === 0) return { kind: 'date', date: candidate };
  }
}

/** Working days after `from` up to and including `to`; negative when `to` is earlier, so it undoes addWorkingDays. */
export function workingDaysBetween(
  calendar: Calendar,
  from: ChinaDate,
  to: ChinaDate,
): { kind: 'count'; count: number } | OutsideCalendar {
  const start = toDayNumber(from);
  const end = toDayNumber(to);
  if (start === end) return { kind: 'count', count: 0 };
  const step = end < start ? -1 : 1;
  // The end is checked first: a far date must not be walked to only to learn that it is not covered.
  if (!covers(calendar, fromDayNumber(start + step)) || !covers(calendar, to)) return outside(calendar);
  let count = 0;
  for (let day = start + step; day !== end + step; day += step) {
    if (isWorking(calendar, fromDayNumber(day), day)) count += step;
  }
  return { kind: 'count', count };
}

/** A date that exists, written `YYYY-MM-DD`. */
export function isChinaDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const ms = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text);
}

/** The date on China's clocks at an instant. */
export function chinaDateAt(instant: Date): ChinaDate {
  return new Date(instant.getTime() + chinaOffsetMs).toISOString().slice(0, 10);
}

/** The instant at which China's clocks show `time` (`HH:mm`) on `date`. */
export function chinaInstant(date: ChinaDate, time: string): Date {
  return new Date(Date.parse(`${date}T${time}:00Z`) - chinaOffsetMs);
}

export function addDays(date: ChinaDate, n: number): ChinaDate {
  return fromDayNumber(toDayNumber(date) + n);
}

function isWorking(calendar: Calendar, date: ChinaDate, day: number): boolean {
  const special = calendar.days[date];
  if (special) return special === 'workday';
  // Day 0, 1970-01-01, was a Thursday.
  const weekday = (((day + 4) % 7) + 7) % 7;
  return weekday >= 1 && weekday <= 5;
}

const covers = ({ coveredFrom, coveredUntil }: Calendar, date: ChinaDate): boolean =>
  coveredFrom <= date && date <= coveredUntil;

const outside = ({ coveredFrom, coveredUntil }: Calendar): OutsideCalendar => ({
  kind: 'outside-calendar',
  coveredFrom,
  coveredUntil,
});

function toDayNumber(date: ChinaDate): number {
  if (isChinaDate(date)) return Date.parse(`${date}T00:00:00Z`) / dayMs;
  throw new AppError('invalid', 'date.invalid', 'Give a date that exists as YYYY-MM-DD.', { length: date.length });
}

const fromDayNumber = (day: number): ChinaDate => new Date(day * dayMs).toISOString().slice(0, 10);

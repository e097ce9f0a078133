import { addDays, isChinaDate, type Calendar, type ChinaDate } from './working-day.rule.ts';

/** What a day is: off or on by the official calendar, an ordinary weekday or weekend, or not known to the calendar. */
export type DayKind = 'holiday' | 'workday' | 'weekday' | 'weekend' | 'unknown';
export type CalendarChange = { day: ChinaDate; before: DayKind; after: DayKind };

type Days = Pick<Calendar, 'coveredFrom' | 'coveredUntil' | 'days'>;

export function dayKindOf(calendar: Days | null, day: ChinaDate): DayKind {
  if (!calendar || day < calendar.coveredFrom || day > calendar.coveredUntil) return 'unknown';
  return calendar.days[day] ?? (isWeekend(day) ? 'weekend' : 'weekday');
}

/** Every named day that is something else afterwards, in order. Days that only come into cover as ordinary ones are not listed. */
export function calendarChanges(before: Days | null, after: Days): CalendarChange[] {
  const named = new Set([...Object.keys(before?.days ?? {}), ...Object.keys(after.days)]);
  return [...named]
    .toSorted()
    .map((day) => ({ day, before: dayKindOf(before, day), after: dayKindOf(after, day) }))
    .filter((change) => change.before !== change.after);
}

export type LineFault = {
  line: number;
  code: 'calendar.line-unreadable' | 'calendar.line-date' | 'calendar.line-order' | 'calendar.line-twice';
};

const words: Readonly<Record<string, 'holiday' | 'workday'>> = {
  休: 'holiday',
  班: 'workday',
  holiday: 'holiday',
  workday: 'workday',
};
const line = /^(\S+?)(?:\s*(?:至|到|~|～|–|—|to)\s*(\S+?))?\s*[,，:：]?\s*(休|班|holiday|workday)(?:\s.*)?$/i;
// A notice names a week or two: a longer stretch is a slip of the year.
const longestStretch = 31;

/**
 * Reads days as people write them, one line each: `2027-02-06 至 2027-02-12 休 春节`, `2027-02-20 班`. Blank lines and lines
 * that begin with # are passed over. Gives every fault with its line, from 1.
 */
export function readCalendarLines(text: string): {
  days: Record<ChinaDate, 'holiday' | 'workday'>;
  faults: LineFault[];
} {
  const days: Record<ChinaDate, 'holiday' | 'workday'> = {};
  const faults: LineFault[] = [];
  for (const [index, raw] of text.split(/\r\n?|\n/).entries()) {
    const written = raw.trim();
    if (written === '' || written.startsWith('#')) continue;
    const fault = (code: LineFault['code']) => void faults.push({ line: index + 1, code });
    const [, from, until, word] = line.exec(written) ?? [];
    const kind = words[(word ?? '').toLowerCase()];
    if (!from || !kind) fault('calendar.line-unreadable');
    else if (!isChinaDate(from) || !isChinaDate(until ?? from)) fault('calendar.line-date');
    else if ((until ?? from) < from || addDays(from, longestStretch) <= (until ?? from)) fault('calendar.line-order');
    else {
      for (let day = from; day <= (until ?? from); day = addDays(day, 1)) {
        if (Object.hasOwn(days, day)) {
          fault('calendar.line-twice');
          break;
        }
        days[day] = kind;
      }
    }
  }
  return { days, faults };
}

/** The same days as lines, one a stretch, to be read by `readCalendarLines`. */
export function writeCalendarLines(days: Calendar['days']): string {
  const stretches: { from: ChinaDate; until: ChinaDate; kind: string }[] = [];
  for (const day of Object.keys(days).toSorted()) {
    const kind = days[day] === 'holiday' ? '休' : '班';
    const last = stretches.at(-1);
    if (last?.kind === kind && addDays(last.until, 1) === day && addDays(last.from, longestStretch) > day)
      last.until = day;
    else stretches.push({ from: day, until: day, kind });
  }
  return stretches
    .map(({ from, until, kind }) => (from === until ? `${from} ${kind}` : `${from} 至 ${until} ${kind}`))
    .join('\n');
}

/** Whole days from `today` to the last day covered, that one included; 0 when cover has ended. */
export function daysCovered(calendar: Pick<Calendar, 'coveredUntil'>, today: ChinaDate): number {
  const left = (Date.parse(`${calendar.coveredUntil}T00:00:00Z`) - Date.parse(`${today}T00:00:00Z`)) / 86_400_000 + 1;
  return Math.max(0, left);
}

const isWeekend = (day: ChinaDate): boolean => [0, 6].includes(new Date(`${day}T00:00:00Z`).getUTCDay());

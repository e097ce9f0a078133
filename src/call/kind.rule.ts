import { addWorkingTime } from '../form/sign-reminder.rule.ts';
import type { ContactPurpose } from '../kernel/reach.rule.ts';
import { addDays, addWorkingDays, chinaDateAt, chinaInstant, type Calendar } from '../kernel/working-day.rule.ts';

/** Why people are called. */
export const taskKinds = [
  'callback',
  'complaint',
  'missed-delivery',
  'prize',
  'welcome',
  'early-repayment',
  'changed-account',
  'unbooked-payment',
  'survey',
  'vip',
  'care',
] as const;
export type TaskKind = (typeof taskKinds)[number];

/** How soon somebody is answered: in minutes of working time, or by the end of that working day after the one on which they asked. */
export type Clock = { workingMinutes: number } | { workingDays: number };

export type Kind = {
  purpose: ContactPurpose;
  clock: Clock;
  /** The outer limit in working days: past it whoever is owed an answer is contacted first of all. */
  outerDays: number;
  /** Whether nobody is owed an answer: past the outer limit the call has no sense any more and is given up. */
  endsAtOuter: boolean;
};

const atOnce: Clock = { workingMinutes: 30 };
const twoHours: Clock = { workingMinutes: 120 };
const owed = { outerDays: 3, endsAtOuter: false } as const;

/**
 * The clocks of 001 §6 and of the loan desk: simple questions at once, complaints within two hours, usual ones in one working day (three
 * at most), involved ones in five (seven at most).
 */
export const defaultKinds: Readonly<Record<TaskKind, Kind>> = {
  callback: { purpose: 'callback', clock: atOnce, ...owed },
  complaint: { purpose: 'callback', clock: twoHours, ...owed },
  'missed-delivery': { purpose: 'service', clock: { workingDays: 1 }, ...owed },
  prize: { purpose: 'service', clock: { workingDays: 5 }, outerDays: 7, endsAtOuter: false },
  welcome: { purpose: 'care', clock: { workingDays: 1 }, outerDays: 3, endsAtOuter: true },
  'early-repayment': { purpose: 'service', clock: { workingDays: 1 }, ...owed },
  'changed-account': { purpose: 'service', clock: { workingDays: 1 }, ...owed },
  'unbooked-payment': { purpose: 'service', clock: twoHours, ...owed },
  survey: { purpose: 'survey', clock: { workingDays: 5 }, outerDays: 7, endsAtOuter: true },
  vip: { purpose: 'care', clock: { workingDays: 1 }, outerDays: 3, endsAtOuter: false },
  care: { purpose: 'care', clock: { workingDays: 5 }, outerDays: 7, endsAtOuter: true },
};

const working = { workFrom: '09:00', workTo: '18:00' } as const;
/** More than any clock runs. */
const daysAhead = 60;

/**
 * Past the calendar's end nobody knows which days are free. Each of them then counts as a working day: a clock may break too early there,
 * never too late.
 */
function withUnknownDaysWorked(calendar: Calendar | null, from: Date): Calendar {
  const today = chinaDateAt(from);
  const known = calendar !== null && calendar.coveredFrom <= today && today <= calendar.coveredUntil;
  const begin = known ? addDays(calendar.coveredUntil, 1) : today;
  const unknown = Array.from({ length: daysAhead }, (_, n) => [addDays(begin, n), 'workday' as const] as const);
  return {
    version: calendar?.version ?? '',
    coveredFrom: known ? calendar.coveredFrom : today,
    coveredUntil: addDays(begin, daysAhead - 1),
    days: { ...(known ? calendar.days : {}), ...Object.fromEntries(unknown) },
  };
}

/** When a clock that starts at `from` breaks. */
export function breaksAt(clock: Clock, from: Date, calendar: Calendar | null): Date {
  const days = withUnknownDaysWorked(calendar, from);
  if ('workingMinutes' in clock) {
    const end = addWorkingTime(days, working, from, clock.workingMinutes * 60_000);
    if (end.kind === 'instant') return end.at;
  } else {
    const day = addWorkingDays(days, chinaDateAt(from), clock.workingDays);
    if (day.kind === 'date') return chinaInstant(day.date, working.workTo);
  }
  throw new RangeError('The clock runs further than any calendar is looked at.');
}

/** When a task of that kind that began at `from` is late for good. */
export const outerLimit = ({ outerDays }: Kind, from: Date, calendar: Calendar | null): Date =>
  breaksAt({ workingDays: outerDays }, from, calendar);

/**
 * Tasks of that kind whose clock broke before this moment are past their outer limit at `now`: as many working days back as lie between
 * the two. On a day that nobody knows, one that counts as worked would end a call too early, so it counts as free.
 */
export function outerOverrun({ clock, outerDays }: Kind, now: Date, calendar: Calendar | null): Date {
  const days = outerDays - ('workingDays' in clock ? clock.workingDays : 0);
  const back = calendar === null ? null : addWorkingDays(calendar, chinaDateAt(now), -days);
  return back?.kind === 'date' ? chinaInstant(back.date, working.workTo) : new Date(0);
}

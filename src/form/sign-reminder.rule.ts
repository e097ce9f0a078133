import type { SigningRole } from '../house/signing-role.rule.ts';
import { standingOf, type FormSoFar } from '../house/delegation.rule.ts';
import {
  addDays,
  addWorkingDays,
  chinaDateAt,
  chinaInstant,
  isWorkingDay,
  workingDaysBetween,
  type Calendar,
  type OutsideCalendar,
} from '../kernel/working-day.rule.ts';

/** When late signers are reminded: first after that many working hours, then each working day at the same time of day. */
export type ReminderPolicy = {
  firstAfterHours: number;
  /** Working hours on China time, `HH:mm`. */
  workFrom: string;
  workTo: string;
};

export const defaultReminderPolicy: ReminderPolicy = { firstAfterHours: 4, workFrom: '09:00', workTo: '18:00' };

const hourMs = 3_600_000;
type Hours = Pick<ReminderPolicy, 'workFrom' | 'workTo'>;

/** The working hours of one day, or null when nobody works then. */
function shiftOn(
  calendar: Calendar,
  hours: Hours,
  day: string,
): { kind: 'shift'; from: number; to: number } | { kind: 'rest' } | OutsideCalendar {
  const answer = isWorkingDay(calendar, day);
  if (answer.kind === 'outside-calendar') return answer;
  if (!answer.working) return { kind: 'rest' };
  return {
    kind: 'shift',
    from: chinaInstant(day, hours.workFrom).getTime(),
    to: chinaInstant(day, hours.workTo).getTime(),
  };
}

/** The instant at which `ms` of working time have passed since `from`. */
export function addWorkingTime(
  calendar: Calendar,
  hours: Hours,
  from: Date,
  ms: number,
): { kind: 'instant'; at: Date } | OutsideCalendar {
  let left = ms;
  for (let day = chinaDateAt(from); ; day = addDays(day, 1)) {
    const shift = shiftOn(calendar, hours, day);
    if (shift.kind === 'outside-calendar') return shift;
    if (shift.kind === 'rest') continue;
    const begins = Math.max(shift.from, from.getTime());
    if (begins >= shift.to) continue;
    if (left <= shift.to - begins) return { kind: 'instant', at: new Date(begins + left) };
    left -= shift.to - begins;
  }
}

/** Working time between two instants, in ms; 0 when `to` is not later. */
export function workingTimeBetween(
  calendar: Calendar,
  hours: Hours,
  from: Date,
  to: Date,
): { kind: 'ms'; ms: number } | OutsideCalendar {
  let ms = 0;
  for (let day = chinaDateAt(from); chinaInstant(day, '00:00') < to; day = addDays(day, 1)) {
    const shift = shiftOn(calendar, hours, day);
    if (shift.kind === 'outside-calendar') return shift;
    if (shift.kind === 'rest') continue;
    ms += Math.max(0, Math.min(shift.to, to.getTime()) - Math.max(shift.from, from.getTime()));
  }
  return { kind: 'ms', ms };
}

export type RemindersDue = {
  kind: 'due';
  /** How many reminders should have gone out by `now`; 0 is none yet. */
  round: number;
  /** When the next one goes out; null when the form expires first. */
  nextAt: Date | null;
};

/**
 * How often somebody should have been reminded by `now` of a form that awaits them since `since` and expires at `signBy`.
 * Nothing is due after `signBy`. Where the calendar ends there is no answer: nobody guesses holidays.
 */
export function remindersDue(
  calendar: Calendar,
  policy: ReminderPolicy,
  form: { since: Date; signBy: Date },
  now: Date,
): RemindersDue | OutsideCalendar {
  const first = addWorkingTime(calendar, policy, form.since, policy.firstAfterHours * hourMs);
  if (first.kind === 'outside-calendar') return first;
  const inTime = (at: Date): Date | null => (at <= form.signBy ? at : null);
  const until = now < form.signBy ? now : form.signBy;
  if (until < first.at) return { kind: 'due', round: 0, nextAt: now < form.signBy ? inTime(first.at) : null };

  const firstDay = chinaDateAt(first.at);
  const timeOfDayMs = first.at.getTime() - chinaInstant(firstDay, '00:00').getTime();
  const today = chinaDateAt(until);
  const passed = workingDaysBetween(calendar, firstDay, today);
  if (passed.kind === 'outside-calendar') return passed;
  const works = isWorkingDay(calendar, today);
  if (works.kind === 'outside-calendar') return works;
  const todaysIsAhead = works.working && until.getTime() < chinaInstant(today, '00:00').getTime() + timeOfDayMs;
  const round = 1 + passed.count - (todaysIsAhead ? 1 : 0);

  const nextDay = addWorkingDays(calendar, firstDay, round);
  // The calendar may end before the next one: what is due now is known all the same.
  if (nextDay.kind === 'outside-calendar' || now >= form.signBy) return { kind: 'due', round, nextAt: null };
  return { kind: 'due', round, nextAt: inTime(new Date(chinaInstant(nextDay.date, '00:00').getTime() + timeOfDayMs)) };
}

/** Whether the applicant may ask for the signature again: at most once in a working hour. */
export function mayNudge(calendar: Calendar, hours: Hours, lastAt: Date | null, now: Date): boolean {
  if (lastAt === null) return true;
  const passed = workingTimeBetween(calendar, hours, lastAt, now);
  // Outside the calendar plain hours must do: refusing for good would be worse than one notice too many.
  const ms = passed.kind === 'ms' ? passed.ms : now.getTime() - lastAt.getTime();
  return ms >= hourMs;
}

/** Of those who hold the role for the form's unit (by own right, or standing in), who could sign it now; each once. */
export function eligibleSigners(
  people: readonly { staffId: string; onBehalfOf: string | null }[],
  role: SigningRole,
  form: FormSoFar,
  now: Date,
): string[] {
  const able = people.filter(({ staffId, onBehalfOf }) => {
    const given = { role, unit: '*' };
    const standIn = { ...given, delegationId: '', fromAt: new Date(0), untilAt: new Date(8.64e15), revokedAt: null };
    const signer =
      onBehalfOf === null
        ? { id: staffId, own: [given], standIns: [] }
        : { id: staffId, own: [], standIns: [{ ...standIn, staffId: onBehalfOf }] };
    return standingOf(signer, given, form, now).kind !== 'refused';
  });
  return [...new Set(able.map(({ staffId }) => staffId))];
}

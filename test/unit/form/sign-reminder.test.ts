import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { calendarCn } from '../../../src/kernel/calendar-cn.rule.ts';
import {
  addWorkingTime,
  defaultReminderPolicy as policy,
  eligibleSigners,
  mayNudge,
  remindersDue,
  workingTimeBetween,
} from '../../../src/form/sign-reminder.rule.ts';

/** `10-09 14:00`, Beijing time, in 2026. */
const at = (text: string): Date => new Date(`2026-${text.replace(' ', 'T')}:00+08:00`);
const due = (since: string, now: string, signBy = '12-20 18:00') =>
  remindersDue(calendarCn, policy, { since: at(since), signBy: at(signBy) }, at(now));
const next = (text: string | null) => (text === null ? null : at(text));

test.each([
  ['a morning’s form, before four hours', '09-22 09:30', '09-22 13:29', 0, '09-22 13:30'],
  ['at four hours', '09-22 09:30', '09-22 13:30', 1, '09-23 13:30'],
  ['that evening', '09-22 09:30', '09-22 23:00', 1, '09-23 13:30'],
  ['the next morning', '09-22 09:30', '09-23 13:29', 1, '09-23 13:30'],
  ['the next afternoon', '09-22 09:30', '09-23 13:30', 2, '09-24 13:30'],
  ['made at night: hours count from nine', '09-21 23:50', '09-22 12:59', 0, '09-22 13:00'],
  ['made in the afternoon: hours go on the next day', '09-22 16:00', '09-23 10:59', 0, '09-23 11:00'],
  ['made before National Day: a week of holidays is no time', '09-30 16:00', '10-07 23:59', 0, '10-08 11:00'],
  ['the first working day after it', '09-30 16:00', '10-08 11:00', 1, '10-09 11:00'],
  ['the make-up Saturday counts', '09-30 16:00', '10-10 11:00', 3, '10-12 11:00'],
  ['the Sunday after it does not', '09-30 16:00', '10-11 20:00', 3, '10-12 11:00'],
  ['made on a Sunday', '09-13 10:00', '09-13 23:00', 0, '09-14 13:00'],
  ['over an ordinary week-end', '09-11 10:00', '09-13 12:00', 1, '09-14 14:00'],
])('%s', (_, since, now, round, nextAt) => {
  expect(due(since, now)).toEqual({ kind: 'due', round, nextAt: next(nextAt) });
});

test.each([
  ['the next one would come after it', '09-23 12:00', '09-22 20:00', 1],
  ['it is past', '09-22 12:00', '09-25 12:00', 0],
  ['it was past long ago: what was due by then stays', '09-23 14:00', '10-20 09:00', 2],
])('nothing comes after the time to sign: %s', (_, signBy, now, round) => {
  expect(due('09-22 09:30', now, signBy)).toEqual({ kind: 'due', round, nextAt: null });
});

test('where the calendar ends there is no answer, and what is due before its end is known', () => {
  expect(due('12-31 17:00', '12-31 17:30', '12-31 23:59')).toMatchObject({ kind: 'outside-calendar' });
  expect(due('12-31 10:00', '12-31 15:00', '12-31 23:59')).toEqual({ kind: 'due', round: 1, nextAt: null });
});

const moments = fc
  .integer({ min: at('01-05 00:00').getTime(), max: at('11-20 00:00').getTime() })
  .map((ms) => new Date(ms));

test('rounds never fall as time goes on, the next one is ahead, and it is due when it comes', () => {
  fc.assert(
    fc.property(moments, fc.nat(20 * 86_400_000), fc.nat(86_400_000), (since, later, more) => {
      const form = { since, signBy: new Date('2026-12-30T10:00:00Z') };
      const now = new Date(since.getTime() + later);
      const here = remindersDue(calendarCn, policy, form, now);
      const after = remindersDue(calendarCn, policy, form, new Date(now.getTime() + more));
      if (here.kind !== 'due' || after.kind !== 'due') throw new Error('2026 is covered');
      expect(after.round).toBeGreaterThanOrEqual(here.round);
      expect(here.nextAt?.getTime()).toBeGreaterThan(now.getTime());
      expect(remindersDue(calendarCn, policy, form, here.nextAt as Date)).toMatchObject({ round: here.round + 1 });
      const justBefore = new Date((here.nextAt as Date).getTime() - 1);
      expect(remindersDue(calendarCn, policy, form, justBefore)).toMatchObject({ round: here.round });
    }),
  );
});

test('working time added is working time between', () => {
  fc.assert(
    fc.property(moments, fc.integer({ min: 1, max: 60 * 3_600_000 }), (from, ms) => {
      const end = addWorkingTime(calendarCn, policy, from, ms);
      if (end.kind !== 'instant') throw new Error('2026 is covered');
      expect(workingTimeBetween(calendarCn, policy, from, end.at)).toEqual({ kind: 'ms', ms });
    }),
  );
});

test.each([
  ['never asked before', null, '09-22 10:00', true],
  ['59 minutes ago', '09-22 10:00', '09-22 10:59', false],
  ['an hour ago', '09-22 10:00', '09-22 11:00', true],
  ['last evening, early in the morning', '09-22 17:30', '09-23 08:00', false],
  ['last evening, half an hour into the day', '09-22 17:30', '09-23 09:30', true],
  ['before the holidays, in the middle of them', '09-30 17:55', '10-04 12:00', false],
  ['before the holidays, after them', '09-30 17:55', '10-08 09:55', true],
])('the applicant may ask again: %s', (_, last, now, expected) => {
  expect(mayNudge(calendarCn, policy, last === null ? null : at(last), at(now))).toBe(expected);
});

test('outside the calendar plain hours count for asking again', () => {
  const last = new Date('2027-03-01T02:00:00Z');
  expect(mayNudge(calendarCn, policy, last, new Date('2027-03-01T02:59:00Z'))).toBe(false);
  expect(mayNudge(calendarCn, policy, last, new Date('2027-03-01T03:00:00Z'))).toBe(true);
});

test('neither the applicant nor who stands on the form nor their stand-ins are asked, and nobody twice', () => {
  const people = [
    { staffId: 'applicant', onBehalfOf: null },
    { staffId: 'first', onBehalfOf: null },
    { staffId: 'second', onBehalfOf: null },
    { staffId: 'second', onBehalfOf: 'third' },
    { staffId: 'for-first', onBehalfOf: 'first' },
    { staffId: 'for-applicant', onBehalfOf: 'applicant' },
    { staffId: 'for-third', onBehalfOf: 'third' },
  ];
  const form = { applicantId: 'applicant', signed: [{ staffId: 'first', onBehalfOf: null }] };
  expect(eligibleSigners(people, 'leader', form, at('09-22 10:00'))).toEqual(['second', 'for-third']);
});

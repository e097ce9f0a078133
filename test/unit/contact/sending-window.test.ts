import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { AppError } from '../../../src/kernel/app-error.rule.ts';
import { calendarCn } from '../../../src/kernel/calendar-cn.rule.ts';
import type { Window } from '../../../src/contact/sending-window.rule.ts';
import {
  defaultSendingHours,
  isOpenAt,
  validateWindow,
  windowStateAt,
} from '../../../src/contact/sending-window.rule.ts';

const window = (changes: Partial<Window> = {}): Window => ({
  startsAt: '2026-09-29T10:00:00+08:00',
  endsAt: '2026-10-09T15:00:00+08:00',
  dailyFrom: '09:00',
  dailyTo: '18:00',
  days: 'working-days',
  ...changes,
});

const stateAt = (now: string, changes: Partial<Window> = {}) =>
  windowStateAt(window(changes), calendarCn, new Date(now));
const shanghai = (time: string) => new Date(`${time}:00+08:00`);

test.each([
  ['before the window', '2026-09-01T12:00', { kind: 'closed', opensAt: shanghai('2026-09-29T10:00') }],
  ['the same day but before the start', '2026-09-29T09:30', { kind: 'closed', opensAt: shanghai('2026-09-29T10:00') }],
  ['at the start', '2026-09-29T10:00', { kind: 'open', closesAt: shanghai('2026-09-29T18:00') }],
  ['at the daily end', '2026-09-29T18:00', { kind: 'closed', opensAt: shanghai('2026-09-30T09:00') }],
  ['the evening before the holiday', '2026-09-30T18:00', { kind: 'closed', opensAt: shanghai('2026-10-08T09:00') }],
  ['noon on a holiday', '2026-10-05T12:00', { kind: 'closed', opensAt: shanghai('2026-10-08T09:00') }],
  ['the last day', '2026-10-09T12:00', { kind: 'open', closesAt: shanghai('2026-10-09T15:00') }],
  ['at the end', '2026-10-09T15:00', { kind: 'over' }],
  ['long after', '2027-10-09T15:00', { kind: 'over' }],
])('%s', (_, now, expected) => {
  expect(stateAt(`${now}:00+08:00`)).toEqual(expected);
});

test('every day includes holidays', () => {
  expect(stateAt('2026-10-05T12:00:00+08:00', { days: 'every-day' })).toEqual({
    kind: 'open',
    closesAt: shanghai('2026-10-05T18:00'),
  });
});

test('working days past the calendar are not guessed, yet the covered ones are used', () => {
  const changes = { startsAt: '2026-12-31T09:00:00+08:00', endsAt: '2027-01-08T18:00:00+08:00' };
  expect(stateAt('2026-12-31T17:59:00+08:00', changes)).toMatchObject({ kind: 'open' });
  expect(stateAt('2026-12-31T18:00:00+08:00', changes)).toMatchObject({
    kind: 'outside-calendar',
    coveredUntil: '2026-12-31',
  });
});

test.each([
  ['no offset', { startsAt: '2026-09-29T10:00:00' }],
  ['a day that does not exist', { endsAt: '2026-02-30T10:00:00Z' }],
  ['a time that does not exist', { dailyFrom: '24:01' }],
])('a window with %s is refused, not read somehow', (_, changes) => {
  expect(() => stateAt('2026-09-29T10:00:00Z', changes)).toThrow(AppError);
});

const minutes = (n: number) => `${String(Math.floor(n / 60)).padStart(2, '0')}:${String(n % 60).padStart(2, '0')}`;
const base = Date.parse('2026-01-01T00:00:00Z');
const day = 86_400_000;
const windows: fc.Arbitrary<Window> = fc
  .record({
    start: fc.nat(300 * day),
    length: fc.integer({ min: 60_000, max: 20 * day }),
    from: fc.nat(1438),
    span: fc.integer({ min: 1, max: 1439 }),
    days: fc.constantFrom('every-day' as const, 'working-days' as const),
  })
  .map(({ start, length, from, span, days }) => ({
    startsAt: new Date(base + start).toISOString(),
    endsAt: new Date(base + start + length).toISOString(),
    dailyFrom: minutes(from),
    dailyTo: minutes(Math.min(1439, from + span)),
    days,
  }));

test('the state holds until the moment it names, and changes there', () => {
  fc.assert(
    fc.property(
      windows,
      fc.integer({ min: -2 * day, max: 22 * day }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (w, offset, part) => {
        const now = new Date(Date.parse(w.startsAt) + offset);
        const at = (ms: number) => windowStateAt(w, calendarCn, new Date(ms));
        const state = at(now.getTime());
        if (state.kind === 'over') {
          expect(at(now.getTime() + Math.abs(offset)).kind).toBe('over');
        } else if (state.kind === 'open') {
          const closes = state.closesAt.getTime();
          expect(closes).toBeGreaterThan(now.getTime());
          expect(at(now.getTime() + Math.floor((closes - 1 - now.getTime()) * part))).toEqual(state);
          expect(at(closes).kind).not.toBe('open');
        } else if (state.kind === 'closed') {
          const opens = state.opensAt.getTime();
          expect(opens).toBeGreaterThan(now.getTime());
          expect(at(now.getTime() + Math.floor((opens - 1 - now.getTime()) * part))).toEqual(state);
          expect(at(opens).kind).toBe('open');
        }
      },
    ),
    { numRuns: 500 },
  );
});

test('an open moment is inside the window, inside the daily hours, and on an allowed day', () => {
  fc.assert(
    fc.property(windows, fc.nat(20 * day), (w, offset) => {
      const now = new Date(Date.parse(w.startsAt) + offset);
      const clock = new Date(now.getTime() + 8 * 3_600_000).toISOString();
      const date = clock.slice(0, 10);
      const weekday = new Date(`${date}T00:00:00Z`).getUTCDay();
      const special = calendarCn.days[date];
      const allowed = w.days === 'every-day' || (special ? special === 'workday' : weekday > 0 && weekday < 6);
      const time = clock.slice(11, 16);
      const expected = now < new Date(w.endsAt) && time >= w.dailyFrom && time < w.dailyTo && allowed;
      expect(windowStateAt(w, calendarCn, now).kind === 'open').toBe(expected);
    }),
    { numRuns: 500 },
  );
});

const codesOf = (changes: Partial<Window>, kind: 'marketing' | 'notice' = 'notice', now = '2026-09-01T00:00:00Z') =>
  validateWindow({
    window: window(changes),
    kind,
    calendar: calendarCn,
    hours: defaultSendingHours,
    now: new Date(now),
  }).map(({ code, field }) => `${code} ${field}`);

test.each([
  ['a good window', {}, []],
  ['an instant that is no instant', { startsAt: 'tomorrow' }, ['window.bad-instant startsAt']],
  ['a time that is no time', { dailyTo: '25:00' }, ['window.bad-time dailyTo']],
  ['an end before the start', { endsAt: '2026-09-29T10:00:00+08:00' }, ['window.end-before-start endsAt']],
  ['hours past midnight', { dailyFrom: '20:00', dailyTo: '09:00' }, ['window.daily-order dailyTo']],
  ['two faults at once', { dailyFrom: '9:00', endsAt: '' }, ['window.bad-instant endsAt', 'window.bad-time dailyFrom']],
  [
    'only holidays inside',
    { startsAt: '2026-10-01T00:00:00+08:00', endsAt: '2026-10-08T00:00:00+08:00' },
    ['window.no-opening endsAt'],
  ],
  ['an end past the calendar', { endsAt: '2027-01-04T18:00:00+08:00' }, ['window.outside-calendar endsAt']],
  ['every day past the calendar', { endsAt: '2027-01-04T18:00:00+08:00', days: 'every-day' as const }, []],
  ['an end at the midnight that ends the calendar', { endsAt: '2027-01-01T00:00:00+08:00' }, []],
  ['the same midnight by its other name', { endsAt: '2026-12-31T24:00:00+08:00' }, []],
  ['the same midnight in Greenwich', { endsAt: '2026-12-31T16:00:00Z' }, []],
  ['an end before the first hour of an uncovered day', { endsAt: '2027-01-01T09:00:00+08:00' }, []],
  [
    'an end after the first minute of an uncovered day',
    { endsAt: '2027-01-01T09:01:00+08:00' },
    ['window.outside-calendar endsAt'],
  ],
  ['a start after the last hour of the day before the calendar', { startsAt: '2023-12-31T18:00:00+08:00' }, []],
  [
    'a start in the last hour of the day before the calendar',
    { startsAt: '2023-12-31T17:59:00+08:00' },
    ['window.outside-calendar startsAt'],
  ],
  ['a time past midnight', { endsAt: '2026-12-31T24:01:00+08:00' }, ['window.bad-instant endsAt']],
  ['a notice at 22:00', { dailyTo: '22:00' }, []],
  ['a notice after 22:00', { dailyTo: '22:01' }, ['window.outside-hours dailyTo']],
])('%s gives %j', (_, changes, expected) => {
  expect(codesOf(changes)).toEqual(expected);
});

test.each([
  ['08:00', '20:00', []],
  ['07:59', '20:00', ['window.outside-hours dailyFrom']],
  ['08:00', '20:01', ['window.outside-hours dailyTo']],
])('marketing from %s to %s gives %j', (dailyFrom, dailyTo, expected) => {
  expect(codesOf({ dailyFrom, dailyTo }, 'marketing')).toEqual(expected);
});

test('a window whose last opening has passed is a fault before its end', () => {
  expect(codesOf({ endsAt: '2026-10-09T23:00:00+08:00' }, 'notice', '2026-10-09T18:00:00+08:00')).toEqual([
    'window.over endsAt',
  ]);
});

test.each([
  ['in its hours', '2026-09-29T12:00', true],
  ['before it starts', '2026-09-29T09:30', false],
  ['after the daily end', '2026-09-29T18:00', false],
  ['on a holiday', '2026-10-05T12:00', false],
  ['after its end', '2026-10-09T15:00', false],
])('%s a campaign may send: %s %s', (_, now, expected) => {
  const { startsAt, endsAt, ...hours } = window();
  const span = { ...hours, startsAt: new Date(startsAt), endsAt: new Date(endsAt) };
  expect(isOpenAt(span, calendarCn, shanghai(now))).toBe(expected);
  expect(isOpenAt(span, null, shanghai(now))).toBe(false);
});

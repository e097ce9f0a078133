import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { calendarCn } from '../../../src/kernel/calendar-cn.rule.ts';
import { daysOfWindow, finishOf, forecastOf } from '../../../src/campaign/forecast.rule.ts';
import { windowStateAt, type Window } from '../../../src/contact/sending-window.rule.ts';

const window = (over: Partial<Window> = {}): Window => ({
  startsAt: '2026-09-28T09:00:00+08:00',
  endsAt: '2026-10-12T18:00:00+08:00',
  dailyFrom: '09:00',
  dailyTo: '18:00',
  days: 'every-day',
  ...over,
});
const at = (text: string) => new Date(`${text}:00+08:00`);
const when = (over: Partial<Window> = {}, now = at('2026-09-27T12:00')) => ({
  window: window(over),
  calendar: calendarCn,
  now,
});

test.each([
  ['within the first day', 3_600, 1, {}, '2026-09-28T10:00'],
  ['over night', 10 * 3_600, 1, {}, '2026-09-29T10:00'],
  ['exactly to the close of a day', 9 * 3_600, 1, {}, '2026-09-28T18:00'],
  ['round the holidays', 28 * 3_600, 1, { days: 'working-days' as const }, '2026-10-08T10:00'],
  ['nobody', 0, 1, {}, '2026-09-28T09:00'],
])('%s', (_, size, rate, over, expected) => {
  expect(finishOf(size, rate, when(over))).toMatchObject({ kind: 'at', at: at(expected) });
});

test('a window that is too short says how many are left', () => {
  const short = when({ endsAt: '2026-09-28T10:00:00+08:00' });
  expect(finishOf(5_000, 1, short)).toEqual({ kind: 'too-short', left: 1_400 });
  expect(finishOf(3_600, 1, short).kind).toBe('at');
  expect(finishOf(10, 1, when({}, at('2026-10-13T09:00')))).toEqual({ kind: 'too-short', left: 10 });
});

test('more people are never done earlier, a faster rate never later, and the end lies where sending is allowed', () => {
  const arbitrary = fc.record({
    size: fc.nat({ max: 300_000 }),
    more: fc.nat({ max: 1_000 }),
    rate: fc.integer({ min: 1, max: 50 }),
    hours: fc.nat({ max: 300 }),
  });
  fc.assert(
    fc.property(arbitrary, ({ size, more, rate, hours }) => {
      const now = new Date(at('2026-09-26T00:00').getTime() + hours * 3_600_000);
      const time = (n: number, r: number) => {
        const end = finishOf(n, r, when({ days: 'working-days' }, now));
        return end.kind === 'at' ? end.at.getTime() : Number.POSITIVE_INFINITY;
      };
      const end = time(size, rate);
      expect(time(size + more, rate)).toBeGreaterThanOrEqual(end);
      expect(time(size, rate + 1)).toBeLessThanOrEqual(end);
      if (size > 0 && end !== Number.POSITIVE_INFINITY)
        expect(windowStateAt(window({ days: 'working-days' }), calendarCn, new Date(end - 1)).kind).toBe('open');
    }),
  );
});

test('the range runs from the agreed rate to half of it', () => {
  const { fastest, slowest } = forecastOf(3_600, 1, when());
  expect([fastest, slowest]).toMatchObject([{ at: at('2026-09-28T10:00') }, { at: at('2026-09-28T11:00') }]);
});

test('the days of a window are named by the official calendar', () => {
  const days = daysOfWindow(window({ days: 'working-days' }), calendarCn, 62);
  const kinds = Object.fromEntries(days.map(({ date, kind, sends }) => [date, `${kind} ${sends}`]));
  expect(days).toHaveLength(15);
  expect(kinds).toMatchObject({
    '2026-09-28': 'working true',
    '2026-10-01': 'holiday false',
    '2026-10-10': 'make-up true',
    '2026-10-11': 'rest false',
  });
  expect(days[0]?.weekday).toBe(1);
});

test('days beyond the calendar are said to be unknown, and the list is bounded', () => {
  const days = daysOfWindow(window({ endsAt: '2027-06-01T00:00:00+08:00', days: 'working-days' }), calendarCn, 100);
  expect(days).toHaveLength(100);
  expect(days.at(-1)).toMatchObject({ kind: 'unknown', sends: false });
});

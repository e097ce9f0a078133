import { expect, test } from 'vitest';
import { breaksAt, defaultKinds, outerLimit, taskKinds, type Clock } from '../../../src/call/kind.rule.ts';
import { calendarCn } from '../../../src/kernel/calendar-cn.rule.ts';

const china = (at: Date): string => new Date(at.getTime() + 8 * 3_600_000).toISOString().slice(0, 16).replace('T', ' ');
const from = (text: string): Date => new Date(`${text.replace(' ', 'T')}:00+08:00`);
const hours: Clock = { workingMinutes: 120 };

test.each([
  ['two hours within a day', hours, '2026-11-27 10:00', '2026-11-27 12:00'],
  ['two hours over the night', hours, '2026-11-26 17:00', '2026-11-27 10:00'],
  ['two hours from a Friday evening', hours, '2026-11-27 19:00', '2026-11-30 11:00'],
  ['two hours over the National Day week', hours, '2026-09-30 17:30', '2026-10-08 10:30'],
  ['two hours on a Saturday that is worked', hours, '2026-10-10 09:00', '2026-10-10 11:00'],
  ['one working day', { workingDays: 1 }, '2026-11-27 10:00', '2026-11-30 18:00'],
  ['five working days over the Spring Festival', { workingDays: 5 }, '2026-02-13 10:00', '2026-02-27 18:00'],
])('%s', (_, clock, begins, ends) => {
  expect(china(breaksAt(clock, from(begins), calendarCn))).toBe(ends);
});

test('past the calendar’s end every day counts as worked: a clock breaks too early there, never too late', () => {
  // 31 December 2026 is a Thursday, and nobody has published 2027.
  expect(china(breaksAt({ workingDays: 3 }, from('2026-12-31 10:00'), calendarCn))).toBe('2027-01-03 18:00');
  expect(china(breaksAt(hours, from('2027-03-06 10:00'), calendarCn))).toBe('2027-03-06 12:00');
  expect(china(breaksAt({ workingDays: 1 }, from('2026-11-27 10:00'), null))).toBe('2026-11-28 18:00');
});

test('every kind has a clock that breaks before its outer limit, whenever it begins', () => {
  for (const kind of taskKinds)
    for (let hour = 0; hour < 24 * 30; hour += 7) {
      const begins = new Date(from('2026-12-01 00:00').getTime() + hour * 3_600_000);
      const of = defaultKinds[kind];
      expect(breaksAt(of.clock, begins, calendarCn).getTime()).toBeGreaterThanOrEqual(begins.getTime());
      expect(outerLimit(of, begins, calendarCn).getTime()).toBeGreaterThanOrEqual(
        breaksAt(of.clock, begins, calendarCn).getTime(),
      );
    }
});

test('whoever is owed an answer is never given up for being late', () => {
  for (const kind of [
    'callback',
    'complaint',
    'early-repayment',
    'changed-account',
    'unbooked-payment',
    'vip',
  ] as const)
    expect(defaultKinds[kind].endsAtOuter).toBe(false);
});

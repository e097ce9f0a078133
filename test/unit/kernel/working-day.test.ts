import { isWorkday } from 'chinese-days';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { AppError } from '../../../src/kernel/app-error.rule.ts';
import { calendarCn } from '../../../src/kernel/calendar-cn.rule.ts';
import {
  addDays,
  addWorkingDays,
  chinaDateAt,
  chinaInstant,
  isChinaDate,
  isWorkingDay,
  workingDaysBetween,
} from '../../../src/kernel/working-day.rule.ts';

const coverage = { kind: 'outside-calendar', coveredFrom: '2024-01-01', coveredUntil: '2026-12-31' };
const coveredDays = 1096;
const anyDate = fc.nat(coveredDays - 1).map((n) => addDays('2024-01-01', n));
const isWorking = (date: string) => isWorkingDay(calendarCn, date);

test.each([
  ['2026-02-28', true, 'a make-up Saturday after the Spring Festival'],
  ['2026-10-10', true, 'a make-up Saturday after National Day'],
  ['2026-02-14', true, 'a make-up Saturday before the Spring Festival'],
  ['2026-02-16', false, 'a Monday in the Spring Festival'],
  ['2026-02-23', false, 'the last Monday of the Spring Festival'],
  ['2026-02-24', true, 'the Tuesday after it'],
  ['2026-10-01', false, 'National Day, a Thursday'],
  ['2026-10-07', false, 'the last day of the National Day week'],
  ['2026-10-08', true, 'the Thursday after it'],
  ['2026-10-11', false, 'an ordinary Sunday'],
  ['2026-12-31', true, 'the last covered day'],
])('%s is a working day: %s (%s)', (date, working) => {
  expect(isWorking(date)).toEqual({ kind: 'known', working });
});

test.each([['2023-12-31'], ['2027-01-01'], ['2030-06-03']])(
  '%s is outside the calendar, whatever its weekday',
  (date) => {
    expect(isWorking(date)).toEqual(coverage);
  },
);

test('every covered day agrees with chinese-days', () => {
  const ours = Array.from({ length: coveredDays }, (_, n) => addDays('2024-01-01', n));
  expect(ours.at(-1)).toBe('2026-12-31');
  expect(ours.map((date) => isWorking(date))).toEqual(
    ours.map((date) => ({ kind: 'known', working: isWorkday(date) })),
  );
});

test.each([
  ['2026-09-30', 3, '2026-10-10'],
  ['2026-10-09', -3, '2026-09-29'],
  ['2026-10-05', -3, '2026-09-28'],
  ['2026-02-24', -3, '2026-02-12'],
  ['2026-02-27', 1, '2026-02-28'],
  ['2026-10-01', 0, '2026-10-08'],
  ['2026-10-08', 0, '2026-10-08'],
])('from %s by %i working days is %s', (date, n, expected) => {
  expect(addWorkingDays(calendarCn, date, n)).toEqual({ kind: 'date', date: expected });
});

test('three working days before a due date on New Year 2027 is known, although 2027 is not published', () => {
  expect(addWorkingDays(calendarCn, '2027-01-01', -3)).toEqual({ kind: 'date', date: '2026-12-29' });
});

test.each([
  ['2026-12-31', 1],
  ['2026-12-30', 2],
  ['2027-01-04', -1],
  ['2027-01-01', 0],
  ['2024-01-02', -1],
  ['9999-12-31', 1],
])('from %s by %i working days there is no answer', (date, n) => {
  expect(addWorkingDays(calendarCn, date, n)).toEqual(coverage);
});

test('adding ends on a working day, and counting undoes it', () => {
  const steps = fc.integer({ min: -120, max: 120 }).filter((n) => n !== 0);
  fc.assert(
    fc.property(anyDate, steps, (date, n) => {
      const answer = addWorkingDays(calendarCn, date, n);
      if (answer.kind === 'outside-calendar') return;
      expect(isWorking(answer.date)).toEqual({ kind: 'known', working: true });
      expect(workingDaysBetween(calendarCn, date, answer.date)).toEqual({ kind: 'count', count: n });
    }),
  );
});

const count = (from: string, to: string) => {
  const answer = workingDaysBetween(calendarCn, from, to);
  return answer.kind === 'count' ? answer.count : Number.NaN;
};

test('counting adds up over any day between', () => {
  fc.assert(
    fc.property(fc.array(anyDate, { minLength: 3, maxLength: 3 }), (dates) => {
      const [a = '', b = '', c = ''] = dates.sort();
      expect(count(a, b) + count(b, c)).toBe(count(a, c));
    }),
  );
});

test.each([
  ['2026-12-30', '2027-01-04'],
  ['2027-01-04', '2026-12-30'],
  ['2023-12-01', '2024-01-02'],
])('counting from %s to %s has no answer', (from, to) => {
  expect(workingDaysBetween(calendarCn, from, to)).toEqual(coverage);
});

test.each([['2026-02-29'], ['2026-13-01'], ['2026-1-1'], ['2026-01-01T00:00:00Z'], [''], ['2026-00-10']])(
  '%j is no date',
  (date) => {
    expect(isChinaDate(date)).toBe(false);
    expect(() => isWorking(date)).toThrow(AppError);
  },
);

test.each([
  ['2026-10-09T15:59:59.999Z', '2026-10-09'],
  ['2026-10-09T16:00:00Z', '2026-10-10'],
])('at %s the date in China is %s', (instant, date) => {
  expect(chinaDateAt(new Date(instant))).toBe(date);
});

test('a time on a China date and the date of that instant are the same day', () => {
  const time = fc.tuple(fc.nat(23), fc.nat(59)).map((parts) => parts.map((n) => String(n).padStart(2, '0')).join(':'));
  fc.assert(
    fc.property(anyDate, time, (date, at) => {
      expect(chinaDateAt(chinaInstant(date, at))).toBe(date);
    }),
  );
});

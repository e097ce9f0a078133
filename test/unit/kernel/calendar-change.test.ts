import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { calendarCn } from '../../../src/kernel/calendar-cn.rule.ts';
import {
  calendarChanges,
  dayKindOf,
  daysCovered,
  readCalendarLines,
  writeCalendarLines,
} from '../../../src/kernel/calendar-change.rule.ts';

const base = { coveredFrom: '2026-01-01', coveredUntil: '2026-12-31', days: { '2026-10-01': 'holiday' } } as const;

describe('the kind of a day', () => {
  test.each([
    ['2026-10-01', 'holiday'],
    ['2026-10-02', 'weekday'],
    ['2026-10-03', 'weekend'],
    ['2027-01-01', 'unknown'],
    ['2025-12-31', 'unknown'],
  ])('of %s is %s', (day, kind) => {
    expect(dayKindOf(base, day)).toBe(kind);
  });

  test('is not known without a calendar', () => {
    expect(dayKindOf(null, '2026-10-01')).toBe('unknown');
  });
});

describe('what a calendar changes', () => {
  test('is nothing when it is the same', () => {
    expect(calendarChanges(calendarCn, calendarCn)).toEqual([]);
  });

  test('names days added, taken away, turned round and come into cover, in order', () => {
    const after = {
      coveredFrom: '2026-01-01',
      coveredUntil: '2027-12-31',
      days: { '2026-10-10': 'workday', '2027-01-01': 'holiday', '2026-09-30': 'holiday' },
    } as const;
    expect(calendarChanges(base, after)).toEqual([
      { day: '2026-09-30', before: 'weekday', after: 'holiday' },
      { day: '2026-10-01', before: 'holiday', after: 'weekday' },
      { day: '2026-10-10', before: 'weekend', after: 'workday' },
      { day: '2027-01-01', before: 'unknown', after: 'holiday' },
    ]);
  });

  test('shows a year that is lost as no longer known', () => {
    const shorter = { coveredFrom: '2026-01-01', coveredUntil: '2026-06-30', days: {} };
    expect(calendarChanges(base, shorter)).toEqual([{ day: '2026-10-01', before: 'holiday', after: 'unknown' }]);
  });
});

describe('lines of a calendar', () => {
  test.each([
    ['2027-02-20 班', { '2027-02-20': 'workday' }],
    ['2027-02-06 至 2027-02-08 休 春节', { '2027-02-06': 'holiday', '2027-02-07': 'holiday', '2027-02-08': 'holiday' }],
    ['2027-01-01 to 2027-01-02 holiday', { '2027-01-01': 'holiday', '2027-01-02': 'holiday' }],
    ['2027-01-01，休', { '2027-01-01': 'holiday' }],
    ['  # 说明\n\r\n2027-01-03 Workday', { '2027-01-03': 'workday' }],
  ])('%j are read', (text, days) => {
    expect(readCalendarLines(text)).toEqual({ days, faults: [] });
  });

  test.each([
    ['春节放假', 'calendar.line-unreadable'],
    ['2027-02-06', 'calendar.line-unreadable'],
    ['2027-02-30 休', 'calendar.line-date'],
    ['2027-2-6 休', 'calendar.line-date'],
    ['2027-02-08 至 2027-02-06 休', 'calendar.line-order'],
    ['2027-01-01 至 2028-01-01 休', 'calendar.line-order'],
    ['2027-01-01 休\n2027-01-01 班', 'calendar.line-twice'],
  ])('%j are refused', (text, code) => {
    const { faults } = readCalendarLines(text);
    expect(faults).toEqual([{ line: text.split('\n').length, code }]);
  });

  test('written out are read back as the same days', () => {
    expect(readCalendarLines(writeCalendarLines(calendarCn.days))).toEqual({ days: calendarCn.days, faults: [] });
    const day = fc
      .integer({ min: 0, max: 800 })
      .map((n) => new Date(Date.UTC(2026, 0, 1 + n)).toISOString().slice(0, 10));
    const days = fc.dictionary(day, fc.constantFrom('holiday' as const, 'workday' as const), { noNullPrototype: true });
    fc.assert(
      fc.property(days, (given) => {
        expect(readCalendarLines(writeCalendarLines(given))).toEqual({ days: given, faults: [] });
      }),
    );
  });
});

test.each([
  ['2026-12-31', 1],
  ['2026-12-30', 2],
  ['2027-01-01', 0],
  ['2028-01-01', 0],
])('on %s the calendar covers %i more days', (today, days) => {
  expect(daysCovered(base, today)).toBe(days);
});

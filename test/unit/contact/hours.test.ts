import { expect, test } from 'vitest';
import { isZone, opensAt } from '../../../src/contact/hours.rule.ts';
import { defaultContactPolicy, type ContactHours } from '../../../src/contact/policy.rule.ts';
import { calendarCn } from '../../../src/kernel/calendar-cn.rule.ts';

const calls = defaultContactPolicy.hours.callback.call as ContactHours;
const opens = (now: string, hours = calls, zone = 'Asia/Shanghai', calendar: typeof calendarCn | null = calendarCn) =>
  opensAt(hours, calendar, zone, new Date(now))?.toISOString() ?? null;

test.each([
  ['a Wednesday, 08:59', '2026-11-04T00:59:00Z', '2026-11-04T01:00:00.000Z'],
  ['a Wednesday, 09:00', '2026-11-04T01:00:00Z', '2026-11-04T01:00:00.000Z'],
  ['a Wednesday, 17:59', '2026-11-04T09:59:00Z', '2026-11-04T09:59:00.000Z'],
  ['a Wednesday, 18:00', '2026-11-04T10:00:00Z', '2026-11-05T01:00:00.000Z'],
  ['a Friday evening', '2026-11-06T12:00:00Z', '2026-11-07T02:00:00.000Z'],
  ['a Saturday, 09:30', '2026-11-07T01:30:00Z', '2026-11-07T02:00:00.000Z'],
  ['a Sunday, 17:00', '2026-11-08T09:00:00Z', '2026-11-09T01:00:00.000Z'],
  ['a Thursday that is National Day, 09:30', '2026-10-01T01:30:00Z', '2026-10-01T02:00:00.000Z'],
  ['a Saturday made a working day, 09:30', '2026-10-10T01:30:00Z', '2026-10-10T01:30:00.000Z'],
])('calls on %s are open from %s: %s', (_, now, expected) => {
  expect(opens(now)).toBe(expected);
});

test('past the calendar nobody guesses: both the working days’ and the rest days’ hours must be open', () => {
  expect(opens('2030-11-06T01:30:00Z')).toBe('2030-11-06T02:00:00.000Z');
  expect(opens('2026-11-04T01:30:00Z', calls, 'Asia/Shanghai', null)).toBe('2026-11-04T02:00:00.000Z');
});

test('a customer elsewhere has the clock of their own zone, summer time included', () => {
  const daily: ContactHours = { working: ['09:00', '18:00'], rest: ['09:00', '18:00'] };
  expect(opens('2026-11-04T04:00:00Z', daily, 'America/New_York')).toBe('2026-11-04T14:00:00.000Z');
  expect(opens('2026-07-01T04:00:00Z', daily, 'America/New_York')).toBe('2026-07-01T13:00:00.000Z');
  expect(opens('2026-11-04T01:00:00Z', daily, 'Asia/Urumqi')).toBe('2026-11-04T03:00:00.000Z');
});

test('closed days are passed over, and hours that never open say so', () => {
  const weekdays: ContactHours = { working: ['09:00', '18:00'], rest: null };
  expect(opens('2026-11-06T11:00:00Z', weekdays)).toBe('2026-11-09T01:00:00.000Z');
  expect(opens('2026-11-06T11:00:00Z', { working: null, rest: null })).toBeNull();
  expect(opens('2026-11-06T11:00:00Z', { working: ['00:00', '24:00'], rest: ['00:00', '24:00'] })).toBe(
    '2026-11-06T11:00:00.000Z',
  );
});

test.each([
  ['Asia/Shanghai', true],
  ['Europe/Berlin', true],
  ['Mars/Olympus', false],
  ['', false],
])('a zone called %s is known: %s', (zone, known) => {
  expect(isZone(zone)).toBe(known);
});

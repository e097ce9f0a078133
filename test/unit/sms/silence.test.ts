import { expect, test } from 'vitest';
import { silentUntil } from '../../../src/sms/silence.rule.ts';

const saidAt = new Date('2026-11-01T02:00:00Z');
test.each([
  ['dead-number', '2027-01-30T02:00:00.000Z'],
  ['gateway-blacklist', '2027-04-30T02:00:00.000Z'],
  ['opt-out', undefined],
] as const)('the silence of %s ends when the house says, and a person’s no never by itself', (kind, expected) => {
  expect(silentUntil(kind, saidAt, { deadNumberDays: 90, blacklistDays: 180 })?.toISOString()).toBe(expected);
});

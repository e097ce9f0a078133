import { assert, constantFrom, property, string } from 'fast-check';
import { expect, test } from 'vitest';
import { digestsOf, identityOf, matches, type VerificationItem } from '../../../../src/call/desk/verification.rule.ts';
import { promiseDaysOf, reachOfDeskNo } from '../../../../src/call/desk/promise.rule.ts';
import { verificationItems } from '../../../../src/call/script/content.rule.ts';

const key = Buffer.alloc(32, 7);
const customerId = '01980000-0000-7000-8000-000000000001';

test.each([
  ['birth-date', '1990-03-07', '1990年3月7日', true],
  ['birth-date', '1990-03-07', '3月7号', true],
  ['birth-date', '1990-03-07', '０３０７', true],
  ['birth-date', '1990-03-07', '1990-07-03', false],
  ['id-number', '11010519491231002X', '002x', true],
  ['id-number', '11010519491231002X', '1101 0519 4912 3100 2X', true],
  ['id-number', '11010519491231002X', '1231', false],
  ['bank-card', '6222 0200 1234 5678', '5678', true],
  ['bank-card', '6222 0200 1234 5678', '567', false],
  ['mobile', '+8613812345678', '138-1234-5678', true],
  ['amount', '1683.9', '1,683.90元', true],
  ['amount', '1683.9', '1683', false],
  ['name', '欧阳·娜娜', '欧阳娜娜', true],
  ['address', '北京市朝阳区建国路 1 号', '北京市朝阳区建国路１号', true],
  ['name', '顾女士', '', false],
] as const)('%s %s, said as %s: %s', (item, stored, said, expected) => {
  expect(matches(key, { customerId, item, said }, digestsOf(key, customerId, item, stored))).toBe(expected);
});

test('a hash is of one person, one item and one installation', () => {
  assert(
    property(constantFrom(...verificationItems), string(), (item: VerificationItem, value) => {
      const digests = digestsOf(key, customerId, item, value);
      const other = { customerId: customerId.replace(/1$/, '2'), item, said: value };
      expect(matches(key, other, digests)).toBe(false);
      expect(matches(Buffer.alloc(32, 8), { customerId, item, said: value }, digests)).toBe(false);
      if (digests.length > 0) expect(matches(key, { customerId, item, said: value }, digests)).toBe(true);
    }),
  );
});

const item = (matched: boolean, tries: number) => ({ item: 'name' as const, matched, tries });
test.each([
  ['nobody asked', [], 'not-asked'],
  ['not begun', [item(false, 0), item(false, 0), item(false, 0)], 'not-asked'],
  ['two of three', [item(true, 1), item(true, 1), item(false, 1)], 'open'],
  ['three', [item(true, 1), item(true, 2), item(true, 1)], 'passed'],
  ['one of three is spent', [item(true, 1), item(true, 1), item(false, 2)], 'failed'],
  ['one of four is spent', [item(true, 1), item(true, 1), item(false, 2), item(false, 0)], 'open'],
  ['three of four', [item(true, 1), item(true, 1), item(false, 2), item(true, 1)], 'passed'],
] as const)('%s: %s', (_, items, expected) => {
  expect(identityOf(items)).toBe(expected);
});

const holiday = (at: Date) => at >= new Date('2026-10-01T00:00:00+08:00') && at < new Date('2026-10-08T00:00:00+08:00');
const hour = (at: Date) => (at.getUTCHours() + 8) % 24;

test('a promise is for a half hour that is open and not too soon; a day without one is closed', () => {
  const now = new Date('2026-09-30T17:20:00+08:00');
  const days = promiseDaysOf((at) => !holiday(at) && hour(at) >= 9 && hour(at) < 18, now);
  expect(days[0]).toEqual({ date: '2026-09-30', times: [] });
  expect(days.slice(1, 8).every(({ times }) => times.length === 0)).toBe(true);
  expect(days[8]?.date).toBe('2026-10-08');
  expect(days[8]?.times[0]).toEqual(new Date('2026-10-08T09:00:00+08:00'));
  expect(days[8]?.times).toHaveLength(18);
});

test('a no at the desk leaves the notices that the contract owes, unless it was said to one', () => {
  expect(reachOfDeskNo('survey').purposes).toEqual(['marketing', 'survey', 'callback', 'care']);
  expect(reachOfDeskNo('repayment').purposes).toEqual(['marketing', 'repayment', 'survey', 'callback', 'care']);
});

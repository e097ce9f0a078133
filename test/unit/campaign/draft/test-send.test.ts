import { expect, test } from 'vitest';
import { parseOutId, formatTestOutId } from '../../../../src/sms/out-id.rule.ts';
import {
  mayReceiveTest,
  testLimits,
  testRefusalFor,
  withinHours,
} from '../../../../src/campaign/draft/test-send.rule.ts';

const draft = { unit: '客服中心', sentBy: 'me' };
const given = {
  entitled: true,
  phone: '+8613900000000',
  suppressed: false,
  accountStopped: false,
  kind: 'notice' as const,
  hours: { marketing: ['08:00', '20:00'] as const, notice: ['08:00', '22:00'] as const },
  ofDraft: 0,
  ofPhone: 0,
  now: new Date('2026-11-20T04:00:00Z'),
};

test.each([
  ['a liaison officer of the unit', { id: 'x', grants: [{ role: 'liaison', unit: '客服中心' }] }, true],
  ['a leader of every unit', { id: 'x', grants: [{ role: 'leader', unit: '*' }] }, true],
  ['a leader of another unit', { id: 'x', grants: [{ role: 'leader', unit: '营销部' }] }, false],
  ['an applicant of the unit', { id: 'x', grants: [{ role: 'applicant', unit: '*' }] }, false],
  ['an administrator', { id: 'x', grants: [{ role: 'administrator', unit: '*' }] }, false],
  ['the sender', { id: 'me', grants: [] }, true],
] as const)('%s may get one: %s', (_, person, expected) => expect(mayReceiveTest(person, draft)).toBe(expected));

test.each([
  ['nothing in the way', {}, null],
  ['not entitled', { entitled: false }, 'test-send.not-entitled'],
  ['no number', { phone: null }, 'test-send.no-phone'],
  ['opted out', { suppressed: true }, 'test-send.suppressed'],
  ['a stopped account', { accountStopped: true }, 'test-send.account-stopped'],
  ['the fifth of the hour', { ofDraft: testLimits.perDraft - 1 }, null],
  ['the sixth of the hour', { ofDraft: testLimits.perDraft }, 'test-send.draft-limit'],
  ['the third of the day', { ofPhone: testLimits.perPhone - 1 }, null],
  ['the fourth of the day', { ofPhone: testLimits.perPhone }, 'test-send.phone-limit'],
  ['a notice at 21:00', { now: new Date('2026-11-20T13:00:00Z') }, null],
  [
    'marketing at 21:00',
    { kind: 'marketing' as const, now: new Date('2026-11-20T13:00:00Z') },
    'test-send.outside-hours',
  ],
  ['a notice at 07:59', { now: new Date('2026-11-19T23:59:00Z') }, 'test-send.outside-hours'],
])('%s: %o gives %s', (_, over, expected) => expect(testRefusalFor({ ...given, ...over })).toBe(expected));

test.each([
  [['08:00', '20:00'], '2026-11-20T00:00:00Z', true],
  [['08:00', '20:00'], '2026-11-20T11:59:59Z', true],
  [['08:00', '20:00'], '2026-11-20T12:00:00Z', false],
  [['00:00', '24:00'], '2026-11-20T15:59:59Z', true],
  [['00:00', '00:00'], '2026-11-20T16:00:00Z', false],
] as const)('of %o, %s is inside: %s', (hours, now, expected) =>
  expect(withinHours(hours, new Date(now))).toBe(expected),
);

test('a test message’s out id is never taken for a campaign’s', () => {
  expect(parseOutId(formatTestOutId('01980000-0000-7000-8000-000000000000'))).toBeNull();
});

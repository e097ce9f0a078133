import { expect, test } from 'vitest';
import {
  capsFor,
  defaultContactPolicy,
  faultsOfPolicy,
  hoursFor,
  type ContactPolicy,
} from '../../../src/contact/policy.rule.ts';

const policy = (change: Partial<ContactPolicy>): ContactPolicy => ({ ...defaultContactPolicy, ...change });
const { caps, hours } = defaultContactPolicy;

test('the usual policy may be set', () => {
  expect(faultsOfPolicy(defaultContactPolicy)).toEqual([]);
});

test.each<[string, ContactPolicy, string, string]>([
  [
    'hours that end before they begin',
    policy({ hours: { ...hours, care: { ...hours.care, call: { working: ['18:00', '09:00'], rest: null } } } }),
    'hours.care.call.working',
    'policy.hours-order',
  ],
  [
    'calls without hours',
    policy({ hours: { ...hours, care: { ...hours.care, call: null } } }),
    'hours.care.call',
    'policy.hours-missing',
  ],
  [
    'repayment calls after 22:00',
    policy({
      hours: { ...hours, repayment: { ...hours.repayment, call: { working: ['09:00', '22:30'], rest: null } } },
    }),
    'hours.repayment.call.working',
    'policy.repayment-hours',
  ],
  [
    'four calls a day about a repayment',
    policy({ caps: { ...caps, repayment: { ...caps.repayment, callsADay: 4 } } }),
    'caps.repayment.callsADay',
    'policy.repayment-calls',
  ],
  [
    'calls about a repayment without a limit',
    policy({ caps: { ...caps, repayment: { ...caps.repayment, callsADay: null } } }),
    'caps.repayment.callsADay',
    'policy.repayment-calls',
  ],
])('%s are refused', (_, wanted, field, code) => {
  expect(faultsOfPolicy(wanted)).toEqual([{ field, code }]);
});

test('a contact keeps the caps of its purpose, those in total, and the carrier’s', () => {
  expect(capsFor(defaultContactPolicy, 'repayment', 'call')).toEqual([
    { of: 'repayment', days: 1, max: 4, channel: null },
    { of: 'repayment', days: 1, max: 3, channel: 'call' },
    { of: 'total', days: 1, max: 12, channel: null },
  ]);
  expect(capsFor(defaultContactPolicy, 'marketing', 'sms')).toEqual([
    { of: 'marketing', days: 7, max: 2, channel: null },
    { of: 'total', days: 1, max: 12, channel: null },
    { of: 'gateway', days: 1, max: 50, channel: 'sms' },
  ]);
});

test('texts go out when house and account are open; about a repayment only by the law’s hours', () => {
  const account = { working: ['00:00', '24:00'], rest: ['00:00', '24:00'] } as const;
  const sender = { working: [...account.working], rest: [...account.rest] } as NonNullable<
    Parameters<typeof hoursFor>[3]
  >;
  expect(hoursFor(defaultContactPolicy, 'marketing', 'sms', sender)).toEqual([sender]);
  expect(hoursFor(defaultContactPolicy, 'marketing', 'call', sender)).toEqual([hours.marketing.call]);
  expect(hoursFor(defaultContactPolicy, 'repayment', 'sms', sender)).toEqual([
    sender,
    { working: ['08:00', '22:00'], rest: ['08:00', '22:00'] },
  ]);
});

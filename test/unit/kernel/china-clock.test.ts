import { expect, test } from 'vitest';
import { parseChinaTime, secondsToNextChina } from '../../../src/kernel/china-clock.rule.ts';
import { fromGatewayPhone, toGatewayPhone } from '../../../src/sms/aliyun/phone.ts';

test.each([
  ['minute', '2026-11-30T02:20:30.400Z', 30],
  ['minute', '2026-11-30T02:20:00.000Z', 60],
  ['minute', '2026-11-30T02:20:59.999Z', 1],
  ['hour', '2026-11-30T02:20:00Z', 2_400],
  ['day', '2026-11-30T15:59:59Z', 1],
  ['day', '2026-11-30T16:00:00Z', 86_400],
  ['month', '2026-11-30T15:59:58Z', 2],
  ['month', '2026-11-30T16:00:00Z', 31 * 86_400],
  ['month', '2026-12-31T15:59:59Z', 1],
  ['month', '2028-01-31T16:00:00Z', 29 * 86_400],
] as const)('the next %s in China after %s begins in %i s', (unit, now, seconds) => {
  expect(secondsToNextChina(unit, new Date(now))).toBe(seconds);
});

test.each([
  ['2026-12-01 00:00:00', '2026-11-30T16:00:00.000Z'],
  [' 2026-12-01T00:00:00 ', '2026-11-30T16:00:00.000Z'],
  ['2028-02-29 08:00:00', '2028-02-29T00:00:00.000Z'],
])('%j in China is %s', (text, utc) => {
  expect(parseChinaTime(text)?.toISOString()).toBe(utc);
});

test.each(['2026-02-29 08:00:00', '2026-13-01 00:00:00', '2026-12-01 24:00:00', '2026-12-01', '', null, 0, {}])(
  '%j is no time',
  (text) => {
    expect(parseChinaTime(text)).toBeNull();
  },
);

test.each([
  ['+8613800138000', '13800138000'],
  ['+85261234567', '85261234567'],
  ['+12025550123', '12025550123'],
])('%s is %s to the gateway, and back', (e164, gateway) => {
  expect(toGatewayPhone(e164)).toBe(gateway);
  expect(fromGatewayPhone(gateway)).toBe(e164);
});

test.each(['13800138000', '+86138001380', '+8612345678901', '+861012345678', '+0123456789', '+86 13800138000', '+'])(
  '%j cannot be sent to',
  (phone) => {
    expect(toGatewayPhone(phone)).toBeNull();
  },
);

import { expect, test } from 'vitest';
import { sendSms } from '../../../sandbox/send.ts';
import { SIGN, worldAt } from './sandbox-kit.ts';

const START = Date.parse('2026-11-22T04:00:30Z');
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const many = (count: number) => Array.from({ length: count }, () => '13900000001').join(',');

function sender(templateCode: string, extra = {}) {
  const clock = { now: START };
  const world = worldAt(clock, extra);
  const send = (at: number, fields: Record<string, string> = {}) => {
    clock.now = at;
    const base = {
      PhoneNumbers: '13900000001',
      SignName: SIGN,
      TemplateCode: templateCode,
      TemplateParam: '{"name":"1"}',
    };
    const { code, message } = sendSms(world, new Map(Object.entries({ ...base, ...fields })));
    return code === 'OK' ? 'OK' : message;
  };
  return { send, world };
}

test('a code goes out once in a clock minute, not once in sixty seconds', () => {
  const { send } = sender('SMS_CODE');
  expect(send(START)).toBe('OK');
  expect(send(START + 29_000)).toBe('触发分钟级流控Permits:1');
  expect(send(START + 30_000)).toBe('OK');
});

test('a code goes out five times in a clock hour and ten times in 24 hours from the first', () => {
  const { send } = sender('SMS_CODE');
  for (let count = 0; count < 5; count++) expect(send(START + count * MINUTE)).toBe('OK');
  expect(send(START + 6 * MINUTE)).toBe('触发小时级流控Permits:5');
  for (let count = 0; count < 5; count++) expect(send(START + HOUR + count * MINUTE)).toBe('OK');
  expect(send(START + 5 * HOUR)).toBe('触发天级流控Permits:10');
  expect(send(START + 24 * HOUR - 1)).toBe('触发天级流控Permits:10');
  expect(send(START + 24 * HOUR)).toBe('OK');
});

test('codes of different templates share the ceiling of their signature; another signature and a notice do not', () => {
  const { send, world } = sender('SMS_CODE');
  world.registry.putTemplate({ code: 'SMS_CODE2', name: '', content: '${name}', type: 'code', state: 1 });
  expect(send(START)).toBe('OK');
  expect(send(START, { TemplateCode: 'SMS_CODE2' })).toBe('触发分钟级流控Permits:1');
  expect(send(START, { SignName: '另一签名' })).toBe('OK');
  expect(send(START, { TemplateCode: 'SMS_NOTICE' })).toBe('OK');
});

test('notices count fifty a day for each signature and template, also within one call', () => {
  const { send, world } = sender('SMS_NOTICE');
  expect(send(START, { PhoneNumbers: many(51) })).toBe('触发天级流控Permits:50');
  expect(world.ledger.size).toBe(0);
  expect(send(START, { PhoneNumbers: many(50) })).toBe('OK');
  expect(send(START + HOUR)).toBe('触发天级流控Permits:50');
  expect(send(START + HOUR, { TemplateCode: 'SMS_PROMO' })).toBe('OK');
  expect(send(START + HOUR, { PhoneNumbers: '13900000002' })).toBe('OK');
});

test('numbers on the white list and a scenario without flow control know no ceiling', () => {
  const listed = sender('SMS_CODE', { flowControl: { whiteList: ['13900000001'] } });
  const off = sender('SMS_CODE', { flowControl: null });
  for (let count = 0; count < 12; count++) {
    expect(listed.send(START)).toBe('OK');
    expect(off.send(START)).toBe('OK');
  }
});

import { expect, test } from 'vitest';
import { dialNumber, endpointOf, trunkOf } from '../../../../src/voice/asterisk/settings.rule.ts';

test.each([
  ['+8613800000000', 'national', '13800000000'],
  ['+861062345678', 'national', '01062345678'],
  ['+864001234567', 'national', '4001234567'],
  ['+85261234567', 'national', '0085261234567'],
  ['+8613800000000', 'digits', '8613800000000'],
  ['+8613800000000', 'e164', '+8613800000000'],
] as const)('%s is dialled %s as %s', (phone, style, expected) => {
  expect(dialNumber(phone, style)).toBe(expected);
});

test('the number stands where the dial string has its place', () => {
  const settings = { dialString: 'PJSIP/9{number}@carrier-2', numberStyle: 'national' } as const;
  expect(endpointOf(settings, '+8613800000000')).toBe('PJSIP/913800000000@carrier-2');
});

test.each([
  ['PJSIP/{number}@carrier', 'PJSIP/carrier'],
  ['Local/{number}@out/n', 'Local/out'],
  ['PJSIP/carrier/sip:{number}@192.0.2.1', null],
])('the trunk of %s is %s', (dialString, trunk) => {
  expect(trunkOf(dialString)).toBe(trunk);
});

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { maskPhone } from '../../../src/kernel/phone-mask.rule.ts';

test('a mainland number keeps its range and last four digits', () => {
  expect(maskPhone('+8613800138000')).toBe('138****8000');
});

test.each([
  ['+85251234567', '****67'],
  ['13800138000', '****00'],
  ['12345', '****'],
  ['', '****'],
])('%s shows at most its last two digits', (phone, masked) => {
  expect(maskPhone(phone)).toBe(masked);
});

test('no input shows through whole', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, maxLength: 20 }), (phone) => {
      const shown = maskPhone(phone).replaceAll('*', '');
      expect(shown.length).toBeLessThanOrEqual(phone.length / 2);
    }),
  );
});

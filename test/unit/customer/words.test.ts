import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { keptOf } from '../../../src/customer/search.command.ts';
import { readNumbers } from '../../../src/contact/suppression-list.command.ts';

test.each([
  ['8812', { tail: '8812' }],
  ['８８１２', { tail: '8812' }],
  ['王 8812', { name: '王', tail: '8812' }],
  ['欧阳 小明  8812', { name: '欧阳 小明', tail: '8812' }],
  ['王', { name: '王' }],
  ['王8812', { name: '王8812' }],
  ['88123', { name: '88123' }],
  ['王 88123', { name: '王 88123' }],
])('%s is read as %o', (words, kept) => {
  expect(keptOf(words)).toEqual(kept);
});

test('numbers come out sorted and once each, whatever stands between them', () => {
  const national = fc.integer({ min: 0, max: 99_999_999 }).map((n) => `138${String(n).padStart(8, '0')}`);
  const between = fc.constantFrom('\n', '\r\n', ',', '，', ';', '；', '、', '\t', '\n\n', ' , ');
  fc.assert(
    fc.property(fc.array(fc.tuple(national, between), { minLength: 1, maxLength: 60 }), (parts) => {
      const { phones, faults } = readNumbers(parts.map((part) => part.join('')).join(''));
      const wanted = [...new Set(parts.map(([number]) => `+86${number}`))].sort();
      expect(phones).toEqual(wanted);
      expect(faults).toHaveLength(parts.length - wanted.length);
      expect(faults.every(({ reason }) => reason === 'duplicate')).toBe(true);
    }),
  );
});

test('a bad number is told with its line, and never whole', () => {
  const { phones, faults } = readNumbers('13800138000\n\n021-12345678\n1380013800\n+1 202 555 0123');
  expect(phones).toEqual(['+8613800138000']);
  expect(faults.map(({ line }) => line)).toEqual([3, 4, 5]);
  expect(JSON.stringify(faults)).not.toMatch(/\d{5}/);
});

test('the thousand and first number is refused', () => {
  const text = Array.from({ length: 1_001 }, (_, n) => `138${String(n).padStart(8, '0')}`);
  expect(readNumbers(text.slice(1).join('\n')).phones).toHaveLength(1_000);
  expect(() => readNumbers(text.join('\n'))).toThrow(expect.objectContaining({ code: 'suppression.too-many-numbers' }));
});

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { countSegments } from '../../../src/sms/segment.rule.ts';

test.each([
  ['70 units with the signature', 66, 70, 1],
  ['71 units', 67, 71, 2],
  ['134 units', 130, 134, 2],
  ['135 units', 131, 135, 3],
  ['160 units', 156, 160, 3],
])('%s are billed as documented', (_, textLength, length, segments) => {
  expect(countSegments({ signName: '外呼', text: '字'.repeat(textLength) })).toEqual({
    length,
    segments,
    tooLong: false,
  });
});

test('a message is too long only past 500 units', () => {
  expect(countSegments({ signName: '外呼', text: '字'.repeat(496) }).tooLong).toBe(false);
  expect(countSegments({ signName: '外呼', text: '字'.repeat(497) }).tooLong).toBe(true);
});

test('an emoji counts as two units', () => {
  expect(countSegments({ signName: '外呼', text: '😀' }).length).toBe(6);
});

test('every message fits the segments it is billed for, and not one fewer', () => {
  const unit = fc.string({ unit: 'grapheme', maxLength: 300 });
  fc.assert(
    fc.property(unit, unit, (signName, text) => {
      const { length, segments } = countSegments({ signName, text });
      expect(length).toBe(`【${signName}】${text}`.length);
      expect(segments === 1 ? length <= 70 : length <= segments * 67).toBe(true);
      if (segments > 1) expect(length > Math.max(70, (segments - 1) * 67)).toBe(true);
    }),
  );
});

const segmentsOf = (length: number) => countSegments({ signName: '', text: 'x'.repeat(length) }).segments;

test('a longer text never costs less', () => {
  fc.assert(
    fc.property(fc.nat(700), fc.nat(50), (shorter, more) => {
      expect(segmentsOf(shorter + more)).toBeGreaterThanOrEqual(segmentsOf(shorter));
    }),
  );
});

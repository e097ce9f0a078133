import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { AppError } from '../../../src/kernel/app-error.rule.ts';
import { estimateCost } from '../../../src/sms/cost.rule.ts';

test.each([
  ['one segment at ¥0.045 rounds up to 5 fen', { 1: 1 }, 45, { segments: 1, costFen: 5 }],
  ['two segments are exactly 9 fen', { 2: 1 }, 45, { segments: 2, costFen: 9 }],
  ['segments are summed before rounding', { 1: 900, 2: 100 }, 45, { segments: 1100, costFen: 4950 }],
  ['nobody costs nothing', {}, 45, { segments: 0, costFen: 0 }],
])('%s', (_, recipientsBySegments, pricePerSegmentMilliYuan, expected) => {
  expect(estimateCost({ recipientsBySegments, pricePerSegmentMilliYuan })).toEqual(expected);
});

test.each([[-1], [0.5], [Number.NaN], [Number.POSITIVE_INFINITY], [2 ** 53]])(
  'a count of %s is refused',
  (recipients) => {
    expect(() => estimateCost({ recipientsBySegments: { 1: recipients }, pricePerSegmentMilliYuan: 45 })).toThrow(
      AppError,
    );
  },
);

test('a total beyond exact integers is refused rather than rounded', () => {
  const input = { recipientsBySegments: { 1: 2 ** 50 }, pricePerSegmentMilliYuan: 45 };
  expect(() => estimateCost(input)).toThrow(AppError);
});

test('the estimate is never below the bill and less than one fen above it', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.integer({ min: 1, max: 8 }).map(String), fc.nat(1_000_000)),
      fc.nat(500),
      (counts, price) => {
        const { segments, costFen } = estimateCost({ recipientsBySegments: counts, pricePerSegmentMilliYuan: price });
        expect(costFen * 10).toBeGreaterThanOrEqual(segments * price);
        expect(costFen * 10).toBeLessThan(segments * price + 10);
      },
    ),
  );
});

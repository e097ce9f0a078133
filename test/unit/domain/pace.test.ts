import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { AppError } from '../../../src/domain/app-error.ts';
import { fullBucket, takeTokens } from '../../../src/domain/pace.ts';

const rates = fc.record({
  perSecond: fc.double({ min: 0.01, max: 5000, noNaN: true }),
  burst: fc.integer({ min: 1, max: 1000 }),
});

test('an idle bucket grants its burst and no more', () => {
  const rate = { perSecond: 10, burst: 20 };
  expect(takeTokens(fullBucket(rate, 0), rate, 3_600_000, 50)).toEqual({
    granted: 20,
    bucket: { tokens: 0, updatedAt: 3_600_000 },
    waitMs: 2000,
  });
});

test('over any run of calls no more is granted than rate × time + burst', () => {
  const calls = fc.array(fc.tuple(fc.integer({ min: -2000, max: 5000 }), fc.nat(500)), { maxLength: 60 });
  fc.assert(
    fc.property(rates, calls, (rate, steps) => {
      let bucket = fullBucket(rate, 1_000_000);
      let now = 1_000_000;
      let latest = now;
      let total = 0;
      for (const [elapsed, wanted] of steps) {
        now += elapsed;
        latest = Math.max(latest, now);
        const answer = takeTokens(bucket, rate, now, wanted);
        expect(Number.isInteger(answer.granted) && answer.granted >= 0 && answer.granted <= wanted).toBe(true);
        expect(answer.bucket.tokens).toBeLessThanOrEqual(rate.burst);
        total += answer.granted;
        bucket = answer.bucket;
        expect(total).toBeLessThanOrEqual(((latest - 1_000_000) / 1000) * rate.perSecond + rate.burst + 1e-3);
      }
    }),
  );
});

test('waiting as told brings what was missing, and two milliseconds less do not', () => {
  fc.assert(
    fc.property(rates, fc.nat(2000), (rate, wanted) => {
      const empty = takeTokens(fullBucket(rate, 0), rate, 0, rate.burst).bucket;
      const first = takeTokens(empty, rate, 0, wanted);
      const missing = Math.min(wanted - first.granted, rate.burst);
      expect(takeTokens(first.bucket, rate, first.waitMs, missing).granted).toBe(missing);
      expect(first.waitMs > 0).toBe(missing > 0);
      if (missing > 0) {
        expect(takeTokens(first.bucket, rate, first.waitMs - 2, missing).granted).toBeLessThan(missing);
      }
    }),
  );
});

test('a clock that steps back earns nothing, and the wait covers the step', () => {
  const rate = { perSecond: 10, burst: 10 };
  const empty = { tokens: 0, updatedAt: 10_000 };
  const answer = takeTokens(empty, rate, 4000, 1);
  expect(answer).toEqual({ granted: 0, bucket: empty, waitMs: 6100 });
  expect(takeTokens(answer.bucket, rate, 4000 + 6100, 1).granted).toBe(1);
});

test('a burst made smaller takes effect at once', () => {
  expect(takeTokens({ tokens: 100, updatedAt: 0 }, { perSecond: 1, burst: 5 }, 0, 100).granted).toBe(5);
});

test.each([
  [{ perSecond: 0, burst: 1 }, 1],
  [{ perSecond: Number.NaN, burst: 1 }, 1],
  [{ perSecond: 1, burst: 0.5 }, 1],
  [{ perSecond: 1, burst: 1 }, -1],
  [{ perSecond: 1, burst: 1 }, 1.5],
])('rate %j with %s wanted is refused', (rate, wanted) => {
  expect(() => takeTokens({ tokens: 0, updatedAt: 0 }, rate, 0, wanted)).toThrow(AppError);
});

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { AppError } from '../../../src/kernel/app-error.rule.ts';
import {
  fullBucket,
  grantMs,
  knowing,
  renewPace,
  takePace,
  takeTokens,
  type Pace,
  type Spent,
} from '../../../src/sms/pace.rule.ts';

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

type Step = { wait: number; wanted: number; late: number; stall: number; validMs: number; used: number };
/** Workers that claim from one account in simulated time, are late with their calls, renew what has lapsed, and say when all had begun. */
function simulate(perSecond: number, steps: readonly Step[]): number[] {
  let pace: Pace = { tokens: perSecond, updatedAt: 0, recent: [] };
  let now = 0;
  let spent: Spent | null = null;
  const calls: number[] = [];
  for (const { wait, wanted, late, stall, validMs, used } of steps) {
    now += wait;
    const claimed = takePace(knowing(pace, spent), perSecond, now, wanted, validMs);
    pace = claimed.pace;
    const inTime = Math.min(claimed.granted, late);
    for (let call = 0; call < inTime; call += 1)
      calls.push(now + Math.floor((call / inTime) * Math.min(used, validMs)));
    let [from, lapsed, left] = [now, claimed.granted - inTime, claimed.granted - inTime];
    spent = left === 0 && claimed.granted > 0 ? { at: now, validMs: used } : null;
    for (let tries = 0; left > 0 && tries < 20; tries += 1) {
      now += stall + validMs;
      const renewed = renewPace(pace, perSecond, now, { from, lapsed, wanted: left, validMs });
      pace = renewed.pace;
      for (let call = 0; call < renewed.granted; call += 1) calls.push(now + ((call * 7) % validMs));
      [from, lapsed, left] = [now, 0, left - renewed.granted];
      now += Math.min(renewed.waitMs, 500);
    }
  }
  return calls.toSorted((a, b) => a - b);
}

test('no second has more calls than the rate, whoever claims, is late and renews', () => {
  const step = fc.record({
    wait: fc.integer({ min: 0, max: 300 }),
    wanted: fc.integer({ min: 1, max: 400 }),
    late: fc.integer({ min: 0, max: 200 }),
    stall: fc.integer({ min: 0, max: 2_000 }),
    validMs: fc.integer({ min: grantMs, max: 1_000 }),
    used: fc.nat(1_200),
  });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 300 }), fc.array(step, { maxLength: 40 }), (perSecond, steps) => {
      const calls = simulate(perSecond, steps);
      for (let first = 0; first + perSecond < calls.length; first += 1)
        expect((calls[first + perSecond] ?? 0) - (calls[first] ?? 0)).toBeGreaterThanOrEqual(1_000);
    }),
    { seed: 20_261_127, numRuns: 1_000 },
  );
});

test('whoever waits as told, and is a little late each time, gets 95 % of the rate, spread over the second', () => {
  let pace: Pace = { tokens: 0, updatedAt: 0, recent: [] };
  const calls: number[] = [];
  for (let now = 0; now < 60_000;) {
    const asked = takePace(pace, 60, now, 250);
    // A claim takes a tenth of a second's worth or waits.
    if (asked.granted < 6) now += Math.max(20, Math.min(asked.waitMs, 1_000)) + 5;
    else {
      pace = asked.pace;
      for (let call = 0; call < asked.granted; call += 1) calls.push(now);
      now += 3;
    }
  }
  expect(calls.length / 60).toBeGreaterThan(57);
  for (let from = 1_000; from < 58_000; from += 500)
    expect(calls.filter((at) => at >= from && at < from + 500).length).toBeGreaterThan(20);
});

test.each([1, 2, 10, 60, 200])(
  'at %d a second, whoever says how long the calls took gets 97 % of the rate',
  (perSecond) => {
    const seconds = 300;
    const least = Math.ceil(perSecond / 10);
    let pace: Pace = { tokens: 0, updatedAt: 0, recent: [] };
    let spent: Spent | null = null;
    let calls = 0;
    for (let now = 0; now < seconds * 1_000;) {
      const asked = takePace(knowing(pace, spent), perSecond, now, 250, 90);
      if (asked.granted < least) {
        const { waitMs } = takePace(knowing(pace, spent), perSecond, now, least, 90);
        now += Math.max(5, Math.min(waitMs, 1_000)) + 5;
        continue;
      }
      pace = asked.pace;
      calls += asked.granted;
      spent = { at: now, validMs: 15 };
      now += 8;
    }
    expect(calls / seconds).toBeGreaterThan(perSecond * 0.97);
    expect(calls / seconds).toBeLessThanOrEqual(perSecond);
  },
);

test('a grant is never believed to be good for longer than it was given for', () => {
  const { pace } = takePace({ tokens: 10, updatedAt: 0, recent: [] }, 10, 0, 2, 40);
  expect(knowing(pace, { at: 0, validMs: 500 }).recent).toEqual([[0, 2, 40]]);
  expect(knowing(pace, { at: 7, validMs: 1 }).recent).toEqual([[0, 2, 40]]);
  expect(knowing(pace, { at: 0, validMs: 12 }).recent).toEqual([[0, 2, 12]]);
});

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { AppError } from '../../../src/kernel/app-error.rule.ts';
import {
  fullBucket,
  grantMs,
  knowing,
  lapsing,
  portionOf,
  takeLeaveOf,
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

type Asker = {
  campaign: number;
  wait: number;
  wanted: number;
  ahead: number;
  validMs: number;
  used: number;
  begun: number;
};
type Call = { at: number; campaign: number };
const idle: Pace = { tokens: 0, updatedAt: 0, recent: [] };

/** Spans of several campaigns that share an account: they ask ahead and at once, begin some of their calls late, and let the others lapse or give them back. */
function simulate(accountRate: number, signed: readonly number[], steps: readonly Asker[]): Call[] {
  const campaigns = signed.map((): Pace => ({ ...idle, tokens: 3 }));
  const said = signed.map((): Spent | null => null);
  let account: Pace = { ...idle, tokens: accountRate };
  let now = 0;
  const calls: Call[] = [];
  for (const { wait, wanted, ahead, validMs, used, begun, ...step } of steps) {
    now += wait;
    const campaign = step.campaign % signed.length;
    const perSecond = signed[campaign] ?? 1;
    const spent = said[campaign] ?? null;
    const ask = (paces: readonly Pace[], isPaid: boolean, count: number) => {
      const [one = idle, other = idle] = paces;
      const given = takeLeaveOf(
        [
          { pace: one, perSecond: accountRate },
          { pace: other, perSecond },
        ],
        now,
        { wanted: count, aheadMs: ahead, paid: isPaid ? { least: 1 } : undefined, validFor: () => validMs },
      );
      [account = idle, campaigns[campaign] = idle] = given.paces;
      return given;
    };
    const first = ask([knowing(account, spent), knowing(campaigns[campaign] ?? idle, spent)], false, wanted);
    said[campaign] = null;
    const inTime = Math.min(begun, first.granted);
    for (let call = 0; call < inTime; call += 1)
      calls.push({ at: first.at + Math.floor((call / inTime) * Math.min(used, validMs)), campaign });
    const left = first.granted - inTime;
    if (left === 0 || used % 2 === 0) {
      if (first.granted > 0) said[campaign] = { at: first.at, validMs: used, unused: left };
      continue;
    }
    const lapsed = { at: first.at, left };
    const again = ask([lapsing(account, lapsed), lapsing(campaigns[campaign] ?? idle, lapsed)], true, left);
    for (let call = 0; call < again.granted; call += 1) calls.push({ at: again.at + ((call * 7) % validMs), campaign });
  }
  return calls.toSorted((a, b) => a.at - b.at);
}

function expectWithin(calls: readonly Call[], perSecond: number): void {
  for (let first = 0; first + perSecond < calls.length; first += 1)
    expect((calls[first + perSecond]?.at ?? 0) - (calls[first]?.at ?? 0)).toBeGreaterThanOrEqual(1_000);
}

test('no second has more calls than the rate of the account or the campaign, whoever asks ahead, is late, gives back and renews', () => {
  const step = fc.record({
    campaign: fc.nat(3),
    wait: fc.integer({ min: 0, max: 300 }),
    wanted: fc.integer({ min: 1, max: 60 }),
    ahead: fc.integer({ min: 0, max: 400 }),
    validMs: fc.integer({ min: grantMs, max: 1_000 }),
    used: fc.nat(1_200),
    begun: fc.nat(60),
  });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 120 }),
      fc.array(fc.integer({ min: 1, max: 80 }), { minLength: 1, maxLength: 4 }),
      fc.array(step, { maxLength: 60 }),
      (accountRate, signed, steps) => {
        const calls = simulate(accountRate, signed, steps);
        expectWithin(calls, accountRate);
        signed.forEach((rate, campaign) =>
          expectWithin(
            calls.filter((call) => call.campaign === campaign),
            rate,
          ),
        );
      },
    ),
    { seed: 20_261_128, numRuns: 3_000 },
  );
});

test.each([1, 2, 3, 7, 10, 13, 47, 60, 200, 1_000])(
  'at %d a second, whoever asks a quarter of a second ahead gets 98 % of the rate, however late the claim, spread over the second',
  (perSecond) => {
    const seconds = 120;
    let pace = idle;
    let spent: Spent | null = null;
    const calls: number[] = [];
    for (let now = 0; now < seconds * 1_000;) {
      const asked = takeLeaveOf([{ pace: knowing(pace, spent), perSecond }], now, {
        wanted: portionOf(perSecond),
        aheadMs: 250,
        validFor: (ahead) => 40 + Math.max(0, 100 - ahead),
      });
      [pace = idle] = asked.paces;
      spent = null;
      if (asked.granted === 0) {
        now += Math.min(asked.waitMs, 1_000) + 12;
        continue;
      }
      for (let call = 0; call < asked.granted; call += 1) calls.push(asked.at);
      const began = Math.max(asked.at, now + 45) + 2;
      spent = { at: asked.at, validMs: Math.ceil(began - asked.at + 8) };
      now = began + 3;
    }
    const steady = calls.filter((at) => at >= 2_000);
    expect(steady.length / (seconds - 2)).toBeGreaterThan(perSecond * 0.98);
    expect(steady.length / (seconds - 2)).toBeLessThanOrEqual(perSecond * 1.001 + 0.02);
    if (perSecond < 20) return;
    for (let from = 2_000; from < 118_000; from += 500)
      expect(calls.filter((at) => at >= from && at < from + 500).length).toBeGreaterThan(perSecond * 0.35);
  },
);

test('where the account is the narrow one, its whole rate is used by those who share it', () => {
  const paces = [idle, idle, idle];
  let account = idle;
  let calls = 0;
  for (let now = 0; now < 60_000; now += 10) {
    const index = (now / 10) % 3;
    const given = takeLeaveOf(
      [
        { pace: account, perSecond: 60 },
        { pace: paces[index] ?? idle, perSecond: 50 },
      ],
      now,
      { wanted: 10, aheadMs: 250, validFor: () => 40 },
    );
    [account = idle, paces[index] = idle] = given.paces;
    if (given.granted > 0) {
      calls += given.granted;
      account = knowing(account, { at: given.at, validMs: 5 });
      paces[index] = knowing(paces[index] ?? idle, { at: given.at, validMs: 5 });
    }
  }
  expect(calls / 60).toBeGreaterThan(60 * 0.97);
  expect(calls / 60).toBeLessThanOrEqual(61);
});

test('a grant is never believed to be good for longer than it was given for, and what was not begun is given back', () => {
  const pace: Pace = { tokens: 1, updatedAt: 0, recent: [[0, 4, 40]] };
  expect(knowing(pace, { at: 0, validMs: 500 }).recent).toEqual([[0, 4, 40]]);
  expect(knowing(pace, { at: 7, validMs: 1 }).recent).toEqual([[0, 4, 40]]);
  expect(knowing(pace, { at: 0, validMs: 12, unused: 3 })).toEqual({ tokens: 4, updatedAt: 0, recent: [[0, 1, 12]] });
});

test('nothing is granted further ahead than asked, and whoever waits as told gets it', () => {
  const full = takeLeaveOf([{ pace: { ...idle, tokens: 2 }, perSecond: 2 }], 0, {
    wanted: 2,
    aheadMs: 0,
    validFor: () => 40,
  });
  const owners = [{ pace: full.paces[0] ?? idle, perSecond: 2 }];
  const ask = { wanted: 1, aheadMs: 250, validFor: () => 40 };
  const early = takeLeaveOf(owners, 100, ask);
  expect(early).toMatchObject({ granted: 0, paces: [owners[0]?.pace] });
  expect(takeLeaveOf(owners, 100 + early.waitMs, ask)).toMatchObject({ granted: 1, at: 1_040 });
});

test('what others have asked ahead for counts in the seconds before it, too', () => {
  const pace: Pace = { tokens: 2, updatedAt: 800, recent: [[1_000, 5, 40]] };
  const ask = { wanted: 1, aheadMs: 0, validFor: () => 40 };
  expect(takeLeaveOf([{ pace, perSecond: 6 }], 800, ask)).toMatchObject({ granted: 1, at: 800 });
  expect(takeLeaveOf([{ pace, perSecond: 5 }], 800, ask)).toMatchObject({ granted: 0 });
});

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { gapOf, narrowGap, type ClockGap } from '../../../src/sms/clock.rule.ts';

const answer = fc.record({
  restMs: fc.integer({ min: 0, max: 20_000 }),
  before: fc.double({ min: 0, max: 300, noNaN: true }),
  after: fc.double({ min: 0, max: 300, noNaN: true }),
});

test('however long answers take and however the clocks drift apart, what is known holds and never says less than the last answer', () => {
  fc.assert(
    fc.property(
      fc.array(answer, { minLength: 1, maxLength: 40 }),
      fc.double({ min: -0.000_5, max: 0.000_5, noNaN: true }),
      fc.double({ min: -1e6, max: 1e6, noNaN: true }),
      (answers, drift, ahead) => {
        let own = 0;
        let gap: ClockGap | null = null;
        for (const { restMs, before, after } of answers) {
          const askedAt = (own += restMs);
          own += before;
          const shown = own * (1 + drift) + ahead;
          own += after;
          const fresh = gapOf(shown, askedAt, own);
          gap = narrowGap(gap, fresh);
          const truth = own * drift + ahead;
          // What an answer shows is a moment old when it is here: by then the clocks have parted a little more.
          const slack = 0.000_5 * after + 1e-6;
          expect(gap.low - slack).toBeLessThanOrEqual(truth);
          expect(gap.high + slack).toBeGreaterThanOrEqual(truth);
          expect(gap.high - gap.low).toBeLessThanOrEqual(before + after + 1e-6);
        }
      },
    ),
  );
});

test('a clock that was set is believed from its next answer on', () => {
  const before = gapOf(1_000, 0, 4);
  expect(narrowGap(before, gapOf(1_900, 10, 30))).toEqual({ low: 1_870, high: 1_890, at: 30 });
  expect(narrowGap(before, gapOf(500, 10, 30))).toEqual({ low: 470, high: 490, at: 30 });
});

test('answers narrow each other', () => {
  expect(narrowGap(gapOf(1_000, 0, 100), gapOf(1_100, 70, 110))).toMatchObject({ low: 990, high: 1_000.005 });
});

test('a clock that was set by less than its answers take is believed anew after some seconds without a quick one', () => {
  let gap = gapOf(101, 0, 2);
  for (let at = 1_000; at <= 8_000; at += 1_000) {
    const fresh = gapOf(at + 500, at, at + 500);
    gap = narrowGap(gap, fresh);
    const isOld = at > 4_600;
    expect(gap.high - gap.low > 400).toBe(isOld);
  }
});

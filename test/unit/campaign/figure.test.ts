import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  daysOf,
  delayAt,
  delayBars,
  ledgerParts,
  mergePoints,
  partsOf,
  recentRate,
  statesOfPart,
  stepFor,
  type DelayCount,
  type SpeedPoint,
} from '../../../src/campaign/figure.rule.ts';
import { messageStates, type MessageState } from '../../../src/contact/message-state.rule.ts';

const anyCounts = fc.record(
  Object.fromEntries(messageStates.map((state) => [state, fc.nat({ max: 1_000_000 })])) as Record<
    MessageState,
    fc.Arbitrary<number>
  >,
);

const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0);

describe('the parts of a ledger', () => {
  test('hold everybody once, whatever the counts', () => {
    fc.assert(
      fc.property(anyCounts, (counts) => {
        expect(sum(Object.values(partsOf(counts)))).toBe(sum(Object.values(counts)));
      }),
    );
  });

  test('are made of states, each in exactly one part', () => {
    expect(ledgerParts.flatMap(statesOfPart).toSorted()).toEqual([...messageStates].toSorted());
  });
});

describe('points of the speed chart', () => {
  test('never exceed the chart, and divide the days of China', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 90 * 86_400 }), (seconds) => {
        const step = stepFor(seconds);
        expect(seconds / step).toBeLessThanOrEqual(360);
        expect((16 * 3_600) % step).toBe(0);
      }),
    );
  });

  test('of a look at the newest rows replace what was known of them and nothing older', () => {
    const known: SpeedPoint[] = [
      [0, 5, 0, 0],
      [15, 3, 1, 0],
    ];
    expect(mergePoints(known, [[15, 7, 4, 1]], 15)).toEqual([
      [0, 5, 0, 0],
      [15, 7, 4, 1],
    ]);
  });

  test('are summed by the days of Beijing, not of Greenwich', () => {
    const beforeMidnight = Date.parse('2026-09-28T15:59:00Z') / 1_000;
    const days = daysOf([
      [beforeMidnight, 1, 0, 0],
      [beforeMidnight + 60, 2, 1, 1],
    ]);
    expect(days).toEqual({
      '2026-09-28': { submitted: 1, delivered: 0, failed: 0 },
      '2026-09-29': { submitted: 2, delivered: 1, failed: 1 },
    });
  });

  test('give the rate of finished buckets only', () => {
    expect(
      recentRate(
        [
          [90, 50, 0, 0],
          [95, 50, 0, 0],
          [100, 3, 0, 0],
        ],
        5,
        101,
        10,
      ),
    ).toBe(10);
    expect(recentRate([[0, 900, 0, 0]], 900, 901, 10)).toBeNull();
  });
});

describe('delays', () => {
  const delays: DelayCount[] = [
    [600, 1],
    [10, 5],
    [19, 3],
    [3_600, 1],
  ];

  test('fall into the bar whose bound they have reached', () => {
    expect(delayBars(delays)).toEqual([8, 0, 0, 0, 0, 1, 1]);
  });

  test('have the middle and the tail that counting one by one gives', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 6_000 }), { minLength: 1, maxLength: 60 }), (tenths) => {
        const sorted = tenths.toSorted((a, b) => a - b);
        const counted = tenths.map((each): DelayCount => [each, 1]);
        expect(delayAt(counted, 0.5)).toBe((sorted[Math.ceil(tenths.length / 2) - 1] ?? 0) / 10);
      }),
    );
    expect(delayAt([], 0.5)).toBeNull();
  });
});

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { turnsFor, type Waiting } from '../../../src/campaign/turn.rule.ts';

const waiting = (change: Partial<Waiting> = {}): Waiting => ({
  pending: 10_000,
  perSecond: 100,
  leftMs: null,
  senders: 1,
  ...change,
});

test.each([
  [0.5, 1, 1],
  [2, 1, 1],
  [99, 1, 1],
  [100, 1, 2],
  [101, 1, 3],
  [350, 1, 4],
  [5_000, 1, 4],
  [5_000, 3, 12],
  [350, 3, 5],
  [5_000, 0, 4],
])('%d messages a second with %d sender processes take %d places at once', (perSecond, senders, lanes) => {
  expect(turnsFor(waiting({ perSecond, senders })).lanes).toBe(lanes);
});

test.each<[string, Partial<Waiting>, number]>([
  ['a handful', { pending: 5 }, 2],
  ['a thousand', { pending: 1_000 }, 2],
  ['ten thousand with days to go', {}, 3],
  ['ten thousand that take all of the time left', { leftMs: 100_000 }, 2],
  ['ten thousand that take little of the time left', { leftMs: 300_000 }, 3],
  ['more than the time left allows', { leftMs: 1_000 }, 2],
  ['half a million with days to go', { pending: 500_000 }, 4],
  ['half a million that are due today', { pending: 500_000, leftMs: 6_000_000 }, 2],
])('%s: priority', (_, change, priority) => {
  expect(turnsFor(waiting(change)).priority).toBe(priority);
});

test('whatever waits, a campaign has a place and never more than all senders have use for', () => {
  fc.assert(
    fc.property(
      fc.nat(1_000_000),
      fc.double({ min: 0.1, max: 1e6, noNaN: true }),
      fc.option(fc.nat(1e9)),
      fc.nat(64),
      (pending, perSecond, leftMs, senders) => {
        const { lanes } = turnsFor({ pending, perSecond, leftMs, senders });
        expect(lanes).toBeGreaterThanOrEqual(1);
        expect(lanes).toBeLessThanOrEqual(4 * Math.max(1, senders));
      },
    ),
  );
});

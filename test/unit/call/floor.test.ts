import { assert, integer, nat, property } from 'fast-check';
import { expect, test } from 'vitest';
import { callsAffordable, isLong, isOverCap, nearestOf } from '../../../src/call/floor/floor.rule.ts';
import { watchOf } from '../../../src/call/desk/watch.ts';

test.each([
  [0, 0, 0.03, 0, false],
  [33, 0, 0.03, 0, false],
  [34, 0, 0.03, 1, false],
  [100, 3, 0.03, 0, false],
  [100, 4, 0.03, 0, true],
  [1_000, 10, 0.03, 20, false],
  [10, 1, 0, 0, true],
])('of %i answers %i met nobody, cap %f: %i more may, over: %s', (answered, abandoned, cap, more, over) => {
  expect(callsAffordable({ answered, abandoned }, cap)).toBe(more);
  expect(isOverCap({ answered, abandoned }, cap)).toBe(over);
});

test('as many as may still be abandoned keep the cap, and one more breaks it', () => {
  assert(
    property(nat(10_000), nat(10_000), integer({ min: 0, max: 100 }), (answered, abandoned, perMille) => {
      const cap = perMille / 1_000;
      const more = callsAffordable({ answered, abandoned }, cap);
      if (isOverCap({ answered, abandoned }, cap)) expect(more).toBe(0);
      else {
        expect(isOverCap({ answered, abandoned: abandoned + more }, cap)).toBe(false);
        expect(isOverCap({ answered, abandoned: abandoned + more + 1 }, cap)).toBe(true);
      }
    }),
  );
});

test.each([
  ['wrap-up', 90, false],
  ['wrap-up', 91, true],
  ['busy', 901, true],
  ['away', 100_000, false],
] as const)('%s for %i s is long: %s', (state, seconds, expected) => {
  expect(isLong(state, seconds)).toBe(expected);
});

test('the earlier of a promise and a clock counts', () => {
  const [early, late] = [new Date(1), new Date(2)];
  expect(nearestOf({ promisedAt: late, dueAt: early })).toBe(early);
  expect(nearestOf({ promisedAt: early, dueAt: null })).toBe(early);
  expect(nearestOf({ promisedAt: null, dueAt: null })).toBeNull();
});

test.each([
  [0, '0:00'],
  [65, '1:05'],
  [3_661, '1:01:01'],
])('%i s are %s on a watch', (seconds, text) => {
  expect(watchOf(seconds)).toBe(text);
});

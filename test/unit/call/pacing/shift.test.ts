import { expect, test } from 'vitest';
import { ours } from '../../../../bench/pacing/pacers.ts';
import { simulate } from '../../../../bench/pacing/simulator.ts';

// A seed that the rule was not tuned on. The bench shows many: docs/benchmarks.md.
test('twenty agents of scenario A talk for 70 % of a shift, and at most 3 % of those who answer meet nobody', () => {
  const shift = simulate({ scenario: 'A', agents: 20, seed: 901 }, ours('predictive'));
  expect(shift.abandonedShare).toBeLessThanOrEqual(0.03);
  expect(shift.talkShare).toBeGreaterThanOrEqual(0.7);
});

const shortShift = (seed: number) => simulate({ scenario: 'A', agents: 5, seed, hours: 1 }, ours('predictive'));

test('the same seed gives the same shift, another seed another', () => {
  expect(shortShift(7)).toEqual(shortShift(7));
  expect(shortShift(8)).not.toEqual(shortShift(7));
});

test('progressive pacing abandons nobody', () => {
  const shift = simulate({ scenario: 'C', agents: 5, seed: 901, hours: 2 }, ours('progressive'));
  expect(shift).toMatchObject({ abandoned: 0 });
  expect(shift.answered).toBeGreaterThan(0);
});

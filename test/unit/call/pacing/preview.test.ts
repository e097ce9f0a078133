import { expect, test } from 'vitest';
import { previewLeft } from '../../../../src/call/pacing/preview.rule.ts';

const seconds = { byTier: { diamond: 60, gold: 30 }, other: 15 };

test.each([
  ['diamond', 0, 60_000],
  ['diamond', 45_000, 15_000],
  ['gold', 30_000, 0],
  ['gold', 90_000, 0],
  ['a tier without a time of its own', 5_000, 10_000],
  [null, 5_000, 10_000],
])('a customer of tier %s, shown %i ms ago, is dialled in %i ms', (tier, ago, left) => {
  expect(previewLeft({ tier, shownAt: 1_000_000 - ago }, 1_000_000, seconds)).toBe(left);
});

test('nobody has set a time: 20 seconds for everyone', () => {
  expect(previewLeft({ tier: 'diamond', shownAt: 1_000_000 }, 1_000_000)).toBe(20_000);
});

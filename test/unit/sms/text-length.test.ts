import { expect, test } from 'vitest';
import { samplesOf, tallyLength, type LengthTally } from '../../../src/sms/text-length.rule.ts';

const samples = (...lengths: number[]) => {
  const tally: LengthTally = new Map();
  for (const [index, length] of lengths.entries()) tallyLength(tally, length, index + 1);
  return samplesOf(tally);
};

test.each([
  ['one', [50], [1, 1, 1]],
  ['the first of equals', [50, 50, 40, 40, 60], [3, 1, 5]],
  ['the longer of equally frequent ones is usual', [40, 50], [1, 2, 2]],
  ['all alike', [7, 7, 7], [1, 1, 1]],
])('finds the shortest, usual and longest: %s', (_, lengths, [shortest, usual, longest]) => {
  expect(samples(...lengths)).toMatchObject({
    shortest: { seq: shortest },
    usual: { seq: usual },
    longest: { seq: longest },
  });
});

test('nobody has no samples', () => {
  expect(samples()).toBeNull();
});

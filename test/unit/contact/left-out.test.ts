import { expect, test } from 'vitest';
import { isManyLeftOut, leftOutOf } from '../../../src/contact/left-out.rule.ts';

test.each([
  [10_102, 74, 20, 99, true],
  [100, 80, 20, 20, false],
  [100, 79, 20, 21, true],
  [1_000, 799, 20, 20, true],
  [5, 5, 0, 0, false],
  [5, 4, 0, 20, true],
  [0, 0, 20, 0, false],
  [100, 0, 100, 100, false],
])('of %i candidates %i remain, the house says %i %%: %i %%, asked %s', (candidates, size, limit, percent, many) => {
  const left = leftOutOf(candidates, size);
  expect([left.percent, isManyLeftOut(left, limit)]).toEqual([percent, many]);
});

import { expect, test } from 'vitest';
import { isOptOutBurst } from '../../../src/contact/opt-out-burst.rule.ts';

test.each([
  [9, 20, false],
  [10, 20, true],
  [10, 1_000, true],
  [10, 1_001, false],
  [50, 10_000, false],
  [100, 10_000, true],
  [199, 1_000_000, false],
  [200, 1_000_000, true],
])('%i opt-outs of %i people within half an hour: %s', (optOuts, people, expected) => {
  expect(isOptOutBurst({ optOuts, people })).toBe(expected);
});

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { failureReasons } from '../../../src/contact/message-state.rule.ts';
import {
  errorBudgetSpent,
  failureOf,
  failureOfReceipt,
  retryAfterSeconds,
} from '../../../src/sms/outcome-reaction.rule.ts';

test.each([
  [0, 0, false],
  [49, 49, false],
  [50, 15, false],
  [50, 16, true],
  [1_000, 300, false],
  [1_000, 301, true],
])('of %i answers %i refusals: the budget is spent is %s', (answered, refused, expected) => {
  expect(errorBudgetSpent({ answered, refused })).toBe(expected);
});

test('one more refusal never gives the budget back', () => {
  fc.assert(
    fc.property(fc.nat(2_000), fc.nat(2_000), (answered, refused) => {
      const at = { answered: Math.max(answered, refused), refused };
      if (errorBudgetSpent(at))
        expect(errorBudgetSpent({ answered: at.answered + 1, refused: refused + 1 })).toBe(true);
    }),
  );
});

test.each([
  [undefined, 1, 1],
  [undefined, 2, 2],
  [undefined, 4, 8],
  [undefined, 9, 60],
  [undefined, 30_000, 60],
  [7, 9, 7],
])('told %s at attempt %i it waits %i s', (told, attempt, expected) => {
  expect(retryAfterSeconds(told, attempt)).toBe(expected);
});

test.each([
  ['INVALID_NUMBER', 'number-dead'],
  ['MOBILE_IN_BLACK', 'number-blacklisted'],
  ['isv.CUSTOMER_REFUSED', 'number-blacklisted'],
  ['CONTENT_KEYWORD', 'content-refused'],
  ['MOBILE_NOT_ON_SERVICE', 'undelivered'],
  ['a code of next year', 'undelivered'],
  ['', 'undelivered'],
  [null, 'undelivered'],
])('a receipt with %s means %s', (code, expected) => {
  expect(failureOfReceipt(code)).toBe(expected);
});

test('every fault of a recipient has a reason of the closed set', () => {
  for (const fault of ['number', 'opted-out', 'data', 'unlisted', undefined] as const)
    expect(failureReasons).toContain(failureOf(fault));
});

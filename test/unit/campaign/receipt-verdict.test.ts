import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { afterReceipt, attemptOf, type SettledRow, type Verdict } from '../../../src/campaign/receipt-verdict.rule.ts';

const row = (change: Partial<SettledRow> = {}): SettledRow => ({
  seq: 7,
  state: 'pending',
  reason: null,
  code: null,
  attempt: 2,
  requestSeq: 5,
  bizId: null,
  segments: 1,
  ...change,
});
const receipt = (change: Partial<Verdict> = {}): Verdict => ({
  attempt: 1,
  requestSeq: 5,
  delivered: true,
  errorCode: 'DELIVERED',
  failureReason: 'undelivered',
  bizId: 'b^1',
  segments: 1,
  ...change,
});

test.each([
  ['the attempt that the row names', { attempt: 2, requestSeq: 5 }, 'current'],
  ['one before it', { attempt: 1, requestSeq: 3 }, 'earlier'],
  ['another request of the last attempt', { attempt: 2, requestSeq: 4 }, null],
  ['an attempt that nobody made', { attempt: 3, requestSeq: 5 }, null],
  ['a request of people behind this one', { attempt: 1, requestSeq: 8 }, null],
  ['no attempt', { attempt: 0, requestSeq: 5 }, null],
] as const)('a receipt of %s is of the %s attempt', (_, of, expected) => {
  expect(attemptOf(row(), of)).toBe(expected);
  if (expected === null) expect(afterReceipt(row(), receipt(of))).toEqual(row());
});

test('who waits to be tried again is settled by a receipt of an earlier attempt, whatever it says', () => {
  expect(afterReceipt(row(), receipt())).toMatchObject({ state: 'delivered', bizId: 'b^1', code: 'DELIVERED' });
  expect(afterReceipt(row(), receipt({ delivered: false, errorCode: 'IS_CLOSE' }))).toMatchObject({
    state: 'failed',
    reason: 'undelivered',
    code: 'IS_CLOSE',
  });
});

test('an earlier failure does not decide about a later attempt that was handed over', () => {
  for (const state of ['claimed', 'accepted', 'unknown', 'delivered'] as const)
    expect(afterReceipt(row({ state, bizId: 'b^2' }), receipt({ delivered: false }))).toMatchObject({ state });
});

test('what is billed is what the receipt of the last attempt says', () => {
  const of = { attempt: 2, requestSeq: 5 };
  const once = afterReceipt(row({ state: 'accepted' }), receipt({ ...of, segments: 2 }));
  expect(once).toMatchObject({ state: 'delivered', segments: 2 });
  expect(afterReceipt(once, receipt({ ...of, segments: 3 }))).toMatchObject({ state: 'delivered', segments: 3 });
});

// The life of one person: attempts are claimed, lost, refused, taken for not sent; receipts of any of them come in any order, late
// and repeated. A claim looks at the receipts that are here.
test('nobody is claimed again once any receipt says that a message went out', () => {
  const step = fc.oneof(
    fc.record({ do: fc.constantFrom('claim', 'answer', 'lose', 'refuse', 'prove-not-sent', 'settle') }),
    fc.record({ do: fc.constant('receipt'), attempt: fc.integer({ min: 1, max: 6 }), delivered: fc.boolean() }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      let person = row({ attempt: 0, requestSeq: null, segments: null });
      const told: Verdict[] = [];
      let claimsAfterReceipt = 0;
      for (const each of steps) {
        if (each.do === 'claim' && person.state === 'pending') {
          if (told.length > 0) person = told.reduce(afterReceipt, person);
          if (person.state !== 'pending') continue;
          if (told.length > 0) claimsAfterReceipt += 1;
          person = { ...person, state: 'claimed', attempt: person.attempt + 1, requestSeq: person.seq, bizId: null };
        } else if (each.do === 'answer' && person.state === 'claimed')
          person = { ...person, state: 'accepted', bizId: `b^${person.attempt}` };
        else if (each.do === 'lose' && person.state === 'claimed') person = { ...person, state: 'unknown' };
        else if (each.do === 'refuse' && person.state === 'claimed') person = { ...person, state: 'pending' };
        else if (each.do === 'prove-not-sent' && person.state === 'unknown') person = { ...person, state: 'pending' };
        else if ('attempt' in each && each.attempt <= person.attempt) {
          const of = receipt({ ...each, requestSeq: person.seq, bizId: `b^${each.attempt}` });
          told.push(of);
          person = afterReceipt(person, of);
        }
        if (told.some(({ delivered }) => delivered)) expect(['delivered', 'failed']).toContain(person.state);
      }
      expect(claimsAfterReceipt).toBe(0);
    }),
    { numRuns: 2_000 },
  );
});

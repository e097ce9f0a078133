import { expect, test } from 'vitest';
import {
  balances,
  givenUpReasons,
  movesInto,
  removedReasons,
  results,
  taskMoves,
  taskStates,
  taskWeights,
  tierWeights,
  weightOfTier,
  type GivenUpReason,
  type RemovedReason,
  type Result,
} from '../../../src/call/task.rule.ts';

test('a call that was finished stays finished, and nobody is written up who was not called', () => {
  expect(taskMoves.done).toEqual([]);
  expect(movesInto('wrap-up')).toEqual(['calling']);
  expect(movesInto('calling')).toEqual(['waiting', 'offered']);
  // Whoever was given up or removed may come back, to wait: never straight to a call.
  expect(movesInto('waiting')).toEqual(['offered', 'calling', 'wrap-up', 'given-up', 'removed']);
});

const up = (a: number, b: number): number => a - b;
test('every tier has a weight that the claim looks for, and nobody without a tier comes before one', () => {
  expect(taskWeights.toSorted(up)).toEqual([0, ...Object.values(tierWeights)].toSorted(up));
  expect(weightOfTier(null)).toBe(Math.min(...taskWeights));
  expect(weightOfTier('diamond')).toBe(Math.max(...taskWeights));
});

test('a ledger balances when each task is counted once', () => {
  const counts = { waiting: 3, offered: 1, calling: 1, 'wrap-up': 0, done: 2, 'given-up': 1, removed: 1 };
  expect([balances(counts, 9), balances(counts, 8), balances(counts, 10)]).toEqual([true, false, false]);
  expect(Object.keys(counts)).toEqual(taskStates);
});

test('a no that was said is one of the reasons and one of the results', () => {
  const given: GivenUpReason[] = ['opted-out', 'dnc', 'complaint'];
  const removed: RemovedReason = 'list-closed';
  const result: Result = 'do-not-contact';
  expect(givenUpReasons).toEqual(expect.arrayContaining(given));
  expect(removedReasons).toContain(removed);
  expect(results).toContain(result);
});

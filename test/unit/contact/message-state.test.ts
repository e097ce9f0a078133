import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  balances,
  messageMoves,
  messageStates,
  movesByReceipt,
  movesInto,
  type LedgerCounts,
  type MessageState,
} from '../../../src/contact/message-state.rule.ts';

const countsOf = (rows: readonly MessageState[]): LedgerCounts =>
  Object.fromEntries(messageStates.map((state) => [state, rows.filter((row) => row === state).length])) as LedgerCounts;

test('any sequence of legal moves keeps the ledger balanced and everybody in one state', () => {
  const moves = fc.array(fc.tuple(fc.nat(9), fc.nat(8)), { maxLength: 200 });
  fc.assert(
    fc.property(moves, (steps) => {
      const rows: MessageState[] = Array.from({ length: 10 }, () => 'pending');
      for (const [seq, choice] of steps) {
        const legal = messageMoves[rows[seq] ?? 'pending'];
        if (legal.length > 0) rows[seq] = legal[choice % legal.length] ?? 'pending';
        expect(balances(countsOf(rows), 10)).toBe(true);
      }
    }),
  );
});

test('a lost or an invented recipient is noticed', () => {
  const rows: MessageState[] = ['pending', 'delivered', 'failed'];
  expect(balances(countsOf(rows), 3)).toBe(true);
  expect(balances(countsOf(rows), 4)).toBe(false);
  expect(balances(countsOf([...rows, 'unknown']), 3)).toBe(false);
});

test('nobody who was handed over is cancelled, expired or suppressed, unless the call is proven not made', () => {
  const reached = new Set<MessageState>(['claimed']);
  for (const state of reached) for (const next of messageMoves[state]) if (next !== 'pending') reached.add(next);
  for (const end of ['cancelled', 'expired', 'suppressed'] as const) expect(reached.has(end)).toBe(false);
});

test('only a claim and a doubt lead back to pending, and only pending leads to a claim', () => {
  expect(movesInto('pending')).toEqual(['claimed', 'unknown']);
  expect(movesInto('claimed')).toEqual(['pending']);
});

test('movesInto and messageMoves say the same', () => {
  for (const from of messageStates)
    for (const to of messageStates) expect(movesInto(to).includes(from)).toBe(messageMoves[from].includes(to));
});

test('an end leads nowhere but to what a receipt says of it, and a failure to nothing', () => {
  for (const end of ['suppressed', 'cancelled', 'expired'] as const)
    expect(messageMoves[end]).toEqual(['delivered', 'failed']);
  expect(messageMoves.failed).toEqual([]);
  expect(messageMoves.delivered).toEqual(['failed']);
});

test.each([
  [true, 'current', ['pending', 'claimed', 'accepted', 'unknown', 'suppressed', 'cancelled', 'expired']],
  [true, 'earlier', ['pending', 'claimed', 'accepted', 'unknown', 'suppressed', 'cancelled', 'expired']],
  [false, 'current', ['pending', 'claimed', 'accepted', 'delivered', 'unknown', 'suppressed', 'cancelled', 'expired']],
  [false, 'earlier', ['pending', 'suppressed', 'cancelled', 'expired']],
] as const)('a receipt (delivered: %s) of the %s attempt settles %j', (delivered, attempt, from) => {
  expect(movesByReceipt(delivered, attempt)).toEqual(from);
  for (const state of from) expect(messageMoves[state]).toContain(delivered ? 'delivered' : 'failed');
});

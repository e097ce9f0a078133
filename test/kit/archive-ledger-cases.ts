import type { BrokenCase, Edit } from './archive-edits.ts';
import { insider } from './archive-edits.ts';
import { parseArchive } from './archive.ts';

const row = (seq: number, column: number, value: unknown): Edit => ({
  path: ['ledger', 'rows', seq - 1, column],
  value,
});
const [state, attempt, requestSeq, claimedMs, segments] = [3, 5, 6, 9, 11];
const at = (instant: string): number => Date.parse(instant);

/** Faults of audience, ledger and record. */
export function ledgerCases(valid: Uint8Array): BrokenCase[] {
  const archive = parseArchive(valid);
  const counts = (change: Record<string, number>): Edit => ({
    path: ['ledger', 'counts'],
    value: { ...archive.ledger.counts, ...change },
  });
  return [
    insider(
      'a swapped recipient',
      [row(1, 1, archive.ledger.rows[1]?.[1]), row(2, 1, archive.ledger.rows[0]?.[1])],
      'audience.batches',
    ),
    insider(
      'another recipient with a new batch digest',
      [
        row(5, 1, 'A'.repeat(43)),
        { path: ['audience', 'batches', 2], value: '7caebfb53a55d6ddc9a2a9b3dc8ba5ab88ffeafa53d6bb91b9b4a0e1a4be7d68' },
      ],
      'audience.batches',
      'audience.root',
    ),
    insider('a removed row', [{ path: ['ledger', 'rows', 4] }], 'ledger.rows', 'audience.batches', 'ledger.counts'),
    insider(
      'a removed row with its count and batch',
      [{ path: ['ledger', 'rows', 4] }, counts({ unknown: 0 }), { path: ['audience', 'batches', 2] }],
      'ledger.rows',
      'audience.root',
      'ledger.counts',
      'audit.counts',
    ),
    insider(
      'a row twice',
      [{ path: ['ledger', 'rows', 4], value: archive.ledger.rows[3] }],
      'ledger.rows',
      'audience.batches',
      'ledger.counts',
    ),
    insider(
      'a row without an end',
      [{ path: ['ledger', 'rows', 2], value: [3] }],
      'ledger.rows',
      'audience.batches',
      'ledger.counts',
    ),
    insider('a full phone number', [row(1, 2, '13800000010')], 'ledger.masked'),
    insider('a state changed without its count', [row(5, state, 'accepted')], 'ledger.counts'),
    insider(
      'an open recipient',
      [row(4, state, 'pending'), row(4, 4, null), counts({ suppressed: 0, pending: 1 })],
      'ledger.states',
      'audit.counts',
    ),
    insider(
      'a delivery without an attempt',
      [row(4, state, 'delivered'), row(4, 4, null), counts({ suppressed: 0, delivered: 3 })],
      'ledger.states',
      'audit.counts',
    ),
    insider('a delivery without segments', [row(1, segments, null)], 'ledger.states'),
    insider('a change before the claim', [row(1, 10, at('2026-11-03T01:00:00.999Z'))], 'ledger.states'),
    insider('a failure without a reason', [row(3, 4, null)], 'ledger.reasons'),
    insider('a suppression with a reason of a failure', [row(4, 4, 'undelivered')], 'ledger.reasons'),
    insider('changed counts', [counts({ delivered: 3, failed: 0 })], 'ledger.counts', 'audit.counts'),
    insider('changed counts that sum to more', [counts({ delivered: 3 })], 'ledger.counts', 'audit.counts'),
    insider('one request for two recipients', [row(2, requestSeq, 1)], 'ledger.out-ids'),
    insider(
      'a message before the leader’s signature',
      [row(1, claimedMs, at('2026-11-02T02:59:59.999Z'))],
      'ledger.signed',
      'ledger.window',
      'audit.times',
    ),
    insider(
      'a message before the window',
      [row(1, claimedMs, at('2026-11-03T00:59:59.999Z'))],
      'ledger.window',
      'ledger.hours',
    ),
    insider(
      'a message when the window closes',
      [row(5, claimedMs, at('2026-11-05T10:00:00.000Z')), row(5, 10, at('2026-11-05T10:00:00.000Z'))],
      'ledger.window',
      'ledger.hours',
      'audit.times',
    ),
    insider(
      'a message at night',
      [row(5, claimedMs, at('2026-11-03T10:00:00.000Z')), row(5, 10, at('2026-11-03T10:00:00.000Z'))],
      'ledger.hours',
    ),
    insider(
      'a message on a holiday',
      [{ path: ['calendar', 'days', '2026-11-03'], value: 'holiday' }],
      'calendar.version',
      'ledger.hours',
    ),
    insider(
      'a message on a day the calendar does not cover',
      [{ path: ['calendar', 'coveredUntil'], value: '2026-11-02' }],
      'calendar.version',
      'ledger.hours',
    ),
    insider('a message during a pause', [row(5, claimedMs, at('2026-11-03T01:00:07.001Z'))], 'ledger.stopped'),
    insider('a request without an attempt', [row(5, attempt, 0)], 'ledger.states'),
    insider(
      'a message after a receipt had told that the ceiling was passed',
      [row(1, segments, 9), row(1, 10, at('2026-11-03T01:00:03.000Z'))],
      'cost.ceiling',
    ),
    insider(
      'receipts that do not add up',
      [{ path: ['receipts', 'delivered'], value: 1 }],
      'receipts.sums',
      'audit.counts',
    ),
    insider(
      'an audit row with another actor',
      [{ path: ['audit', 'rows', 6, 'actor'], value: 'system' }],
      'audit.chain',
    ),
    insider('a removed audit row', [{ path: ['audit', 'rows', 6] }], 'audit.chain'),
    insider(
      'another row before in the record of the house',
      [{ path: ['audit', 'rows', 1, 'previousHash'], value: 'ab'.repeat(32) }],
      'audit.chain',
    ),
    insider(
      'another row before about the campaign',
      [{ path: ['audit', 'rows', 1, 'objectPreviousHash'], value: 'ab'.repeat(32) }],
      'audit.chain',
    ),
    insider(
      'an audit row by its digest alone',
      [{ path: ['audit', 'rows', 1], value: { seq: 43, rowDigest: 'ab'.repeat(32) } }],
      'archive.shape',
    ),
    insider('a seq that does not grow', [{ path: ['audit', 'rows', 7, 'seq'], value: 41 }], 'audit.chain'),
    insider(
      'no audit row for the end',
      [{ path: ['audit', 'rows', 8] }],
      'audit.events',
      'audit.counts',
      'audit.times',
    ),
    insider('no audit row for the beginning', [{ path: ['audit', 'rows', 0] }], 'audit.chain', 'audit.events'),
    insider(
      'a completed campaign that says it was cancelled',
      [{ path: ['campaign', 'outcome'], value: 'cancelled' }],
      'audit.events',
    ),
  ];
}

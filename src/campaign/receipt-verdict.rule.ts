import { movesByReceipt, type FailureReason, type MessageState } from '../contact/message-state.rule.ts';

/** One row of the ledger, as far as a receipt can change it. `attempt` is the last one that was begun, 0 for none. */
export type SettledRow = {
  seq: number;
  state: MessageState;
  reason: string | null;
  code: string | null;
  attempt: number;
  requestSeq: number | null;
  bizId: string | null;
  segments: number | null;
};

export type Verdict = {
  attempt: number;
  requestSeq: number;
  delivered: boolean;
  errorCode: string;
  failureReason: FailureReason;
  bizId: string;
  segments: number;
};

/** Of which attempt of the row the receipt speaks; null when there was no such attempt. */
export function attemptOf(
  row: Pick<SettledRow, 'seq' | 'attempt' | 'requestSeq'>,
  of: { attempt: number; requestSeq: number },
): 'current' | 'earlier' | null {
  if (of.attempt < 1 || row.requestSeq === null) return null;
  if (of.attempt === row.attempt) return of.requestSeq === row.requestSeq ? 'current' : null;
  // Which request carried an earlier attempt is not kept, but it began with the row itself or somebody before it.
  return of.attempt < row.attempt && of.requestSeq >= 1 && of.requestSeq <= row.seq ? 'earlier' : null;
}

/**
 * The row after a receipt of any of its attempts, early, late or repeated. A receipt proves that the carrier had the message:
 * whoever waits to be tried again is settled by it, whichever attempt it names.
 */
export function afterReceipt(row: SettledRow, receipt: Verdict): SettledRow {
  const attempt = attemptOf(row, receipt);
  if (attempt === null) return row;
  const segments = attempt === 'current' || row.segments === null ? receipt.segments : row.segments;
  if (!movesByReceipt(receipt.delivered, attempt).includes(row.state)) {
    // What is billed is the receipt's word even where its verdict is known already.
    const billed = row.state === 'delivered' || row.state === 'failed';
    return attempt === 'current' && billed && row.bizId !== null ? { ...row, segments } : row;
  }
  return {
    ...row,
    state: receipt.delivered ? 'delivered' : 'failed',
    reason: receipt.delivered ? null : receipt.failureReason,
    code: receipt.errorCode,
    bizId: attempt === 'current' ? receipt.bizId : (row.bizId ?? receipt.bizId),
    segments,
  };
}

/** States in which a row has no touch on record, because nothing was known to have reached the person. */
const untouched: ReadonlySet<MessageState> = new Set(['pending', 'suppressed', 'cancelled', 'expired']);
export const isRevived = (before: SettledRow, after: SettledRow): boolean =>
  untouched.has(before.state) && !untouched.has(after.state);

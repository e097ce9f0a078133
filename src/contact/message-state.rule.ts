/** Where one recipient of a campaign stands; exactly one at every moment. */
export const messageStates = [
  'pending',
  'claimed',
  'accepted',
  'delivered',
  'failed',
  'unknown',
  'suppressed',
  'cancelled',
  'expired',
] as const;
export type MessageState = (typeof messageStates)[number];

export const suppressionReasons = [
  'opted-out',
  'dnc',
  'complaint',
  'dead-number',
  'gateway-blacklist',
  'number-moved',
  'listed-twice',
  'no-consent',
  'not-subscribed',
  'capped',
] as const;
export type SuppressionReason = (typeof suppressionReasons)[number];

export const failureReasons = [
  'number-refused',
  'data-refused',
  'held-for-review',
  'undelivered',
  'number-dead',
  'number-blacklisted',
  'content-refused',
] as const;
export type FailureReason = (typeof failureReasons)[number];

/**
 * Every legal move. `claimed → pending` only for a call that was never made or was refused as "not sent";
 * `pending → unknown` only when the database was restored and cannot say what became of whoever waited;
 * `unknown → pending` only when the gateway has proven, more than once and late enough, that it does not know the out id.
 * That proof can still be wrong, so whoever waits, or was closed without a message, is settled by any receipt that says the
 * carrier had it: nobody is written to again, and no ledger says "never" of somebody who was reached.
 */
export const messageMoves: Readonly<Record<MessageState, readonly MessageState[]>> = {
  pending: ['claimed', 'unknown', 'accepted', 'delivered', 'failed', 'suppressed', 'cancelled', 'expired'],
  claimed: ['accepted', 'delivered', 'failed', 'unknown', 'pending'],
  unknown: ['accepted', 'delivered', 'failed', 'pending'],
  accepted: ['delivered', 'failed'],
  // A long message keeps the worst verdict of its parts.
  delivered: ['failed'],
  failed: [],
  suppressed: ['delivered', 'failed'],
  cancelled: ['delivered', 'failed'],
  expired: ['delivered', 'failed'],
};

/** Verdict of one receipt: the moves that it may make, by whether it speaks of the attempt that the row names or of one before. */
export function movesByReceipt(delivered: boolean, attempt: 'current' | 'earlier'): MessageState[] {
  if (delivered) return movesInto('delivered');
  // A later attempt was handed over, or may have been: what became of that one decides, not the failure of the one before.
  const decided: readonly MessageState[] = attempt === 'current' ? [] : ['claimed', 'accepted', 'unknown', 'delivered'];
  return movesInto('failed').filter((from) => !decided.includes(from));
}

/** States from which `to` may be reached: what the SQL of a move compares with. */
export const movesInto = (to: MessageState): MessageState[] =>
  messageStates.filter((from) => messageMoves[from].includes(to));

export type LedgerCounts = Readonly<Record<MessageState, number>>;

/** Whether the counts account for every member of the frozen audience, neither one more nor one less. */
export const balances = (counts: LedgerCounts, audienceSize: number): boolean =>
  messageStates.reduce((sum, state) => sum + counts[state], 0) === audienceSize;

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
 * `unknown → pending` only when the gateway has proven, more than once, that it does not know the out id.
 */
export const messageMoves: Readonly<Record<MessageState, readonly MessageState[]>> = {
  pending: ['claimed', 'suppressed', 'cancelled', 'expired'],
  claimed: ['accepted', 'delivered', 'failed', 'unknown', 'pending'],
  unknown: ['accepted', 'delivered', 'failed', 'pending'],
  accepted: ['delivered', 'failed'],
  // A long message keeps the worst verdict of its parts.
  delivered: ['failed'],
  failed: [],
  suppressed: [],
  cancelled: [],
  expired: [],
};

/** States from which `to` may be reached: what the SQL of a move compares with. */
export const movesInto = (to: MessageState): MessageState[] =>
  messageStates.filter((from) => messageMoves[from].includes(to));

export type LedgerCounts = Readonly<Record<MessageState, number>>;

/** Whether the counts account for every member of the frozen audience, neither one more nor one less. */
export const balances = (counts: LedgerCounts, audienceSize: number): boolean =>
  messageStates.reduce((sum, state) => sum + counts[state], 0) === audienceSize;

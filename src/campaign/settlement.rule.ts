import type { FailureReason, MessageState } from '../contact/message-state.rule.ts';
import { failureOfReceipt } from '../sms/outcome-reaction.rule.ts';
import { addDays, chinaDateAt, chinaInstant, type ChinaDate } from '../kernel/working-day.rule.ts';

/** What the gateway's own list says of one message; `outId` is the one that was found. */
type Found =
  | { kind: 'sent'; outId: string; state: 'waiting' | 'delivered' | 'failed'; errorCode: string | null }
  | { kind: 'not-sent' }
  | { kind: 'cannot-tell'; code: string };
type Asked = { state: 'unknown' | 'accepted'; asked: number; claimedAt: Date };
type Proof = { proofs: number; listLag: number; afterDay: boolean };

const hourMs = 3_600_000;

/**
 * The earliest moment at which the gateway's "not known" may be believed: its list may lag behind what it sent, and it is a list
 * of days. A call within the last hour of a day may be filed under the next one.
 */
export function provenFrom(claimedAt: Date, { listLag, afterDay }: Omit<Proof, 'proofs'>): Date {
  const lagged = claimedAt.getTime() + listLag * 1_000;
  if (!afterDay) return new Date(lagged);
  const lastDay = chinaDateAt(new Date(claimedAt.getTime() + hourMs));
  return new Date(Math.max(lagged, chinaInstant(lastDay, '24:00').getTime()));
}

/** Whether one more "not known" proves that the message was not sent. */
export const isProvenNotSent = ({ state, asked, claimedAt }: Asked, proof: Proof, now: Date): boolean =>
  // An accepted message that the gateway no longer finds is its fault, not a proof: it was taken, and is never sent again.
  state === 'unknown' && asked + 1 >= proof.proofs && now >= provenFrom(claimedAt, proof);

/** China days under which attempts that began then may be filed, in order. */
export function daysToAsk(began: readonly Date[]): ChinaDate[] {
  const days = began.flatMap((at) => {
    const day = chinaDateAt(at);
    return day === chinaDateAt(new Date(at.getTime() + hourMs)) ? [day] : [day, addDays(day, 1)];
  });
  return [...new Set(days)].toSorted();
}

export type Settlement = { state: MessageState; reason: FailureReason | null; code: string | null; asked: number };

/**
 * Where a message stands after the gateway was asked. An earlier attempt that turns up says that the person was reached, so
 * nobody is tried again; its failure counts only once the last attempt is proven not sent.
 */
export function settlementOf(message: Asked, outId: string, found: Found, proven: boolean): Settlement {
  const asked = message.asked + 1;
  const stays: Settlement = { state: message.state, reason: null, code: null, asked };
  switch (found.kind) {
    case 'cannot-tell':
      return { ...stays, asked: message.asked };
    case 'not-sent':
      return proven ? { ...stays, state: 'pending' } : stays;
    case 'sent': {
      if (found.state === 'delivered') return { ...stays, state: 'delivered', code: 'DELIVERED' };
      const failed = {
        ...stays,
        state: 'failed' as const,
        reason: failureOfReceipt(found.errorCode),
        // The list need not name a reason; what the row said before, that nobody knew, is over.
        code: found.errorCode ?? 'UNDELIVERED',
      };
      if (found.outId === outId && found.state === 'failed') return failed;
      if (found.outId !== outId && found.state === 'failed') return proven ? failed : stays;
      return { ...stays, state: 'accepted', code: message.state === 'unknown' ? 'OK' : null };
    }
  }
}

import { delayFor, draw, pick } from './draw.ts';
import type { Scenario } from './scenario.ts';

/** What becomes of one accepted message. Delays are milliseconds from acceptance. */
export interface Fate {
  delivered: boolean;
  /** `DELIVERED` or the carrier's failure code. */
  errCode: string;
  reportDelayMs: number;
  /** The carrier knows the verdict but never pushes it. */
  lost: boolean;
  /** The receipt is pushed before the send call is answered. */
  beforeResponse: boolean;
  /** A second push of the same receipt, or null. */
  duplicateDelayMs: number | null;
  /** The customer's reply, or null. */
  reply: { text: string; delayMs: number } | null;
}

/** The fate of a message: the same for the same seed, number and out id, whatever else happens. */
export function fateOf({ seed, receipts, replies, timeScale }: Scenario, phone: number, outId: string): Fate {
  const number = String(phone);
  const chance = (purpose: string) => draw(seed, purpose, number, outId);
  // A share of zero is not drawn at all: at thousands of messages a second the draws are felt.
  const falls = (purpose: string, share: number) => share > 0 && chance(purpose) < share;
  const failed = falls('failure', receipts.failures.share);
  const beforeResponse = falls('before-response', receipts.beforeResponse.share);
  const late = !beforeResponse && falls('late', receipts.late.share);
  const lateMs = late ? delayFor(receipts.late.delayMs, chance('late-delay')) / timeScale : 0;
  const reportDelayMs = beforeResponse ? 0 : Math.round(delayFor(receipts.delayMs, chance('delay')) + lateMs);
  const twice = falls('duplicate', receipts.duplicates.share);
  const optsOut = !failed && falls('opt-out', replies.optOut.share);
  return {
    delivered: !failed,
    errCode: failed ? pick(receipts.failures.weights, chance('failure-code')) : 'DELIVERED',
    reportDelayMs,
    lost: !beforeResponse && falls('lost', receipts.lost.share),
    beforeResponse,
    duplicateDelayMs: twice ? reportDelayMs + delayFor(receipts.duplicates.delayMs, chance('duplicate-delay')) : null,
    reply: optsOut
      ? {
          text: replies.optOut.texts[Math.floor(chance('opt-out-text') * replies.optOut.texts.length)] ?? 'TD',
          delayMs: reportDelayMs + delayFor(replies.optOut.delayMs, chance('opt-out-delay')),
        }
      : null,
  };
}

/** The final error that this number always meets, or null. Keyed by the number alone: no retry and no batch heals it. */
export function recipientError({ seed, recipientErrors }: Scenario, phone: number): string | null {
  if (recipientErrors.share === 0) return null;
  const number = String(phone);
  if (draw(seed, 'recipient', number) >= recipientErrors.share) return null;
  return pick(recipientErrors.weights, draw(seed, 'recipient-code', number));
}

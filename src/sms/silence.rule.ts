import { failureOfReceipt } from './outcome-reaction.rule.ts';
import type { RecipientFault } from './submit-outcome.rule.ts';

/** What a carrier's word about a number makes of it: `opt-out` is the person's own no, told by the carrier. */
export type SilenceKind = 'opt-out' | 'dead-number' | 'gateway-blacklist';

/** Of a refusal at the submit; null when it says nothing of the number. */
export const silenceOfRefusal = (fault: RecipientFault | null): SilenceKind | null =>
  fault === 'number'
    ? 'dead-number'
    : fault === 'opted-out'
      ? 'opt-out'
      : fault === 'blacklisted'
        ? 'gateway-blacklist'
        : null;

/** Of a receipt's error code; null when it says nothing of the number that lasts. */
export function silenceOfReceipt(code: string): SilenceKind | null {
  if (code === 'isv.CUSTOMER_REFUSED' || code === 'USER_REJECT') return 'opt-out';
  const reason = failureOfReceipt(code);
  return reason === 'number-dead' ? 'dead-number' : reason === 'number-blacklisted' ? 'gateway-blacklist' : null;
}

/**
 * When the silence ends by itself, counted from the carrier's word; null for never: what a person said does not lapse. A number
 * that was dead is given to somebody else, and nobody says when a carrier takes one off its black list.
 */
export function silentUntil(
  kind: SilenceKind,
  saidAt: Date,
  days: Readonly<{ deadNumberDays: number; blacklistDays: number }>,
): Date | null {
  if (kind === 'opt-out') return null;
  return new Date(saidAt.getTime() + (kind === 'dead-number' ? days.deadNumberDays : days.blacklistDays) * 86_400_000);
}

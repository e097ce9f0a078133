import type { MessageState, SuppressionReason } from './message-state.rule.ts';
import type { ContactCap, SuppressionKind } from './refusal.rule.ts';

/** Checks of a claim in the order in which refusalFor makes them. */
export const explainedChecks = [
  'opted-out',
  'dnc',
  'complaint',
  'dead-number',
  'gateway-blacklist',
  'no-consent',
  'not-subscribed',
  'capped',
] as const satisfies readonly SuppressionReason[];

/** `not-needed`: a notice needs no marketing consent. `not-run`: an earlier check had refused, or nobody came so far. */
export type CheckOutcome = 'passed' | 'failed' | 'not-run' | 'not-needed';
export type ExplainedCheck = { check: SuppressionReason; outcome: CheckOutcome };

const kindOf: Partial<Record<SuppressionReason, SuppressionKind>> = {
  'opted-out': 'opt-out',
  dnc: 'dnc',
  complaint: 'complaint',
  'dead-number': 'dead-number',
  'gateway-blacklist': 'gateway-blacklist',
};

/**
 * What each check said, from the stored decision: the reason of who was suppressed, or that somebody was handed over.
 * `standing` are suppressions on record for that moment: a second one is not called passed because the first refused.
 */
export function checksOf(decision: {
  state: MessageState;
  reason: string | null;
  /** Whether the message was ever handed to the gateway. */
  handedOver: boolean;
  kind: 'marketing' | 'notice';
  topic: string | null;
  standing: readonly SuppressionKind[];
}): ExplainedCheck[] {
  const { state, reason, handedOver, kind, topic, standing } = decision;
  const judged = state === 'suppressed' || handedOver;
  const refusedAt = state === 'suppressed' ? explainedChecks.findIndex((check) => check === reason) : -1;
  return explainedChecks.map((check, index) => {
    const outcome = (): CheckOutcome => {
      if (!judged) return 'not-run';
      if (index === refusedAt) return 'failed';
      const suppression = kindOf[check];
      if (refusedAt >= 0 && suppression && standing.includes(suppression)) return 'failed';
      if (refusedAt >= 0 && index > refusedAt) return 'not-run';
      if (check === 'no-consent' && kind === 'notice') return 'not-needed';
      if (check === 'not-subscribed' && topic === null) return 'not-needed';
      return 'passed';
    };
    return { check, outcome: outcome() };
  });
}

/** When a capped person may be contacted again: the moment the oldest touch too many leaves the cap's days. Null when they may now. */
export function freeAgainAt(contacts: readonly Date[], cap: ContactCap): Date | null {
  if (cap.max <= 0) return null;
  const leaving = contacts.toSorted((a, b) => a.getTime() - b.getTime()).at(-cap.max);
  return leaving && contacts.length >= cap.max ? new Date(leaving.getTime() + cap.days * 86_400_000) : null;
}

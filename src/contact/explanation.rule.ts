import type { MessageState, SuppressionReason } from './message-state.rule.ts';
import { counts, fullUntil, type SuppressionKind, type Touch } from './contact.rule.ts';
import type { Cap } from './policy.rule.ts';
import type { ContactPurpose } from '../kernel/reach.rule.ts';

/** Checks of a claim in the order in which the rule makes them. */
export const explainedChecks = [
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
  purpose: ContactPurpose;
  topic: string | null;
  standing: readonly SuppressionKind[];
}): ExplainedCheck[] {
  const { state, reason, handedOver, purpose, topic, standing } = decision;
  const judged = state === 'suppressed' || handedOver;
  const refusedAt = state === 'suppressed' ? explainedChecks.findIndex((check) => check === reason) : -1;
  return explainedChecks.map((check, index) => {
    const outcome = (): CheckOutcome => {
      if (!judged) return 'not-run';
      if (index === refusedAt) return 'failed';
      const suppression = kindOf[check];
      if (refusedAt >= 0 && suppression && standing.includes(suppression)) return 'failed';
      if (refusedAt >= 0 && index > refusedAt) return 'not-run';
      if (check === 'no-consent' && purpose !== 'marketing') return 'not-needed';
      if (check === 'not-subscribed' && topic === null) return 'not-needed';
      return 'passed';
    };
    return { check, outcome: outcome() };
  });
}

/** Touches that a cap counts. */
export const countedBy = <T extends Touch>(cap: Cap, touches: readonly T[], at: Date): T[] =>
  touches.filter((touch) => touch.at.getTime() > at.getTime() - cap.days * 86_400_000 && counts(cap, touch));

/** The cap to speak of: the one that was full for longest, else the one with the least room. */
export function capToShow(caps: readonly Cap[], touches: readonly Touch[], at: Date): Cap | null {
  const rank = (cap: Cap): [full: number, room: number] => {
    const counted = countedBy(cap, touches, at);
    const until = fullUntil(
      counted.map((touch) => touch.at),
      cap,
      at,
    );
    return [cap.max <= 0 ? Infinity : (until?.getTime() ?? 0), cap.max - counted.length];
  };
  const [first] = caps
    .map((cap) => ({ cap, rank: rank(cap) }))
    .toSorted((a, b) => (a.rank[0] === b.rank[0] ? a.rank[1] - b.rank[1] : b.rank[0] - a.rank[0]));
  return first?.cap ?? null;
}

import type { ContactPurpose } from '../kernel/reach.rule.ts';

/** The last message of a campaign to the number that replied, by the account it replied to. */
export type LastMessage = { campaignId: string; purpose: ContactPurpose; sentAt: Date };

/** People answer at once or not at all; after a month the number may have changed hands. */
export const replyDays = 30;
const dayMs = 86_400_000;
/** The provider's clock and ours differ, and a time is stated to the second. */
const clocksApartMs = 120_000;

/** What a reply answers: the message that came last before it, within `replyDays`; null when there is none. */
export function messageAnswered(messages: readonly LastMessage[], receivedAt: Date): LastMessage | null {
  const from = receivedAt.getTime() - replyDays * dayMs;
  const until = receivedAt.getTime() + clocksApartMs;
  const before = messages.filter(({ sentAt }) => sentAt.getTime() >= from && sentAt.getTime() <= until);
  return before.toSorted((a, b) => b.sentAt.getTime() - a.sentAt.getTime())[0] ?? null;
}

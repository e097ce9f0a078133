/** The last message of a campaign to the number that replied, by the account it replied to. */
export type LastMessage = { campaignId: string; sentAt: Date };

/** People answer at once or not at all; after a month the number may have changed hands. */
export const replyDays = 30;
const dayMs = 86_400_000;
/** The provider's clock and ours differ, and a time is stated to the second. */
const clocksApartMs = 120_000;

/** Which campaign a reply answers: the one whose message came last before it, within `replyDays`; null when there is none. */
export function campaignOfReply(messages: readonly LastMessage[], receivedAt: Date): string | null {
  const from = receivedAt.getTime() - replyDays * dayMs;
  const until = receivedAt.getTime() + clocksApartMs;
  const before = messages.filter(({ sentAt }) => sentAt.getTime() >= from && sentAt.getTime() <= until);
  return before.toSorted((a, b) => b.sentAt.getTime() - a.sentAt.getTime())[0]?.campaignId ?? null;
}

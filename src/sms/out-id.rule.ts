/** Our serial of one gateway request: campaign key, first member's seq, attempt. Unique, because a member's attempt only grows. */
export type OutId = { campaignKey: number; requestSeq: number; attempt: number };

export const formatOutId = ({ campaignKey, requestSeq, attempt }: OutId): string =>
  `wh-${campaignKey}-${requestSeq}-${attempt}`;

/** Null for an out id that is not ours: other systems may share the gateway account. */
export function parseOutId(text: string | null): OutId | null {
  const found = /^wh-(\d{1,9})-(\d{1,9})-(\d{1,5})$/.exec(text ?? '');
  return found ? { campaignKey: Number(found[1]), requestSeq: Number(found[2]), attempt: Number(found[3]) } : null;
}

/** Of a test message to the own people: not a campaign's, so `parseOutId` gives null and its receipts move no ledger. */
export const formatTestOutId = (testSendId: string): string => `wt-${testSendId}`;

/** The test message that an out id names; null for any other out id. */
export const testSendOf = (outId: string | null): string | null =>
  /^wt-([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/.exec(outId ?? '')?.[1] ?? null;

/** What every out id of a campaign begins with. */
export const outIdPrefix = (campaignKey: number): string => `wh-${campaignKey}-`;

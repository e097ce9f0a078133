/** Every room speaks of them; which may follow which is said by src/campaign/state.rule.ts. */
export const campaignStates = [
  'draft',
  'freezing',
  'awaiting-liaison',
  'awaiting-leader',
  'scheduled',
  'sending',
  'paused',
  'settling',
  'completed',
  'archived',
  'rejected',
  'withdrawn',
  'expired',
  'voided',
  'cancelled',
] as const;
export type CampaignState = (typeof campaignStates)[number];

/** Ends before or without sending everything; nothing more leaves after them. */
export const endedStates: readonly CampaignState[] = [
  'completed',
  'archived',
  'rejected',
  'withdrawn',
  'expired',
  'voided',
  'cancelled',
];

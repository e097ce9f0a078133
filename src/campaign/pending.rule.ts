import type { CampaignState } from './state.rule.ts';

/** Why somebody on a campaign's list has been sent nothing: `turn` alone means that it will come. */
export const pendingReasons = [
  'turn',
  'unfrozen',
  'unsigned',
  'waits',
  'paused',
  'rejected',
  'withdrawn',
  'expired',
  'voided',
  'cancelled',
  'over',
] as const;
export type PendingReason = (typeof pendingReasons)[number];

const reasons: Record<CampaignState, PendingReason> = {
  draft: 'unfrozen',
  freezing: 'unfrozen',
  'awaiting-liaison': 'unsigned',
  'awaiting-leader': 'unsigned',
  scheduled: 'waits',
  sending: 'turn',
  paused: 'paused',
  settling: 'over',
  completed: 'over',
  archived: 'over',
  rejected: 'rejected',
  withdrawn: 'withdrawn',
  expired: 'expired',
  voided: 'voided',
  cancelled: 'cancelled',
};

/** What keeps a person who is pending in a campaign of this state: the ledger's row alone does not know of a form sent back. */
export const pendingBecause = (campaign: CampaignState): PendingReason => reasons[campaign];

/** Nothing will be sent any more: who is pending was not contacted, and will not be. */
export const neverSent = (reason: PendingReason): boolean =>
  ['rejected', 'withdrawn', 'expired', 'voided', 'cancelled', 'over'].includes(reason);

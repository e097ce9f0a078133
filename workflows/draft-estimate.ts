import { proxyActivities } from '@temporalio/workflow';
import type { DraftActivities } from '../activities/draft.ts';

const activities = proxyActivities<DraftActivities>({
  startToCloseTimeout: '30 minutes',
  heartbeatTimeout: '30s',
  retry: { initialInterval: '1s', maximumInterval: '30s', maximumAttempts: 10 },
});

export const draftEstimateWorkflowId = (draftId: string, wanted: string): string =>
  `draft-estimate:${draftId}:${wanted}`;

/** Counts the people of a draft while somebody goes on filling it in. */
export async function draftEstimate(draftId: string, wanted: string): Promise<void> {
  await activities.estimateDraft(draftId, wanted);
}

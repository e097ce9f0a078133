import { proxyActivities } from '@temporalio/workflow';
import type { DraftActivities } from '../activities/draft.ts';

// A further attempt never calls the gateway again: it closes the row of the one before it.
const activities = proxyActivities<DraftActivities>({
  startToCloseTimeout: '1 minute',
  retry: { initialInterval: '1s', maximumInterval: '10s', maximumAttempts: 10 },
});

export const testSendWorkflowId = (testSendId: string): string => `test-send:${testSendId}`;

/** One test message to one of the own people. */
export async function testSend(testSendId: string): Promise<void> {
  await activities.sendTest(testSendId);
}

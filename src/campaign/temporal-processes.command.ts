import {
  ApplicationFailure,
  type Client,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
} from '@temporalio/client';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../kernel/app-error.rule.ts';
import { campaignWorkflowId, signUpdate, tellUpdate, type smsCampaign } from '../../workflows/sms-campaign.ts';
import { draftEstimateWorkflowId, type draftEstimate } from '../../workflows/draft-estimate.ts';
import { testSendWorkflowId, type testSend } from '../../workflows/test-send.ts';
import type { Processes } from '../house/processes.ts';

/** Long enough for a worker that has just come back to take the update, short enough for a person who waits. */
const answerWithinMs = 30_000;

export function createTemporalProcesses(client: Client, taskQueue: string): Processes {
  return {
    async startCampaign(campaignId) {
      for (let tries = 1; ; tries += 1) {
        try {
          await reach(() =>
            client.workflow.start<typeof smsCampaign>('smsCampaign', {
              taskQueue,
              workflowId: campaignWorkflowId(campaignId),
              args: [{ campaignId }],
            }),
          );
          return;
        } catch (error) {
          if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
          // Either a repeated submit, whose first workflow is at work, or the workflow that has just sent the campaign back
          // to its draft and is about to end: without another try nobody would freeze the corrected one.
          if (tries === 10) return;
          await sleep(200);
        }
      }
    },
    async sign(campaignId, request) {
      const handle = client.workflow.getHandle(campaignWorkflowId(campaignId));
      try {
        // Of one person: another's request with the same id must not be given this one's answer.
        const updateId = `${request.signatureId}:${request.staffId}`;
        await reach(() => handle.executeUpdate(signUpdate, { args: [request], updateId }));
      } catch (error) {
        const cause = error instanceof WorkflowUpdateFailedError ? error.cause : null;
        if (cause instanceof ApplicationFailure && cause.type)
          throw new AppError('conflict', cause.type, cause.message);
        if (error instanceof WorkflowNotFoundError)
          throw new AppError('conflict', 'campaign.not-awaiting-signature', 'This campaign takes no signature now.');
        throw error;
      }
    },
    estimateDraft: (draftId, wanted) =>
      once(() =>
        client.workflow.start<typeof draftEstimate>('draftEstimate', {
          taskQueue,
          workflowId: draftEstimateWorkflowId(draftId, wanted),
          args: [draftId, wanted],
        }),
      ),
    sendTest: (testSendId) =>
      once(() =>
        client.workflow.start<typeof testSend>('testSend', {
          taskQueue,
          workflowId: testSendWorkflowId(testSendId),
          workflowIdReusePolicy: 'REJECT_DUPLICATE',
          args: [testSendId],
        }),
      ),
    async notify(campaignId, event) {
      const handle = client.workflow.getHandle(campaignWorkflowId(campaignId));
      try {
        await reach(() => handle.executeUpdate(tellUpdate, { args: [event] }));
      } catch (error) {
        // It has ended: there is nobody to tell, and the database says so already.
        if (!(error instanceof WorkflowNotFoundError)) throw error;
      }
    },
  };
}

/** One that runs already (or, where repeats are refused, has run) is as good as a new one. */
async function once(start: () => Promise<unknown>): Promise<void> {
  try {
    await reach(start);
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}

async function reach<T>(call: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(unreachable()), answerWithinMs);
  });
  try {
    return await Promise.race([call(), late]);
  } catch (error) {
    const code = (error as { cause?: { code?: unknown } }).cause?.code;
    // gRPC 14 UNAVAILABLE, 4 DEADLINE_EXCEEDED.
    if (code === 14 || code === 4) throw unreachable(error);
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

const unreachable = (cause?: unknown): AppError =>
  new AppError(
    'unavailable',
    'process.unreachable',
    'Temporal or its worker does not answer now. What the database recorded stands; repeat the call in a moment.',
    undefined,
    { cause },
  );

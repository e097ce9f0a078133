import {
  ApplicationFailure,
  type Client,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
} from '@temporalio/client';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../kernel/app-error.rule.ts';
import { inTime } from '../kernel/in-time.ts';
import {
  campaignWorkflowId,
  signUpdate,
  tellUpdate,
  type CampaignEvent,
  type smsCampaign,
} from '../../workflows/sms-campaign.ts';
import { draftEstimateWorkflowId, type draftEstimate } from '../../workflows/draft-estimate.ts';
import { testSendWorkflowId, type testSend } from '../../workflows/test-send.ts';
import { signOffWorkflowId, type signOff } from '../../workflows/sign-off.ts';
import { callListWorkflowId, nudgeUpdate, type callList } from '../../workflows/call-list.ts';
import type { SignRequest } from '../house/evidence.rule.ts';
import type { ProcessOf, Processes } from '../house/processes.ts';

/** How the process of a campaign begins, whoever begins it. */
export const campaignStart = (taskQueue: string, campaignId: string) => ({
  taskQueue,
  workflowId: campaignWorkflowId(campaignId),
  args: [{ campaignId }] as [{ campaignId: string }],
});

const workflowOf = (subject: ProcessOf): string =>
  subject.kind === 'campaign' ? campaignWorkflowId(subject.id) : signOffWorkflowId(subject);

/** Long enough for a worker that has just come back to take the update, short enough for a person who waits. */
const answerWithinMs = 30_000;

export function createTemporalProcesses(client: Client, taskQueue: string): Processes {
  /** False when there is no process that could be told. */
  const tell = async (subject: ProcessOf, event: CampaignEvent): Promise<boolean> => {
    const handle = client.workflow.getHandle(workflowOf(subject));
    try {
      await reach(() => handle.executeUpdate(tellUpdate, { args: [event] }));
      return true;
    } catch (error) {
      // The handler refuses nothing: an update that fails has lost its process on the way.
      if (error instanceof WorkflowNotFoundError || error instanceof WorkflowUpdateFailedError) return false;
      throw error;
    }
  };
  const start = (campaignId: string) =>
    reach(() => client.workflow.start<typeof smsCampaign>('smsCampaign', campaignStart(taskQueue, campaignId)));
  const startSignOff = (subject: ProcessOf) =>
    once(() =>
      client.workflow.start<typeof signOff>('signOff', {
        taskQueue,
        workflowId: signOffWorkflowId(subject),
        args: [subject],
      }),
    );
  const startOf = (subject: ProcessOf): Promise<void> =>
    subject.kind === 'campaign' ? once(() => start(subject.id)) : startSignOff(subject);
  const hand = (subject: ProcessOf, request: SignRequest) =>
    reach(() =>
      client.workflow.getHandle(workflowOf(subject)).executeUpdate(signUpdate, {
        args: [request],
        // Of one person: another's request with the same id must not be given this one's answer.
        updateId: `${request.signatureId}:${request.staffId}`,
      }),
    );
  return {
    async startCampaign(campaignId) {
      for (let tries = 1; ; tries += 1) {
        try {
          await start(campaignId);
          return;
        } catch (error) {
          if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
          // Either a repeated submit, whose process is at work, or one that has just sent the campaign back to its draft, or one
          // that lives on from before a restore: whichever it is, it looks at the database again when it is told.
          if ((await tell({ kind: 'campaign', id: campaignId }, 'submitted')) || tries === 10) return;
          await sleep(200);
        }
      }
    },
    startSignOff,
    startCallList: (listId) =>
      once(async () => {
        const workflowId = callListWorkflowId(listId);
        try {
          await client.workflow.start<typeof callList>('callList', { taskQueue, workflowId, args: [{ listId }] });
        } catch (error) {
          if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
          // It may be just about to end for having found the list paused.
          await client.workflow.getHandle(workflowId).executeUpdate(nudgeUpdate);
        }
      }),
    async sign(subject, request) {
      try {
        await hand(subject, request).catch(async (error: unknown) => {
          if (!(error instanceof WorkflowNotFoundError || hasJustEnded(error))) throw error;
          // The form awaits a signature and has no process: who signs does not wait until the watch has seen it. Written already, a
          // signature of that id is not written twice.
          await startOf(subject);
          await hand(subject, request);
        });
      } catch (error) {
        const cause = error instanceof WorkflowUpdateFailedError ? error.cause : null;
        if (cause instanceof ApplicationFailure && cause.type)
          throw new AppError('conflict', cause.type, cause.message);
        if (error instanceof WorkflowNotFoundError)
          throw new AppError('conflict', 'campaign.not-awaiting-signature', 'This form takes no signature now.');
        // Its process was lost on the way: whether the signature was written stands in the database.
        if (error instanceof WorkflowUpdateFailedError) throw unreachable(error);
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
    sendTest: (testSendId, how) =>
      once(() =>
        client.workflow.start<typeof testSend>('testSend', {
          taskQueue,
          workflowId: testSendWorkflowId(testSendId),
          workflowIdReusePolicy: how?.again ? 'ALLOW_DUPLICATE' : 'REJECT_DUPLICATE',
          args: [testSendId],
        }),
      ),
    async notify(subject, event) {
      // One that has ended need not be told: the database says it already, and the watch finds one that was lost.
      await tell(subject, event);
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
  try {
    return await inTime(call(), answerWithinMs, () => {
      throw unreachable();
    });
  } catch (error) {
    const code = (error as { cause?: { code?: unknown } }).cause?.code;
    // gRPC 14 UNAVAILABLE, 4 DEADLINE_EXCEEDED.
    if (code === 14 || code === 4) throw unreachable(error);
    throw error;
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

/** A process of the time before a restore ended with the update in its hands: the server's word for it, no refusal. */
const hasJustEnded = (error: unknown): boolean =>
  error instanceof WorkflowUpdateFailedError &&
  error.cause instanceof ApplicationFailure &&
  error.cause.type === 'AcceptedUpdateCompletedWorkflow';

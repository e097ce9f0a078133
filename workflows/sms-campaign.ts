import {
  ActivityCancellationType,
  allHandlersFinished,
  ApplicationFailure,
  CancellationScope,
  condition,
  continueAsNew,
  defineUpdate,
  proxyActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { CampaignActivities } from '../activities/campaign.ts';
import { sendersQueue } from './senders-queue.ts';
import type { SpanEnd, SpanInput } from '../activities/send-span.ts';
import type { SignRequest } from '../src/house/evidence.rule.ts';

/** All that a process is given, and all that survives continue-as-new: everything else it asks the database. */
export type CampaignInput = { campaignId: string };
export type CampaignEvent = 'submitted' | 'ended' | 'paused' | 'resumed' | 'cancelled';

export const signUpdate = defineUpdate<void, [SignRequest]>('sign');
/** The database has been changed already; the workflow looks again and answers when no span is being sent any more. */
export const tellUpdate = defineUpdate<void, [CampaignEvent]>('tell');

export const campaignWorkflowId = (campaignId: string): string => `campaign:${campaignId}`;

// Every activity beats twice a second, whatever it does: a worker that died is known within three seconds, and its work is given
// to another without a pause that grows. Three and not one: a busy machine may not come to it for a second or two.
const heartbeatTimeout = '3s' as const;
const retry = { initialInterval: '300ms', backoffCoefficient: 1.5, maximumInterval: '2s' } as const;
const quick = proxyActivities<CampaignActivities>({ startToCloseTimeout: '2 minutes', heartbeatTimeout, retry });
// Freezing a million people computes for a second at a time where the machine is busy, and nobody waits for a message meanwhile.
const long = proxyActivities<CampaignActivities>({ startToCloseTimeout: '2 hours', heartbeatTimeout: '10s', retry });

// The end of a million people is written in steps for longer than two minutes where the database is busy.
const closing = proxyActivities<CampaignActivities>({ startToCloseTimeout: '2 hours', heartbeatTimeout, retry });

// A go over the spans ends after so long, and the next one is planned on what holds then: how urgent it is, how many send.
const longestGoMs = 300_000;

type Span = Omit<SpanInput, 'campaignId'>;

// The server suggests a new run at 4,096 events, which is then the shortest it gets; one go over all spans of a million people
// adds up to 500, and what cannot be loaded again within ten seconds (facts: about 10,000 events) is lost to small machines.
const longestHistory = 3_000;

const historyIsLong = (): boolean => {
  const { continueAsNewSuggested, historyLength } = workflowInfo();
  return continueAsNewSuggested || historyLength > longestHistory;
};

/** One campaign, from its submission to its archive. PostgreSQL is the truth: every turn of the loop asks it what to do next. */
export async function smsCampaign({ campaignId }: CampaignInput): Promise<void> {
  const senders = {
    taskQueue: sendersQueue(workflowInfo().taskQueue),
    startToCloseTimeout: '2 hours',
    heartbeatTimeout,
    retry,
  } as const;
  let nudged = false;
  let sending = 0;
  let turns = new CancellationScope();

  // Whose turn it is, and whether the form is still the same, stands in the database: it is judged where the signature is written.
  setHandler(signUpdate, async (request) => {
    const verdict = await quick.recordSignature(campaignId, request);
    nudged = true;
    if (verdict.kind === 'refused') throw refusal(verdict.code, verdict.message);
  });
  setHandler(tellUpdate, async (event) => {
    nudged = true;
    if (event !== 'paused' && event !== 'cancelled') return;
    // Turns that wait for a place are taken back at once; those in a worker's hands end by themselves and are waited for.
    turns.cancel();
    // A pause is answered when it is true: no span of this campaign is in a worker's hands.
    await condition(() => sending === 0, '30s');
  });

  for (;;) {
    if (historyIsLong()) {
      await condition(allHandlersFinished);
      await continueAsNew<typeof smsCampaign>({ campaignId });
    }
    nudged = false;
    const step = await quick.decideNextStep(campaignId);
    switch (step.kind) {
      case 'freeze':
        await long.freezeAudience(campaignId);
        break;
      case 'expire':
        await quick.expireForm(campaignId);
        break;
      case 'start':
        await quick.startSending(campaignId);
        break;
      case 'send': {
        const spans = (await quick.planSpans(campaignId)).values();
        const { sendSpan } = proxyActivities<CampaignActivities>({
          ...senders,
          cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
          priority: { priorityKey: step.priority, fairnessKey: step.accountId },
        });
        const until = Date.now() + longestGoMs;
        const scope = new CancellationScope();
        turns = scope;
        // Its place is given up after each turn, and whoever has waited longest has it next.
        const takeTurns = async (span: Span): Promise<SpanEnd> => {
          for (;;) {
            if (nudged || Date.now() >= until) return 'stopped';
            const end = await scope.run(() => sendSpan({ campaignId, ...span }));
            if (end !== 'turn') return end;
            if (historyIsLong()) return 'stopped';
          }
        };
        const work = async (): Promise<void> => {
          for (const span of spans) {
            sending += 1;
            try {
              if ((await takeTurns(span)) !== 'done') return;
            } catch (error) {
              // One that was taken back never began, or its worker died meanwhile; without a halt it is a fault.
              if (!scope.consideredCancelled) throw error;
              return;
            } finally {
              sending -= 1;
            }
          }
        };
        await Promise.all(Array.from({ length: step.lanes }, work));
        break;
      }
      case 'wait':
        await condition(() => nudged, step.untilMs);
        break;
      case 'settle':
        if (step.waitMs > 0) await condition(() => nudged, step.waitMs);
        await proxyActivities<CampaignActivities>(senders).settle(campaignId);
        break;
      case 'close':
        await closing.closeRemaining(campaignId, step.remaining);
        break;
      case 'finish':
        await long.finishCampaign(campaignId);
        await condition(allHandlersFinished);
        return;
      case 'end':
        await condition(allHandlersFinished);
        // Handed in again while its end was being told.
        if (!nudged) return;
    }
  }
}

/** Reaches the caller as it is: the code is the contract. */
const refusal = (code: string, message: string): ApplicationFailure => ApplicationFailure.nonRetryable(message, code);

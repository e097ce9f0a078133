import {
  allHandlersFinished,
  ApplicationFailure,
  condition,
  continueAsNew,
  defineUpdate,
  proxyActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { CampaignActivities } from '../activities/campaign.ts';
import type { SignRequest } from '../src/house/evidence.rule.ts';

/** Survives continue-as-new. `awaiting` is whose signature comes next; null once both are there. */
export type CampaignInput = {
  campaignId: string;
  form?: { digest: string; applicantId: string; expiresAt: number };
  signedBy?: { liaison?: string; leader?: string };
};
export type CampaignEvent = 'ended' | 'paused' | 'resumed' | 'cancelled';

export const signUpdate = defineUpdate<void, [SignRequest]>('sign');
/** The database has been changed already; the workflow looks again and answers when no span is being sent any more. */
export const tellUpdate = defineUpdate<void, [CampaignEvent]>('tell');

export const campaignWorkflowId = (campaignId: string): string => `campaign:${campaignId}`;

// Every activity beats twice a second, whatever it does: a worker that died is known within three seconds, and its work is given
// to another without a pause that grows. Three and not one: a busy machine may not come to it for a second or two.
const heartbeatTimeout = '3s' as const;
const retry = { initialInterval: '300ms', backoffCoefficient: 1.5, maximumInterval: '2s' } as const;
const quick = proxyActivities<CampaignActivities>({ startToCloseTimeout: '2 minutes', heartbeatTimeout, retry });
const sender = proxyActivities<CampaignActivities>({ startToCloseTimeout: '2 hours', heartbeatTimeout, retry });
// Freezing and archiving a million people compute for seconds at a time, and nobody waits for a message meanwhile.
const long = proxyActivities<CampaignActivities>({ startToCloseTimeout: '2 hours', heartbeatTimeout: '30s', retry });

// Spans at once: one worker is kept busy by three, the fourth covers the end of one and the start of the next.
const spansAtOnce = 4;

// The server suggests a new run at 4,096 events, which is then the shortest it gets; one go over all spans of a million people
// adds up to 500, and what cannot be loaded again within ten seconds (facts: about 10,000 events) is lost to small machines.
const longestHistory = 3_000;

/** One campaign, from its submission to its archive. PostgreSQL is the truth: every turn of the loop asks it what to do next. */
export async function smsCampaign(input: CampaignInput): Promise<void> {
  const { campaignId } = input;
  const signedBy = { ...input.signedBy };
  let form = input.form;
  let ended = false;
  let nudged = false;
  let sending = 0;

  const demandTurn = (request: SignRequest): void => {
    const awaiting = signedBy.liaison === undefined ? 'liaison' : signedBy.leader === undefined ? 'leader' : null;
    if (request.digest !== form?.digest)
      throw refusal(
        'signature.other-digest',
        'This signature is for another form or an older version of this one. Fetch the form and sign it again.',
      );
    if (request.staffId === form.applicantId)
      throw refusal('signature.applicant', 'The applicant cannot sign the own form.');
    if (awaiting !== request.role)
      throw refusal(
        'signature.wrong-order',
        `This form awaits ${awaiting ?? 'no'} signature now: the liaison officer signs first, then the leader.`,
      );
    if (Object.values(signedBy).includes(request.staffId))
      throw refusal(
        'signature.same-person',
        'You have signed this form already; the second signature is another person’s.',
      );
  };
  setHandler(
    signUpdate,
    async (request) => {
      // The form is in the database a moment before it is here, and a quick signer has seen it there.
      await condition(() => form !== undefined);
      demandTurn(request);
      const verdict = await quick.recordSignature(campaignId, request);
      if (verdict.kind === 'refused') throw refusal(verdict.code, verdict.message);
      signedBy[request.role] = request.staffId;
    },
    { validator: (request) => form && demandTurn(request) },
  );
  setHandler(tellUpdate, async (event) => {
    nudged = true;
    if (event === 'ended') ended = true;
    // A pause is answered when it is true: no span of this campaign is in a worker's hands.
    if (event === 'paused' || event === 'cancelled') await condition(() => sending === 0, '30s');
  });

  if (!form) {
    const frozen = await long.freezeAudience(campaignId);
    if (frozen.kind !== 'formed') return;
    form = { digest: frozen.digest, applicantId: frozen.applicantId, expiresAt: Date.now() + frozen.expiresInMs };
  }
  if (signedBy.leader === undefined) {
    const inTime = await condition(
      () => signedBy.leader !== undefined || ended,
      Math.max(1, form.expiresAt - Date.now()),
    );
    await condition(allHandlersFinished);
    if (!inTime && signedBy.leader === undefined) return quick.expireForm(campaignId);
    if (ended) return;
  }

  for (;;) {
    const { continueAsNewSuggested, historyLength } = workflowInfo();
    if (continueAsNewSuggested || historyLength > longestHistory) {
      await condition(allHandlersFinished);
      await continueAsNew<typeof smsCampaign>({ campaignId, form, signedBy });
    }
    nudged = false;
    const step = await quick.decideNextStep(campaignId);
    switch (step.kind) {
      case 'start':
        await quick.startSending(campaignId);
        break;
      case 'send': {
        const spans = (await quick.planSpans(campaignId)).values();
        const work = async (): Promise<void> => {
          for (const span of spans) {
            if (nudged) return;
            sending += 1;
            try {
              const end = await sender.sendSpan({ campaignId, ...span });
              if (end !== 'done') return;
            } finally {
              sending -= 1;
            }
          }
        };
        await Promise.all(Array.from({ length: spansAtOnce }, work));
        break;
      }
      case 'wait':
        await condition(() => nudged, step.untilMs);
        break;
      case 'settle':
        if (step.waitMs > 0) await condition(() => nudged, step.waitMs);
        await sender.settle(campaignId);
        break;
      case 'close':
        await sender.closeRemaining(campaignId, step.remaining);
        break;
      case 'finish':
        await long.finishCampaign(campaignId);
        await condition(allHandlersFinished);
        return;
      case 'end':
        await condition(allHandlersFinished);
        return;
    }
  }
}

/** Reaches the caller as it is: the code is the contract. */
const refusal = (code: string, message: string): ApplicationFailure => ApplicationFailure.nonRetryable(message, code);

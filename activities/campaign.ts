import { activityInfo, Context } from '@temporalio/activity';
import { closeCampaign } from '../src/campaign/process-watch.db.ts';
import type { SignRequest } from '../src/house/evidence.rule.ts';
import { archiveCampaign } from './archive.ts';
import { freezeAudience } from './freeze.ts';
import { closeRemaining, decideNextStep, expireForm, finishCampaign, planSpans, startSending } from './lifecycle.ts';
import { recordSignature } from '../src/form/record-signature.command.ts';
import { sendSpan, type SendDeps, type SpanInput } from './send-span.ts';
import { settle } from './settle.ts';

export type CampaignActivities = ReturnType<typeof createCampaignActivities>;

/** The campaign's activities. Everything that crosses to Temporal is ids, digests, counts and codes. */
export const createCampaignActivities = (deps: SendDeps) => ({
  freezeAudience: beating((campaignId: string) => freezeAudience(deps, campaignId, beat)),
  recordSignature: beating((campaignId: string, request: SignRequest) =>
    recordSignature(deps, { kind: 'campaign', id: campaignId }, request),
  ),
  expireForm: beating((campaignId: string) => expireForm(deps.pool, campaignId)),
  decideNextStep: beating((campaignId: string) => decideNextStep(deps.pool, campaignId, activityInfo().taskQueue)),
  startSending: beating((campaignId: string) => startSending(deps, campaignId)),
  planSpans: beating((campaignId: string) => planSpans(deps.pool, campaignId)),
  sendSpan: beating((input: SpanInput) => sendSpan(deps, input, life())),
  settle: beating((campaignId: string) => settle(deps, campaignId, life())),
  closeRemaining: beating((campaignId: string, to: 'expired' | 'cancelled') =>
    closeRemaining(deps.pool, campaignId, to),
  ),
  finishCampaign: beating(async (campaignId: string): Promise<void> => {
    const campaign = await finishCampaign(deps.pool, campaignId, activityInfo().taskQueue);
    if (!campaign) return;
    await archiveCampaign(deps, campaignId, beat);
    await closeCampaign(deps.pool, campaignId, new Date());
  }),
});

const beat = (): void => Context.current().heartbeat({ attempt: activityInfo().attempt });
const life = () => ({ beat, signal: Context.current().cancellationSignal });

/** Beats while the work goes on, whatever it waits for: a slow gateway or database is no dead worker. */
function beating<Args extends unknown[], Result>(work: (...args: Args) => Promise<Result>) {
  return async (...args: Args): Promise<Result> => {
    const context = Context.current();
    const timer = setInterval(() => context.heartbeat({ attempt: context.info.attempt }), 500);
    try {
      return await work(...args);
    } finally {
      clearInterval(timer);
    }
  };
}

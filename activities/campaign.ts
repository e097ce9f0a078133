import { activityInfo, Context } from '@temporalio/activity';
import type { SignRequest } from '../src/signing/evidence.ts';
import { archiveCampaign } from './archive.ts';
import { freezeAudience } from './freeze.ts';
import { closeRemaining, decideNextStep, expireForm, finishCampaign, planSpans, startSending } from './lifecycle.ts';
import { recordSignature } from './record-signature.ts';
import { sendSpan, type SendDeps, type SpanInput } from './send-span.ts';
import { settle } from './settle.ts';

export type CampaignActivities = ReturnType<typeof createCampaignActivities>;

/** The campaign's activities. Everything that crosses to Temporal is ids, digests, counts and codes. */
export const createCampaignActivities = (deps: SendDeps) => ({
  freezeAudience: (campaignId: string) => freezeAudience(deps, campaignId, beat),
  recordSignature: (campaignId: string, request: SignRequest) => recordSignature(deps, campaignId, request),
  expireForm: (campaignId: string) => expireForm(deps.pool, campaignId),
  decideNextStep: (campaignId: string) => decideNextStep(deps.pool, campaignId),
  startSending: (campaignId: string) => startSending(deps, campaignId),
  planSpans: (campaignId: string) => planSpans(deps.pool, campaignId),
  sendSpan: (input: SpanInput) => sendSpan(deps, input, { beat, signal: Context.current().cancellationSignal }),
  settle: (campaignId: string) => settle(deps, campaignId, { beat, signal: Context.current().cancellationSignal }),
  closeRemaining: (campaignId: string, to: 'expired' | 'cancelled') => closeRemaining(deps.pool, campaignId, to),
  async finishCampaign(campaignId: string): Promise<void> {
    const campaign = await finishCampaign(deps.pool, campaignId);
    if (campaign) await archiveCampaign(deps, campaignId, beat);
  },
});

const beat = (): void => Context.current().heartbeat({ attempt: activityInfo().attempt });

import { AppError } from '../kernel/app-error.rule.ts';
import type { CampaignState } from './state.rule.ts';
import { costOf, segmentsWithin } from '../sms/cost.rule.ts';
import { mayInUnit, type Permission } from '../kernel/permission.rule.ts';
import { maskPhone } from '../kernel/phone-mask.rule.ts';
import { findCampaign, moveCampaign, type Campaign } from './campaign.db.ts';
import { rejectForm, signForm, withdrawForm, type SignInput } from '../form/sign.command.ts';
import { segmentsHandedOver } from '../sms/cost.db.ts';
import { findGatewayAccount, type GatewayAccount } from '../sms/gateway-account.db.ts';
import { claimedNow, countAccepted } from './ledger.db.ts';
import { findTemplate } from '../sms/template/template.db.ts';
import type { Db, Tx } from '../kernel/sql.db.ts';
import { countStopsFrom } from './stop-condition.db.ts';
import { demandComplete } from './draft/campaign-draft.command.ts';
import { demand, demandIn, mutate, type Context } from '../house/context.ts';
import { stopReason } from '../kernel/field.rule.ts';

/** Hands the draft in: the people are frozen, the checks are made, the form appears, the liaison officer is asked to sign. */
export async function submitCampaign(ctx: Context, input: { campaignId: string }): Promise<void> {
  demand(ctx, 'campaign:submit');
  const known = await demandCampaign(ctx, ctx.pool, input.campaignId, 'campaign:submit');
  if (known.applicantId !== ctx.staff.id)
    throw new AppError('denied', 'campaign.not-yours', 'Only the applicant who made the draft can submit it.');
  // Handed in before, but Temporal did not answer then: only its process is missing.
  if (known.state === 'freezing') return ctx.processes.startCampaign(input.campaignId);
  await mutate(ctx, 'campaign:submit', async (tx) => {
    const now = ctx.now();
    const campaign = await demandCampaign(ctx, tx, input.campaignId, 'campaign:submit');
    await demandComplete(tx, campaign, now);
    await demandMove(tx, campaign, 'freezing', null, now);
    return {
      result: undefined,
      audit: {
        action: 'campaign.submit',
        objectKind: 'campaign',
        objectId: campaign.id,
        details: { number: campaign.number },
      },
    };
  });
  await ctx.processes.startCampaign(input.campaignId);
}

const subjectOf = (campaignId: string) => ({ kind: 'campaign', id: campaignId });
export const signCampaign = (
  ctx: Context,
  { campaignId, ...input }: SignInput & { campaignId: string },
): Promise<{ signatureId: string }> => signForm(ctx, subjectOf(campaignId), input);
export const rejectCampaign = (ctx: Context, { campaignId, reason }: Told): Promise<void> =>
  rejectForm(ctx, subjectOf(campaignId), { reason });
export const withdrawCampaign = (ctx: Context, { campaignId, reason }: Told): Promise<void> =>
  withdrawForm(ctx, subjectOf(campaignId), { reason });
type Told = { campaignId: string; reason: string };

/** `waiting`: taken by the gateway, their receipts still to come. */
export type Stopped = { inFlight: { seq: number; phone: string; since: Date }[]; waiting: number };

/**
 * `reason` is whatever was given: see `stopReason`. Commits the pause, waits for the senders to confirm it and names the calls that are still open. Whoever signed or stands
 * for the house may stop it at once; only who runs it resumes or ends it.
 */
export async function pauseCampaign(ctx: Context, input: { campaignId: string; reason: unknown }): Promise<Stopped> {
  return stop(ctx, input, 'paused', 'campaign.pause');
}

/** Ends the campaign for good: what is not yet claimed is cancelled. */
export async function cancelCampaign(ctx: Context, input: { campaignId: string; reason: unknown }): Promise<Stopped> {
  return stop(ctx, input, 'cancelled', 'campaign.cancel');
}

async function stop(
  ctx: Context,
  input: { campaignId: string; reason: unknown },
  to: 'paused' | 'cancelled',
  action: string,
): Promise<Stopped> {
  const permission = to === 'paused' ? 'campaign:stop' : 'campaign:run';
  const reason = stopReason(input.reason);
  const campaign = await mutate(ctx, permission, async (tx) => {
    const found = await demandCampaign(ctx, tx, input.campaignId, permission);
    await demandMove(tx, found, to, { code: action, reason, by: ctx.staff.id }, ctx.now());
    return {
      result: found,
      audit: { action, objectKind: 'campaign', objectId: found.id, details: { reason } },
    };
  });
  await ctx.processes.notify(subjectOf(input.campaignId), to);
  const open = campaign.frozenAudienceId
    ? await claimedNow(ctx.pool, campaign.key, campaign.frozenAudienceId, 1_000)
    : [];
  const waiting = await countAccepted(ctx.pool, campaign.key);
  return { inFlight: open.map(({ seq, phone, since }) => ({ seq, phone: maskPhone(phone), since })), waiting };
}

export async function resumeCampaign(ctx: Context, input: { campaignId: string }): Promise<void> {
  await mutate(ctx, 'campaign:run', async (tx) => {
    const campaign = await demandCampaign(ctx, tx, input.campaignId, 'campaign:run');
    if (campaign.state !== 'paused')
      throw new AppError(
        'conflict',
        'campaign.not-paused',
        `This campaign is ${campaign.state}; only a paused one can be resumed.`,
      );
    const template = await findTemplate(tx, campaign.templateId);
    const account = template && (await findGatewayAccount(tx, template.gatewayAccountId));
    if (account?.state === 'stopped') {
      throw new AppError(
        'conflict',
        'gateway.account-stopped',
        `The gateway account ${account.name} is stopped (${account.stopCode}); mend the cause, then \`waihu gateway reopen ${account.name}\`.`,
      );
    }
    await demandAffordable(tx, campaign, account);
    await countStopsFrom(tx, campaign.id, ctx.now());
    // Paused before it began: it goes back to wait for its window and to have its ledger opened.
    await demandMove(tx, campaign, campaign.startedAt ? 'sending' : 'scheduled', null, ctx.now());
    return {
      result: undefined,
      audit: { action: 'campaign.resume', objectKind: 'campaign', objectId: campaign.id, details: {} },
    };
  });
  await ctx.processes.notify(subjectOf(input.campaignId), 'resumed');
}

/** Nothing more is sent than was signed for, whoever resumes: there must be room for one more message at least. */
async function demandAffordable(tx: Tx, campaign: Campaign, account: GatewayAccount | null): Promise<void> {
  if (!account) return;
  const handed = await segmentsHandedOver(tx, campaign.key);
  if (handed + 1 <= segmentsWithin(campaign.costCeilingFen, account.priceMilliYuan)) return;
  throw new AppError(
    'conflict',
    'campaign.cost-ceiling',
    'The next message would cost more than the ceiling that was signed: cancel the campaign, or let its window end.',
    { knownFen: costOf(handed, account.priceMilliYuan), ceilingFen: campaign.costCeilingFen },
  );
}

/** A campaign of a unit that the caller may not read is missing to them. */
async function demandCampaign(ctx: Context, db: Db, id: string, permission: Permission): Promise<Campaign> {
  const campaign = await findCampaign(db, id);
  if (campaign && mayInUnit(ctx.staff.grants, 'campaign:read', campaign.unit)) {
    demandIn(ctx, permission, campaign.unit);
    return campaign;
  }
  throw new AppError('missing', 'campaign.missing', 'There is no campaign with this id.');
}

async function demandMove(
  tx: Tx,
  campaign: Campaign,
  to: CampaignState,
  reason: Record<string, unknown> | null,
  now: Date,
): Promise<void> {
  if (await moveCampaign(tx, campaign.id, to, reason, now)) return;
  throw new AppError(
    'conflict',
    'campaign.wrong-state',
    `This campaign is ${campaign.state}; it cannot become ${to}.`,
    { state: campaign.state, to },
  );
}

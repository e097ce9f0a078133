import { Readable } from 'node:stream';
import { withUnopened } from './figure.rule.ts';
import { z } from 'zod';
import { AppError } from '../kernel/app-error.rule.ts';
import { balances, type LedgerCounts, type MessageState } from '../contact/message-state.rule.ts';
import { formatOutId } from '../sms/out-id.rule.ts';
import { mayInUnit } from '../kernel/permission.rule.ts';
import { pendingBecause, type PendingReason } from './pending.rule.ts';
import { maskPhone } from '../kernel/phone-mask.rule.ts';
import type { CampaignState } from './state.rule.ts';
import { listAudit } from '../house/audit/audit.db.ts';
import { campaignsNamed, findCampaign, findCampaignByNumber, listCampaigns, type Campaign } from './campaign.db.ts';
import { signaturesOf } from '../form/form.db.ts';
import { formOnRecord } from '../form/show-form.command.ts';
import { campaignSubject } from './subject.ts';
import { findCampaignForm, findLiveCampaign } from './live-campaign.db.ts';
import { findFrozenAudience } from '../audience/frozen.db.ts';
import { claimedNow, findExclusion, findMemberByPhone, receiptsOf, repliesOf } from './ledger.db.ts';
import { countOpened, countsOf, findMessage, ledgerLines } from './message.db.ts';
import { scopeOf } from '../kernel/reach.rule.ts';
import { silencesOfAddressed } from '../contact/suppression.db.ts';
import { findArchive, partsOf } from '../form/archive/archive.db.ts';
import { instant } from '../kernel/field.rule.ts';
import { normalizeMobile } from '../kernel/phone.rule.ts';
import { explainMessageCode } from './message-code.command.ts';
import { demand, demandIn, mutate, unitsFor, type Context } from '../house/context.ts';
import { Page, pageOf } from '../customer/customer.command.ts';

export type LedgerView = {
  size: number;
  counts: LedgerCounts;
  /** Counts of `suppressed` and `failed` by reason. */
  reasons: { state: string; reason: string; count: number }[];
  /** Whether the counts sum to the frozen audience. */
  balanced: boolean;
};

/** By id or by number (`WH-20261122-0001`). One of a unit that the caller may not read is missing to them. */
export async function loadCampaign(ctx: Context, idOrNumber: string): Promise<Campaign> {
  demand(ctx, 'campaign:read');
  const byId = z.uuid().safeParse(idOrNumber).success;
  const campaign = byId ? await findCampaign(ctx.pool, idOrNumber) : await findCampaignByNumber(ctx.pool, idOrNumber);
  if (!campaign || !mayInUnit(ctx.staff.grants, 'campaign:read', campaign.unit))
    throw new AppError(
      'missing',
      'campaign.missing',
      'There is no campaign with this id or number; see `waihu campaign list`.',
    );
  return campaign;
}

const Listing = Page.extend({ before: z.union([z.uuid(), instant()]).nullish() });

/** `before`: the `next` of the page before, or a moment, such as `createdAt` of the last campaign seen. */
export const browseCampaigns = (
  ctx: Context,
  { state, ...page }: { state?: CampaignState } & z.input<typeof Listing>,
): Promise<{ rows: Campaign[]; next: string | null }> => {
  demand(ctx, 'campaign:read');
  const filter = { ...(state && { state }), units: unitsFor(ctx, 'campaign:read') };
  return pageOf(Listing.parse(page), (place, limit) => {
    const before = place?.includes(':') ? new Date(place) : place;
    return listCampaigns(ctx.pool, { ...filter, before, limit });
  });
};

/** Campaigns by a part of their number or name, newest first. */
export const findCampaigns = (ctx: Context, text: string, limit: number): Promise<Campaign[]> => {
  demand(ctx, 'campaign:read');
  return campaignsNamed(ctx.pool, { text, units: unitsFor(ctx, 'campaign:read'), limit });
};

export async function showCampaign(ctx: Context, idOrNumber: string) {
  const campaign = await loadCampaign(ctx, idOrNumber);
  const form = await findCampaignForm(ctx.pool, campaign.id);
  const signatures = form ? await signaturesOf(ctx.pool, form.id) : [];
  const audience = campaign.frozenAudienceId ? await findFrozenAudience(ctx.pool, campaign.frozenAudienceId) : null;
  const claimed = campaign.frozenAudienceId
    ? await claimedNow(ctx.pool, campaign.key, campaign.frozenAudienceId, 20)
    : [];
  return {
    campaign,
    form: form && { digest: form.digest, expiresAt: form.expiresAt },
    signatures: signatures.map(({ role, staffId, staffName, kind, fingerprint, signedAt }) => ({
      role,
      staffId,
      staffName,
      kind,
      fingerprint,
      signedAt,
    })),
    ledger: audience && (await ledgerView(ctx, campaign, audience.size)),
    inFlight: claimed.map(({ seq, phone, since }) => ({ seq, phone: maskPhone(phone), since })),
    archive: await findArchive(ctx.pool, campaign.id),
  };
}

async function ledgerView(ctx: Context, campaign: Campaign, size: number): Promise<LedgerView> {
  const opened = await countOpened(ctx.pool, campaign.key);
  const lines = await ledgerLines(ctx.pool, campaign.key);
  const counts = countsOf(lines);
  const shown = campaign.finishedAt === null ? withUnopened(counts, size, opened) : counts;
  const reasons = lines.flatMap(({ state, reason, count }) => (reason === null ? [] : [{ state, reason, count }]));
  return { size, counts: shown, reasons, balanced: balances(shown, size) };
}

/** The canonical form, byte for byte what the digest is of, with who has signed it. */
export async function showForm(ctx: Context, idOrNumber: string) {
  const { id, state } = await loadCampaign(ctx, idOrNumber);
  const about = { kind: campaignSubject.kind, id };
  const form = await formOnRecord(ctx, about, { state, making: campaignSubject.isMaking(state) });
  return { campaignId: id, state, ...form };
}

/** Everything on record about one person and one campaign: was this person contacted, and why, or why not? */
export async function explainRecipient(ctx: Context, input: { campaign: string; phone: string }) {
  demand(ctx, 'campaign:explain');
  const campaign = await loadCampaign(ctx, input.campaign);
  demandIn(ctx, 'campaign:explain', campaign.unit);
  const read = normalizeMobile(input.phone);
  if (!read.ok)
    throw new AppError('invalid', `phone.${read.reason}`, 'Give a mainland mobile number.', { field: 'phone' });
  const { phone } = read;
  const live = await findLiveCampaign(ctx.pool, campaign.id);
  const member = live && (await findMemberByPhone(ctx.pool, live.audience.id, phone));
  const exclusion = live && !member ? await findExclusion(ctx.pool, live.audience.id, phone) : null;
  const person = { phone, customerId: member?.customerId ?? exclusion?.customerId ?? null };
  const suppressions = (await silencesOfAddressed(ctx.pool, person, ctx.now())).map(
    ({ kind, channels, purposes, source, createdAt, expiresAt }) => ({
      kind,
      scope: scopeOf({ channels, purposes }),
      channels,
      purposes,
      source,
      createdAt,
      expiresAt,
    }),
  );
  const base = { campaign: campaign.number, state: campaign.state, phone: maskPhone(phone), suppressions };
  if (!live)
    return {
      ...base,
      verdict: 'not-frozen' as const,
      why: `The campaign is ${campaign.state}: nobody is on its list yet.`,
    };

  if (!member) {
    return exclusion
      ? {
          ...base,
          verdict: 'excluded' as const,
          why: `Left out when the list was frozen: ${exclusion.reason}.`,
          reason: exclusion.reason,
        }
      : { ...base, verdict: 'not-listed' as const, why: 'This number was not a candidate of the audience.' };
  }
  const message = await findMessage(ctx.pool, campaign.key, member.seq);
  if (!message)
    return {
      ...base,
      verdict: 'pending' as const,
      why: pendingSentences[pendingBecause(campaign.state)],
      seq: member.seq,
    };
  const outId =
    message.requestSeq === null
      ? null
      : formatOutId({ campaignKey: campaign.key, requestSeq: message.requestSeq, attempt: message.attempt });
  return {
    ...base,
    verdict: message.state,
    why: sentenceOf(message.state, message.reason, campaign.state),
    seq: member.seq,
    reason: message.reason,
    outId,
    attempt: message.attempt,
    claimedAt: message.claimedAt,
    changedAt: message.changedAt,
    dueAt: message.dueAt,
    bizId: message.bizId,
    code: explainMessageCode(live.account.provider, message),
    receipts: outId === null ? [] : await receiptsOf(ctx.pool, phone, `wh-${campaign.key}-`),
    replies: message.claimedAt ? await repliesOf(ctx.pool, person, message.claimedAt) : [],
    history: (await listAudit(ctx.pool, { limit: 50, objectKind: 'campaign', objectId: campaign.id })).map(
      ({ at, action }) => ({ at, action }),
    ),
  };
}

const pendingSentences: Record<PendingReason, string> = {
  turn: 'On the signed list; its turn has not come yet.',
  unfrozen: 'The list is not frozen yet.',
  unsigned: 'On the list; the form is not signed yet.',
  waits: 'On the signed list; sending has not begun.',
  paused: 'Not claimed yet; the campaign is paused.',
  rejected: 'Not contacted: the form was sent back.',
  withdrawn: 'Not contacted: the form was withdrawn.',
  expired: 'Not contacted: the form expired unsigned.',
  voided: 'Not contacted: the signatures are void.',
  cancelled: 'Not contacted: the campaign was cancelled.',
  over: 'Not contacted: the campaign is over.',
};

function sentenceOf(state: MessageState, reason: string | null, campaign: CampaignState): string {
  switch (state) {
    case 'pending':
      return pendingSentences[pendingBecause(campaign)];
    case 'claimed':
      return 'Claimed: the gateway is being called.';
    case 'accepted':
      return 'The gateway took it; no receipt yet.';
    case 'delivered':
      return 'Delivered, by the receipt or the gateway’s own record.';
    case 'failed':
      return `Not delivered: ${reason}.`;
    case 'unknown':
      return campaign === 'completed' || campaign === 'archived'
        ? 'Nobody knows whether the gateway took it; it was asked until the ledger was closed, and is never sent again.'
        : 'Nobody knows whether the gateway took it; it is being asked, and is never sent again without proof.';
    case 'suppressed':
      return `Not contacted: ${reason} at the moment of sending.`;
    case 'cancelled':
      return 'Not contacted: the campaign was cancelled first.';
    case 'expired':
      return 'Not contacted: the window ended first.';
  }
}

/** The archive for a download, put on record. Its parts are read as the reader takes them. */
export async function takeArchive(
  ctx: Context,
  idOrNumber: string,
): Promise<{ number: string; bytes: number; body: Readable }> {
  const campaign = await loadCampaign(ctx, idOrNumber);
  demandIn(ctx, 'campaign:export', campaign.unit);
  const archive = await findArchive(ctx.pool, campaign.id);
  if (!archive) {
    throw new AppError(
      'missing',
      'archive.not-made',
      `This campaign is ${campaign.state}; its archive is made when everything is settled.`,
      { state: campaign.state },
    );
  }
  // Under an object of its own kind: a download is not an act on the campaign, whose record the archive holds whole.
  await mutate(ctx, 'campaign:export', () =>
    Promise.resolve({
      result: undefined,
      audit: {
        action: 'archive.export',
        objectKind: 'export',
        objectId: campaign.id,
        details: { number: campaign.number },
      },
    }),
  );
  const { bytes, build } = archive;
  return { number: campaign.number, bytes, body: Readable.from(partsOf(ctx.pool, { campaignId: campaign.id, build })) };
}

import type { Campaign } from './campaign.db.ts';
import { findArchive } from '../form/archive/archive.db.ts';
import { campaignEvents, exclusionsOf, pausesOf, sendingBeside, webhookBacklog } from './live.db.ts';
import type { CampaignFigures } from './figures.db.ts';
import { findCalendar } from '../kernel/calendar.db.ts';
import { findTextAsked } from './text.db.ts';
import { signaturesOf } from '../form/form.db.ts';
import { findCampaignForm } from './live-campaign.db.ts';
import { findFrozenAudience } from '../audience/frozen.db.ts';
import { findLastPush } from '../sms/delivery.db.ts';
import { findGatewayAccount } from '../sms/gateway-account.db.ts';
import { claimedNow } from './ledger.db.ts';
import { findTemplate } from '../sms/template/template.db.ts';
import type { Pool } from '../kernel/sql.db.ts';
import { delayAt, delayBars, partsOf, recentRate, submittedOf } from './figure.rule.ts';
import type { CampaignState } from './state.rule.ts';
import { balances, messageStates, type LedgerCounts, type MessageState } from '../contact/message-state.rule.ts';
import { maskPhone } from '../kernel/phone-mask.rule.ts';
import { mayInUnit, type Permission } from '../kernel/permission.rule.ts';
import { isOpenAt } from '../contact/sending-window.rule.ts';
import { sharesOf } from '../kernel/share.rule.ts';
import { gatewayCodes } from '../sms/index.ts';
import { loadCampaign } from './view.command.ts';
import type { Figures } from './figures.command.ts';
import { countsOf } from './message.db.ts';
import type { Context } from '../house/context.ts';
import { mayTakeLedger } from './ledger-export.command.ts';

// A ledger of some thousands is counted within this; the figures of a larger one are a moment old on the first page.
const patienceMs = 40;

/** Everything the page of a campaign shows, and what the caller may do there. */
export async function viewCampaign(ctx: Context, figures: Figures, number: string) {
  const campaign = await loadCampaign(ctx, number);
  return { ...(await liveOf(ctx.pool, figures, campaign, patienceMs, ctx.now())), rights: rightsOn(ctx, campaign) };
}
export type LiveView = Awaited<ReturnType<typeof liveOf>>;

/** What the caller may do with a campaign as it stands. */
export function rightsOn(ctx: Context, campaign: Pick<Campaign, 'state' | 'unit' | 'applicantId'>) {
  const { state, unit, applicantId } = campaign;
  const may = (permission: Permission): boolean => mayInUnit(ctx.staff.grants, permission, unit);
  const own = applicantId === ctx.staff.id;
  const runs = may('campaign:run');
  const stands = state === 'scheduled' || state === 'sending' || state === 'paused';
  return {
    pause: may('campaign:stop') && (state === 'scheduled' || state === 'sending'),
    resume: runs && state === 'paused',
    cancel: runs && stands,
    withdraw:
      own &&
      may('campaign:submit') &&
      (state === 'awaiting-liaison' || state === 'awaiting-leader' || state === 'scheduled'),
    clone: may('campaign:write'),
    submit: own && may('campaign:submit') && state === 'draft',
    explain: may('campaign:explain'),
    export: may('campaign:export'),
    list: may('audience:write'),
    ledger: mayTakeLedger({ staff: ctx.staff }, { applicantId, unit }),
  };
}

/** What moves on the page; made once for all who watch it. */
export async function liveOf(pool: Pool, figures: Figures, campaign: Campaign, patience: number, now: Date) {
  const [template, form, audience] = await Promise.all([
    findTemplate(pool, campaign.templateId),
    findCampaignForm(pool, campaign.id),
    campaign.frozenAudienceId ? findFrozenAudience(pool, campaign.frozenAudienceId) : null,
  ]);
  const account = template && (await findGatewayAccount(pool, template.gatewayAccountId));
  if (!template || !account) throw new Error('A campaign has a template and a gateway account.');
  const opened = campaign.startedAt !== null || campaign.finishedAt !== null || campaign.state === 'cancelled';
  const counted = audience && opened ? (await figures.look([campaign.key], patience)).get(campaign.key) : undefined;
  const [events, pauses, signatures, archive, exclusions, backlog, lastPushAt, beside, text, open] = await Promise.all([
    campaignEvents(pool, campaign.id, 12),
    opened ? pausesOf(pool, campaign.id) : [],
    form ? signaturesOf(pool, form.id) : [],
    findArchive(pool, campaign.id),
    audience ? exclusionsOf(pool, audience.id) : null,
    webhookBacklog(pool, account.id),
    findLastPush(pool, account.id),
    sendingBeside(pool, account.id, campaign.id),
    findTextAsked(pool, campaign.id),
    audience && (campaign.state === 'paused' || campaign.state === 'cancelled')
      ? claimedNow(pool, campaign.key, audience.id, 20)
      : [],
  ]);
  const lines = counted?.lines ?? [];
  // Whoever is on a list that ended unsigned is not pending: nobody will be sent anything.
  const ledger =
    audience && (counted || !opened) && !unsent.has(campaign.state)
      ? ledgerOf(audience.size, lines.length > 0 ? countsOf(lines) : null, lines, account.provider)
      : null;
  const waits = campaign.state === 'scheduled';
  return {
    now,
    campaign,
    /** Signed, and its window is open: it is about to begin. */
    opening: waits && isOpenAt(campaign, await findCalendar(pool), now),
    template,
    form,
    audience,
    signatures,
    archive,
    excluded: Object.entries(exclusions?.excluded ?? {})
      .map(([reason, count]) => ({ reason, count }))
      .toSorted((a, b) => b.count - a.count),
    frozenAt: exclusions?.frozenAt ?? null,
    countedAt: counted?.at ?? (opened ? null : now),
    /** Null before the list is frozen, and until the first count of a large one is there. */
    ledger,
    speed: counted ? speedOf(counted, campaign, now) : null,
    pauses,
    events,
    open: open.map(({ seq, phone, since }) => ({ seq, phone: maskPhone(phone), since })),
    gateway: {
      text: {
        askedAt: text?.askedAt ?? null,
        answeredAt: text?.answeredAt ?? null,
        everySeconds: account.settings.askTemplateEvery,
      },
      id: account.id,
      name: account.name,
      state: account.state,
      stopCode: account.stopCode === null ? null : gatewayCodes(account.provider).explain(account.stopCode),
      stoppedUntil: account.stoppedUntil,
      ratePerSecond: account.ratePerSecond,
      oldestCallAt: counted?.oldestClaimAt ?? null,
      backlog,
      lastPushAt,
      beside,
    },
  };
}

const unsent: ReadonlySet<CampaignState> = new Set(['draft', 'freezing', 'rejected', 'withdrawn', 'expired']);

type Lines = CampaignFigures['lines'];

/** `counts` is null before anybody was counted: everybody is pending. */
function ledgerOf(size: number, counts: LedgerCounts | null, lines: Lines, provider: 'aliyun') {
  const none = Object.fromEntries(messageStates.map((state) => [state, 0])) as Record<MessageState, number>;
  const shown = counts ?? { ...none, pending: size };
  const parts = partsOf(shown);
  const names = Object.entries(parts)
    .filter(([name, count]) => count > 0 || (name !== 'cancelled' && name !== 'expired'))
    .map(([name]) => name as keyof typeof parts);
  const shares = sharesOf(names.map((name) => parts[name]));
  const total = names.reduce((sum, name) => sum + parts[name], 0);
  const sumOf = (which: (line: Lines[number]) => boolean): number =>
    lines.reduce((sum, line) => (which(line) ? sum + line.count : sum), 0);
  const reasons = (state: MessageState) =>
    [
      ...Map.groupBy(
        lines.filter((line) => line.state === state && line.reason !== null),
        ({ reason }) => reason ?? '',
      ),
    ]
      .map(([reason, of]) => ({ reason, count: of.reduce((sum, { count }) => sum + count, 0) }))
      .toSorted((a, b) => b.count - a.count);
  const codes = [
    ...Map.groupBy(
      lines.filter(({ state, code, deferred }) => code !== null && (state !== 'pending' || deferred)),
      ({ code, state, taken }) => `${state} ${taken} ${code ?? ''}`,
    ).values(),
  ]
    .map((of) => codeLine(of, provider))
    .toSorted((a, b) => b.count - a.count);
  return {
    size,
    total,
    /** Zero when the parts account for everybody; else how many are too many (or, negative, too few). */
    difference: total - size,
    balanced: balances(shown, size),
    counts: shown,
    submitted: submittedOf(shown),
    refused: sumOf(({ state, taken }) => state === 'failed' && !taken),
    deferred: sumOf(({ deferred }) => deferred),
    parts: names.map((name, index) => ({ name, count: parts[name], share: shares[index] ?? 0 })),
    suppressed: reasons('suppressed'),
    failed: reasons('failed'),
    codes,
  };
}

/** `explained` is null for what a receipt said: its codes are the carriers', and our reaction follows from the reason. */
function codeLine(of: Lines, provider: 'aliyun') {
  const { state = 'failed', code = null, reason = null, taken = false } = of[0] ?? {};
  const name = code ?? '';
  const count = of.reduce((sum, line) => sum + line.count, 0);
  const explained = state === 'failed' && taken ? null : gatewayCodes(provider).explain(name);
  return { code: name, state, reason, count, explained };
}

function speedOf(figures: CampaignFigures, campaign: Campaign, now: Date) {
  const { points, step, delays, at, lastClaimAt } = figures;
  const rate = recentRate(points, step, at.getTime() / 1_000, 15);
  const pending = figures.lines.reduce((sum, { state, count }) => (state === 'pending' ? sum + count : sum), 0);
  const expected = campaign.state === 'sending' && pending > 0 ? (rate ?? 0) : 0;
  return {
    step,
    points,
    rate: campaign.state === 'sending' ? rate : null,
    limit: campaign.ratePerSecond,
    lastClaimAt,
    /** If it goes on as in the last seconds. */
    endsAt: expected > 0 ? new Date(now.getTime() + (pending / expected) * 1_000) : null,
    bars: delayBars(delays),
    p50: delayAt(delays, 0.5),
    p95: delayAt(delays, 0.95),
    judged: delays.reduce((sum, [, count]) => sum + count, 0),
  };
}

import { purposeOfText } from '../src/kernel/reach.rule.ts';
import { AppError } from '../src/kernel/app-error.rule.ts';
import { costOf } from '../src/sms/cost.rule.ts';
import { nextStep, stepBeforeSending, type NextStep } from '../src/campaign/next-step.rule.ts';
import { doubtLedger } from '../src/campaign/restore.db.ts';
import { withUnopened } from '../src/campaign/figure.rule.ts';
import { turnsFor, type Turns } from '../src/campaign/turn.rule.ts';
import { windowStateAt } from '../src/contact/sending-window.rule.ts';
import { record } from '../src/house/audit/audit.db.ts';
import { findCalendar } from '../src/kernel/calendar.db.ts';
import {
  campaignWindow,
  findCampaign,
  lockCampaign,
  moveCampaign,
  type Campaign,
} from '../src/campaign/campaign.db.ts';
import { receiptSummary } from '../src/campaign/archive-part.db.ts';
import { noteTextAnswer } from '../src/campaign/text.db.ts';
import { segmentsHandedOver } from '../src/sms/cost.db.ts';
import { findCampaignForm, findLiveCampaign, type LiveCampaign } from '../src/campaign/live-campaign.db.ts';
import { findGatewayAccount } from '../src/sms/gateway-account.db.ts';
import { outlook } from '../src/campaign/ask.db.ts';
import {
  closePending,
  countMembers,
  countsOf,
  doubtClaimed,
  ledgerLines,
  countOpened,
  findListToOpen,
  openLedger,
  triedAndPending,
  type SeqSpan,
} from '../src/campaign/message.db.ts';
import { lastClaimAt, spansDue } from '../src/campaign/ledger.db.ts';
import type { LedgerCounts } from '../src/contact/message-state.rule.ts';
import { settleByReceipts } from '../src/campaign/receipt.db.ts';
import { transaction, type Pool, type Tx } from '../src/kernel/sql.db.ts';
import { findTemplate } from '../src/sms/template/template.db.ts';
import { livingSenders } from '../src/app/worker-beat.db.ts';
import { pauseCampaign, voidCampaign } from './halt.ts';
import { checkGateway } from '../src/sms/gateway-check.ts';
import type { SendDeps } from './send-span.ts';
import { verifyBatch } from './verified-batch.ts';

/** With what the places are given out by: turns of one account count together where the server knows fairness. */
export type CampaignStep =
  | Exclude<NextStep, { kind: 'send' }>
  | (Extract<NextStep, { kind: 'send' }> & Turns & { accountId: string });

/** What the campaign's workflow does now: the database's facts, judged by pure rules. */
export async function decideNextStep(pool: Pool, campaignId: string, taskQueue: string): Promise<CampaignStep> {
  const now = new Date();
  const known = await findCampaign(pool, campaignId);
  const form = known && (await findCampaignForm(pool, campaignId));
  const before = known && stepBeforeSending(known.state, form?.expiresAt ?? null, now);
  if (before) return before;
  const live = await findLiveCampaign(pool, campaignId);
  if (!live) return { kind: 'end' };
  const { campaign, audience, account } = live;
  const calendar = await findCalendar(pool, campaign.calendarVersion);
  if (!calendar)
    throw new AppError(
      'unavailable',
      'calendar.missing',
      'The working-day calendar of this campaign is gone; import it again.',
    );
  const opened = await countOpened(pool, campaign.key);
  const lines = await ledgerLines(pool, campaign.key);
  const counts = countsOf(lines);
  const size = lines.length > 0 ? await peopleOf(pool, audience, counts) : audience.size;
  const unopened = withUnopened(counts, audience.size, opened).pending - counts.pending;
  const ahead = await outlook(pool, campaign.key, account.settings.settle, now);
  const sentAt = await lastClaimAt(pool, campaign.key);
  const window = windowStateAt(campaignWindow(campaign), calendar, now);
  const step = nextStep({
    state: campaign.state,
    window,
    // Whoever on the list has no row is pending: before their span is opened, or where an end was broken off.
    counts: withUnopened(counts, size, 0),
    dueNow: ahead.dueNow + unopened,
    nextDueAt: ahead.nextDueAt,
    open: ahead.open,
    askAt: ahead.askAt,
    sentAt,
    settleUntil: sentAt ? new Date(sentAt.getTime() + account.settings.settle.receiptHours * 3_600_000) : null,
    finished: campaign.finishedAt !== null,
    closed: campaign.closedAt !== null,
    now,
  });
  if (step.kind !== 'send') return step;
  const endsToday = window.kind === 'open' && window.closesAt.getTime() === campaign.endsAt.getTime();
  const turns = turnsFor({
    pending: counts.pending + unopened,
    perSecond: Math.min(campaign.ratePerSecond, account.ratePerSecond),
    leftMs: endsToday ? campaign.endsAt.getTime() - now.getTime() : null,
    senders: await livingSenders(pool, taskQueue),
  });
  return { ...step, ...turns, accountId: account.id };
}

/** People of the ledger, those without a row yet among them. Who was taken off the list behind the signatures never gets one. */
async function peopleOf(pool: Pool, { id, size }: LiveCampaign['audience'], counts: LedgerCounts): Promise<number> {
  const there = Object.values(counts).reduce((sum, count) => sum + count, 0);
  return there < size ? countMembers(pool, id, size) : size;
}

/** Starts sending, unless the signatures or the gateway's own text no longer hold. */
export async function startSending(deps: SendDeps, campaignId: string): Promise<void> {
  const verified = await verifyBatch(deps, campaignId, 1);
  if (!verified.holds) return voidCampaign(deps.pool, campaignId, { code: verified.code, changed: verified.changed });
  const { campaign, template, account, audience } = verified.live;
  try {
    await checkGateway(deps.gatewayOf(account), template);
  } catch (error) {
    if (!(error instanceof AppError) || error.kind === 'unavailable') throw error;
    return pauseCampaign(deps.pool, campaignId, { code: error.code });
  }
  if ((await findCampaign(deps.pool, campaignId))?.state !== 'scheduled') return;
  // Else each span opens its own part: the first message of a million people need not wait for the last one's row.
  if (campaign.doubtUntil) await openWholeLedger(deps.pool, campaignId);
  await transaction(deps.pool, async (tx) => {
    const now = new Date();
    // Locked first: a cancel that comes now waits, and one that came before closes whoever has no row yet.
    const locked = await lockCampaign(tx, campaignId);
    if (locked?.state !== 'scheduled') return;
    await doubtForgotten(tx, locked);
    await noteTextAnswer(tx, campaignId, now);
    await moveCampaign(tx, campaignId, 'sending', null, now);
    await record(
      tx,
      {
        actor: 'system',
        action: 'campaign.start',
        objectKind: 'campaign',
        objectId: campaignId,
        details: { size: audience.size },
      },
      now,
    );
  });
}

/** Before its first message: in a time that a restored database has forgotten, everybody may have been written to already. */
async function doubtForgotten(tx: Tx, campaign: Campaign): Promise<void> {
  const { key, frozenAudienceId: audienceId, doubtUntil: until, startedAt } = campaign;
  if (startedAt || !until || !audienceId || (await triedAndPending(tx, key)).length > 0) return;
  const template = await findTemplate(tx, campaign.templateId);
  if (!template) return;
  const purpose = purposeOfText({ kind: template.kind, contactPurpose: campaign.contactPurpose });
  await doubtLedger(tx, { key, audienceId, until, purpose, list: null });
}

/** Spans with somebody due now, each a range of batches. */
export async function planSpans(
  pool: Pool,
  campaignId: string,
): Promise<{ span: number; fromBatch: number; toBatch: number }[]> {
  const list = await findListToOpen(pool, campaignId);
  if (!list) return [];
  const batches = Math.ceil(list.size / list.batchSize);
  return (await spansDue(pool, list, new Date())).map(({ span }) => ({
    span,
    fromBatch: (span - 1) * list.batchesPerSpan + 1,
    toBatch: Math.min(span * list.batchesPerSpan, batches),
  }));
}

// A second or two of the database: nobody's clean-up waits longer for the end of a million people.
const closedAStep = 100_000;

/**
 * Ends what was never claimed: the window is over, or people said stop. In steps, each committed with its own row on record: whoever
 * is not closed yet is pending, so the ledger balances at every moment, and what is broken off goes on where it stood.
 */
export async function closeRemaining(
  pool: Pool,
  campaignId: string,
  to: 'expired' | 'cancelled',
  perStep = closedAStep,
): Promise<void> {
  const live = await findLiveCampaign(pool, campaignId);
  if (!live) return;
  const { campaign, audience } = live;
  if (campaign.doubtUntil && !campaign.startedAt) await doubtBeforeEnd(pool, campaignId);
  for (let from = 1; from <= audience.size; from += perStep) {
    const step = { from, to: Math.min(audience.size, from + perStep - 1) };
    await transaction(pool, (tx) => closeStep(tx, campaignId, audience.id, step, to));
  }
}

async function closeStep(
  tx: Tx,
  campaignId: string,
  audienceId: string,
  step: SeqSpan,
  to: 'expired' | 'cancelled',
): Promise<void> {
  const now = new Date();
  const campaign = await lockCampaign(tx, campaignId);
  // A try of the time before a restore may find a campaign that nobody has stopped.
  if (!campaign || (to === 'cancelled' && campaign.state !== 'cancelled' && campaign.state !== 'voided')) return;
  const of = { key: campaign.key, audienceId };
  // Of whoever waits to be tried again a receipt may be here: then they were reached, and are not closed as never written to.
  await settleByReceipts(tx, of, await triedAndPending(tx, campaign.key, step));
  const closed = await closePending(tx, of, step, to, now);
  if (closed === 0) return;
  await record(
    tx,
    {
      actor: 'system',
      action: `campaign.${to === 'expired' ? 'expire-pending' : 'cancel-pending'}`,
      objectKind: 'campaign',
      objectId: campaignId,
      details: { closed },
    },
    now,
  );
}

/** Only a campaign that a restored database has forgotten: everybody may have been written to before the end. */
async function doubtBeforeEnd(pool: Pool, campaignId: string): Promise<void> {
  await openWholeLedger(pool, campaignId);
  await transaction(pool, async (tx) => {
    const locked = await lockCampaign(tx, campaignId);
    if (locked) await doubtForgotten(tx, locked);
  });
}

async function openWholeLedger(pool: Pool, campaignId: string): Promise<void> {
  const list = await findListToOpen(pool, campaignId);
  if (list) await openLedger(pool, list);
}

/** A form that was not signed in time sends nobody anything. */
export const expireForm = (pool: Pool, campaignId: string): Promise<void> =>
  transaction(pool, async (tx) => {
    const now = new Date();
    if (!(await moveCampaign(tx, campaignId, 'expired', { code: 'form.expired' }, now))) return;
    await record(
      tx,
      { actor: 'system', action: 'campaign.expire', objectKind: 'campaign', objectId: campaignId, details: {} },
      now,
    );
  });

/** All is told that will be told: the ledger is closed and put on record. A cancelled or voided campaign keeps its state. */
export async function finishCampaign(pool: Pool, campaignId: string, taskQueue: string): Promise<Campaign | null> {
  // A try of the time before a restore may come when the campaign still awaits its signatures, or has a ledger to settle again.
  if ((await decideNextStep(pool, campaignId, taskQueue)).kind !== 'finish') return null;
  return transaction(pool, async (tx) => {
    const now = new Date();
    const campaign = await lockCampaign(tx, campaignId);
    if (!campaign) return null;
    if (campaign.finishedAt) return campaign;
    // A worker that died in the last hour of waiting left rows claimed; nothing open goes into an archive.
    await doubtClaimed(tx, campaign.key, 1, 2 ** 31 - 1, now);
    await moveCampaign(tx, campaignId, 'settling', null, now);
    await moveCampaign(tx, campaignId, 'completed', null, now);
    await tx.query('update campaign set finished_at = $2 where id = $1', [campaignId, now]);
    const counts = countsOf(await ledgerLines(tx, campaign.key));
    const receipts = await receiptSummary(tx, campaign.key);
    await recordExcess(tx, campaign, now);
    await record(
      tx,
      {
        actor: 'system',
        action: 'campaign.finish',
        objectKind: 'campaign',
        objectId: campaignId,
        details: { counts, receipts },
      },
      now,
    );
    return findCampaign(tx, campaignId);
  });
}

/** Receipts that came after the last message may bill more than was signed for: nobody could have paused, and everybody can read it. */
async function recordExcess(tx: Tx, campaign: Campaign, now: Date): Promise<void> {
  const template = await findTemplate(tx, campaign.templateId);
  const account = template && (await findGatewayAccount(tx, template.gatewayAccountId));
  if (!account) return;
  const billedFen = costOf(await segmentsHandedOver(tx, campaign.key), account.priceMilliYuan);
  if (billedFen <= campaign.costCeilingFen) return;
  await record(
    tx,
    {
      actor: 'system',
      action: 'campaign.cost-exceeded',
      objectKind: 'campaign',
      objectId: campaign.id,
      details: { billedFen, ceilingFen: campaign.costCeilingFen },
    },
    now,
  );
}

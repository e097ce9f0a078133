import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { campaignWindow } from '../src/campaign/campaign.db.ts';
import { findCalendar } from '../src/kernel/calendar.db.ts';
import { dueAmong } from '../src/campaign/claim.db.ts';
import type { LiveCampaign } from '../src/campaign/live-campaign.db.ts';
import { batchesDue, doubtClaimed, findListToOpen, openSpan, takeLease } from '../src/campaign/message.db.ts';
import { loadTextAsk } from '../src/contact/ask.db.ts';
import type { Pool } from '../src/kernel/sql.db.ts';
import { AppError } from '../src/kernel/app-error.rule.ts';
import type { Form } from '../src/form/form.rule.ts';
import { windowStateAt } from '../src/contact/sending-window.rule.ts';
import type { AuditSeals } from '../src/house/audit/seals.ts';
import { portionOf } from '../src/sms/pace.rule.ts';
import type { SmsGateway } from '../src/sms/gateway.ts';
import { callMarginMs } from './call-permit.ts';
import { claimAndCall, type Line } from './claim-and-call.ts';
import { pauseCampaign, voidCampaign } from './halt.ts';
import type { HaltWatches } from './halt-watch.ts';
import type { InFlight } from './in-flight.ts';
import type { LeaveDesk } from './leave-desk.ts';
import { createRequestSender, type BatchLoad } from './request-sender.ts';
import { createResultBuffer } from './result-buffer.ts';
import { createSignedWatch } from './signed-watch.ts';
import { membersPerRequest, segmentCounter, type BatchRun } from './span-claim.ts';
import { textStands } from './text-watch.ts';
import { createDigestTrust, verifyBatch, type VerifiedBatch } from './verified-batch.ts';

export type SpanInput = { campaignId: string; span: number; fromBatch: number; toBatch: number };
/** Why the span's run ended: all due members were claimed, its turn was over, or something stopped it. */
export type SpanEnd = 'done' | 'turn' | 'stopped' | 'window';

export type SendDeps = {
  pool: Pool;
  gatewayOf: (account: LiveCampaign['account']) => SmsGateway;
  inFlight: InFlight;
  desk: LeaveDesk;
  halts: HaltWatches;
  seals: AuditSeals;
  /** What new forms are made in; absent: the newest. A test of an update makes them in an older one. */
  formFormat?: Form['format'];
  onTrouble(sentence: string, fields: Record<string, unknown>): void;
  /** How long a run begins calls before it gives its place up; those that are open then are still waited for. */
  turnMs?: number;
};
export const usualTurnMs = 45_000;

/**
 * Members a claim takes at most where no rate is narrower, and what a pause may have to give back: a tenth of a second's work at one
 * number a call, a whole batch where a call carries a hundred.
 */
const slice = { single: 250, batched: 1_000 };
/** Whole portions: a small rest at the end of each slice would cost a turn of claiming, at 200 a second each seventh. */
function sliceOf({ requests, ratePerSecond }: LiveCampaign['campaign']): number {
  const [most, portion] = [slice[requests], portionOf(ratePerSecond)];
  return portion < most ? most - (most % portion) : most;
}

/**
 * Sends what is due in a span of batches. Every batch is verified before its first claim; every claim is committed before
 * its calls; a batch whose signatures do not hold voids the campaign. Calls of one batch are still being answered while the
 * next is verified and claimed: waiting for the last answer of each batch would leave the line empty at its end.
 */
export async function sendSpan(
  deps: SendDeps,
  input: SpanInput,
  life: { beat(): void; signal: AbortSignal },
): Promise<SpanEnd> {
  const owner = randomUUID();
  const endsAt = performance.now() + (deps.turnMs ?? usualTurnMs);
  const trust = createDigestTrust();
  let line: Line | null = null;
  try {
    // Rows of the span's people, before anybody is claimed. What has ended meanwhile is closed by who ends it, with or without a row.
    const list = await findListToOpen(deps.pool, input.campaignId);
    if (list) await openSpan(deps.pool, list, input.span);
    const due = await batchesDue(deps.pool, input, new Date());
    // Where nobody is due any more, what an earlier attempt left open is still looked for.
    const batches = due.length > 0 ? due : [input.fromBatch];
    let next: Promise<VerifiedBatch> | null = null;
    for (const [index, batch] of batches.entries()) {
      const verified: VerifiedBatch = await (next ?? verifyBatch(deps, input.campaignId, batch, trust));
      next = null;
      if (!verified.holds) {
        await voidCampaign(deps.pool, input.campaignId, { code: verified.code, changed: verified.changed });
        return 'stopped';
      }
      const { live, members, seen } = verified;
      const gateway = await gatewayFor(deps, live);
      if (!gateway || !(await textStands(deps, live, gateway))) return 'stopped';
      if (!line) {
        if (!(await deps.halts.mayBegin())) return 'stopped';
        await takeLease(deps.pool, live.campaign.key, input.span, owner, new Date());
        const { batchSize } = live.audience;
        await doubtClaimed(
          deps.pool,
          live.campaign.key,
          (input.fromBatch - 1) * batchSize + 1,
          input.toBatch * batchSize,
          new Date(),
        );
        line = openLine(deps, input, owner, live);
      }
      const segmentsOf = segmentCounter(live);
      const following = batches[index + 1];
      // Verified while the last of this one leave, or the line would be empty meanwhile.
      const atTheEnd = (): void => {
        if (next !== null || following === undefined) return;
        next = verifyBatch(deps, input.campaignId, following, trust);
        next.catch(() => undefined);
      };
      const run = { ...input, owner, endsAt, live, members, seen, batch, trust, gateway, segmentsOf, atTheEnd };
      const end = await sendBatch(deps, run, line, life);
      if (end !== 'done') return end;
      life.beat();
    }
    return 'done';
  } finally {
    await line?.sender.finish();
    line?.watch.stop();
  }
}

/** The driver of the account that was verified; null when messages may not go there, and then the campaign is paused. */
async function gatewayFor(deps: SendDeps, { campaign, account }: LiveCampaign): Promise<SmsGateway | null> {
  try {
    return deps.gatewayOf(account);
  } catch (error) {
    if (!(error instanceof AppError) || error.kind === 'unavailable') throw error;
    await pauseCampaign(deps.pool, campaign.id, { code: error.code });
    return null;
  }
}

function openLine(
  deps: SendDeps,
  { span }: SpanInput,
  owner: string,
  { campaign, audience, account }: LiveCampaign,
): Line {
  const results = createResultBuffer(deps.pool, campaign.key, audience.id, (error) =>
    deps.onTrouble('The database did not take results; trying again.', { campaignId: campaign.id, error }),
  );
  const watch = deps.halts.open({ campaignKey: campaign.key, accountId: account.id, span, owner });
  return { watch, spent: null, sender: createRequestSender({ ...deps, results, watch }) };
}

async function sendBatch(
  deps: SendDeps,
  run: BatchRun,
  line: Line,
  life: { beat(): void; signal: AbortSignal },
): Promise<SpanEnd> {
  const { pool } = deps;
  const { sender, watch } = line;
  const { campaign, template, account } = run.live;
  const calendar = await findCalendar(pool, campaign.calendarVersion);
  const textAsk = await loadTextAsk(pool, { ...campaign, kind: template.kind, account });
  const ask = { ...textAsk, campaignKey: campaign.key };
  const load: BatchLoad = {
    live: run.live,
    members: run.members,
    gateway: run.gateway,
    answered: 0,
    refused: 0,
  };
  const people = [...run.members.values()];
  const holds = createSignedWatch(deps, run);
  const atOnce = sliceOf(campaign);
  for (let from = 0; from < people.length; from += atOnce) {
    // Whoever becomes due again meanwhile is found by the next plan.
    let due = await dueAmong(pool, campaign.key, people.slice(from, from + atOnce), new Date());
    while (due.length > 0) {
      // A pause that was taken back at once is still a halt for this run: it would claim and give back for ever.
      if (life.signal.aborted || watch.ended()) return 'stopped';
      if (performance.now() >= run.endsAt) return 'turn';
      life.beat();
      if (!(await holds())) return 'stopped';
      const now = new Date();
      const window = calendar && windowStateAt(campaignWindow(campaign), calendar, now);
      if (window?.kind !== 'open') return 'window';
      if (window.closesAt.getTime() - now.getTime() <= callMarginMs) {
        await sleep(window.closesAt.getTime() - now.getTime());
        return 'window';
      }
      const isLast = from + atOnce >= people.length;
      const calls = Math.ceil(
        Math.min(due.length, portionOf(campaign.ratePerSecond)) / membersPerRequest(run, load.gateway),
      );
      const ahead = await deps.inFlight.claimAhead(account.id, calls, Math.min(run.endsAt, performance.now() + 1_000));
      if (ahead === null) continue;
      try {
        const sent = await claimAndCall(deps, run, line, {
          due,
          isLast,
          load,
          ask,
          holds,
          closesAt: window.closesAt,
          ahead,
        });
        if (sent.end !== null) return sent.end;
        ({ due } = sent);
      } finally {
        ahead.keep(0);
      }
      const restMs = sender.restMs();
      if (restMs > 0) await sleep(restMs);
    }
  }
  return 'done';
}

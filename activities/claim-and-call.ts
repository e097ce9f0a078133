import { setTimeout as sleep } from 'node:timers/promises';
import { claimSlice, type ClaimedMember, type Claim } from '../src/campaign/claim.db.ts';
import type { LiveCampaign } from '../src/campaign/live-campaign.db.ts';
import type { ContactAsk } from '../src/contact/contact.rule.ts';
import type { ListedMember } from '../src/campaign/message.db.ts';
import type { Pool } from '../src/kernel/sql.db.ts';
import { errorBudgetSpent } from '../src/sms/outcome-reaction.rule.ts';
import { costOf } from '../src/sms/cost.rule.ts';
import type { Spent } from '../src/sms/pace.rule.ts';
import { noteClaim } from '../src/sms/rate.db.ts';
import { createCallPermit, type CallPermit } from './call-permit.ts';
import { pauseCampaign } from './halt.ts';
import type { HaltWatch } from './halt-watch.ts';
import type { Ahead } from './in-flight.ts';
import type { BatchLoad, RequestSender } from './request-sender.ts';
import type { SendDeps, SpanEnd } from './send-span.ts';
import { askLeave, claimRequest, type BatchRun } from './span-claim.ts';

/** What one span has open from its first batch to its last, and what became of its last leave. */
export type Line = { sender: RequestSender; watch: HaltWatch; spent: Spent | null };

type Some = {
  due: ListedMember[];
  /** Nobody of the batch is due after these. */
  isLast: boolean;
  load: BatchLoad;
  ask: ContactAsk;
  holds: () => Promise<boolean>;
  closesAt: Date;
  ahead: Ahead;
};

/** Takes leave for some of those who are due, claims them, and begins their calls; gives who is still due. */
export async function claimAndCall(
  deps: SendDeps,
  run: BatchRun,
  line: Line,
  { due, isLast, load, ask, holds, closesAt, ahead }: Some,
): Promise<{ due: ListedMember[]; end: SpanEnd | null }> {
  const { pool } = deps;
  const { sender, watch } = line;
  const { campaign } = run.live;
  const leave = await askLeave(deps.desk, run, line, due.length);
  if (typeof leave === 'number') {
    ahead.keep(0);
    await sleep(leave);
    return { due, end: null };
  }
  const asked = due.slice(0, leave.left);
  if (isLast && due.length - asked.length <= campaign.ratePerSecond) run.atTheEnd();
  const knownMark = deps.halts.knownMark();
  const request = { ...claimRequest(run, load.gateway, ask, asked, new Date()), knownMark };
  const claimedFrom = performance.now();
  const claim = await claimSlice(pool, request);
  if (claim.kind === 'stopped') {
    await stopFor(pool, run.live, claim);
    return { due, end: 'stopped' };
  }
  const left = claim.kind === 'claimed' ? claim.left : new Set<number>();
  const still = [...asked.filter(({ seq }) => left.has(seq)), ...due.slice(asked.length)];
  if (claim.kind === 'none' || claim.members.length === 0) {
    line.spent = { at: leave.at, validMs: 0, unused: leave.left };
    return { due: still, end: null };
  }
  noteClaim(performance.now() - claimedFrom);
  const permits = createCallPermit(deps, watch, {
    ...request,
    claimed: claim.members,
    lookedAt: claim.lookedAt,
    members: run.members,
    granted: leave,
    rates: { [campaign.id]: campaign.ratePerSecond },
    closesAt,
  });
  await dispatch(sender, watch, claim.members, load, { permit: permits.permit, holds, endsAt: run.endsAt, ahead });
  line.spent = await permits.spent();
  if (errorBudgetSpent(load)) {
    await pauseCampaign(pool, campaign.id, {
      code: 'campaign.error-budget',
      answered: load.answered,
      refused: load.refused,
    });
    return { due: still, end: 'stopped' };
  }
  return { due: still, end: null };
}

/** What stopped the claim stops the campaign, where a person has to decide. */
async function stopFor(
  pool: Pool,
  { campaign, account }: LiveCampaign,
  stop: Extract<Claim, { kind: 'stopped' }>,
): Promise<void> {
  if (stop.why === 'account')
    await pauseCampaign(pool, campaign.id, { code: 'gateway.account-stopped', gatewayCode: account.stopCode });
  if (stop.why === 'cost')
    await pauseCampaign(pool, campaign.id, {
      code: 'campaign.cost-ceiling',
      knownFen: costOf(stop.handed, account.priceMilliYuan),
      ceilingFen: campaign.costCeilingFen,
    });
}

async function dispatch(
  sender: RequestSender,
  watch: HaltWatch,
  members: readonly ClaimedMember[],
  load: BatchLoad,
  { permit, holds, endsAt, ahead }: { permit: CallPermit; holds: () => Promise<boolean>; endsAt: number; ahead: Ahead },
): Promise<void> {
  const requests = [...Map.groupBy(members, ({ requestSeq }) => requestSeq).values()];
  for (const [index, group] of requests.entries()) {
    ahead.keep(requests.length - index);
    // Behind a slow gateway the claimed wait long: what was signed is looked at for them, too.
    const over = watch.halted() || sender.restMs() > 0 || performance.now() >= endsAt;
    if (over || !(await holds())) sender.release(group);
    else await sender.start(group, load, permit, endsAt);
  }
}

import { demand, type Context } from '../../house/context.ts';
import { customerTimeline, type TimelineEvent } from '../../customer/timeline.command.ts';
import { maskPhone } from '../../kernel/phone-mask.rule.ts';
import { whyNow, type Why } from '../priority.rule.ts';
import { findScript, type Script } from '../script/script.db.ts';
import { findAgentSession, type AgentSession } from './agent-session.db.ts';
import type { PromiseDay } from './promise.rule.ts';
import { verificationOf, type Verification } from './verification.command.ts';
import { promiseTimes } from './write-up.command.ts';
import * as db from './work.db.ts';

const shownWaiting = 14;
const shownEvents = 12;

const ranked = (row: db.Work | db.Waiting) => ({ ...row, id: row.taskId });
type Queued = db.Waiting & { why: Why };

export type DeskQueue = { waiting: Queued[]; held: (db.Work & { why: Why })[] };

/** Who the agent holds and who waits on their lists, with why now or why not yet; numbers are masked. */
export async function viewQueue(ctx: Context, session: AgentSession): Promise<DeskQueue> {
  demand(ctx, 'desk:work');
  const now = ctx.now();
  const staffId = ctx.staff.id;
  const lists = (await db.openLists(ctx.pool, session.accountId))
    .map(({ id }) => id)
    .filter((id) => session.listIds.length === 0 || session.listIds.includes(id));
  const [held, waiting] = await Promise.all([
    db.heldWork(ctx.pool, staffId),
    db.waitingOn(ctx.pool, lists, shownWaiting),
  ]);
  const shown = <Row extends db.Work | db.Waiting>(row: Row): Row & { why: Why } =>
    Object.assign(row, { phone: maskPhone(row.phone), why: whyNow(ranked(row), now, staffId) });
  return { held: held.map(shown), waiting: waiting.map(shown) };
}

export type DeskWork = {
  work: db.Work;
  why: Why;
  script: Script | null;
  verification: Verification;
  draft: { content: db.DraftContent; savedAt: Date } | null;
  days: PromiseDay[];
  promises: { listName: string; promisedAt: Date; by: string | null }[];
  events: TimelineEvent[];
};

/** Everything about the first task in the agent's hands; null when there is none. */
export async function viewWork(ctx: Context): Promise<DeskWork | null> {
  demand(ctx, 'desk:work');
  const staffId = ctx.staff.id;
  const [work] = await db.heldWork(ctx.pool, staffId);
  if (!work) return null;
  const script = await findScript(ctx.pool, work.scriptId);
  const [verification, draft, days, promises, { events }] = await Promise.all([
    verificationOf(ctx, work.attemptId, script?.content.verification ?? []),
    db.findDraft(ctx.pool, work.taskId, staffId),
    promiseTimes(ctx, work),
    db.openPromises(ctx.pool, work.customerId, work.taskId),
    customerTimeline(ctx, { customerId: work.customerId, limit: shownEvents }),
  ]);
  const why = whyNow(ranked(work), ctx.now(), staffId);
  const masked = Object.assign(work, { phone: maskPhone(work.phone) });
  return { work: masked, why, script, verification, draft, days, promises, events };
}

export type Entrance = {
  last: AgentSession | null;
  accounts: { id: string; name: string }[];
};

/** What somebody needs to come to work: the accounts, and where they worked last. */
export async function viewEntrance(ctx: Context): Promise<Entrance> {
  demand(ctx, 'desk:work');
  const [last, accounts] = await Promise.all([
    findAgentSession(ctx.pool, ctx.staff.id),
    db.accountsToWorkWith(ctx.pool),
  ]);
  return { last, accounts };
}

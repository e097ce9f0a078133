import { demand, mutate, type Context } from '../../house/context.ts';
import { AppError } from '../../kernel/app-error.rule.ts';
import { transaction, type Tx } from '../../kernel/sql.db.ts';
import { claimNext, wantOffered } from '../claim.db.ts';
import { releaseTask, renewLease } from '../task-move.db.ts';
import { lockAgentSession, moveAgent, tellLineKeeper, type AgentSession } from './agent-session.db.ts';
import * as db from './work.db.ts';

/** How long an offer waits for its agent; the page renews it while it is open. */
export const leaseSeconds = 120;
const leaseFrom = (now: Date): Date => new Date(now.getTime() + leaseSeconds * 1_000);

async function atWork(ctx: Context, tx: Tx): Promise<AgentSession> {
  const session = await lockAgentSession(tx, ctx.staff.id);
  if (session && session.state !== 'away') return session;
  throw new AppError('conflict', 'agent.absent', 'Sign in to the desk first.');
}

const previewLists = async (tx: Tx, session: AgentSession): Promise<string[]> =>
  (await db.openLists(tx, session.accountId))
    .filter(({ id, mode }) => mode === 'preview' && (session.listIds.length === 0 || session.listIds.includes(id)))
    .map(({ id }) => id);

/**
 * The next task of the agent's preview lists, offered to them alone; what they hold already comes first. Null when nobody is to be
 * called now, or the agent is not ready. An offer calls nobody and stands in the task alone: the record, which has one writer at a
 * time, gets the dial.
 */
export async function takeNext(ctx: Context): Promise<{ taskId: string } | null> {
  demand(ctx, 'desk:work');
  const staffId = ctx.staff.id;
  return transaction(ctx.pool, async (tx) => {
    const now = ctx.now();
    const [held] = await db.heldWork(tx, staffId);
    if (held) return { taskId: held.taskId };
    const session = await lockAgentSession(tx, staffId);
    if (session?.state !== 'ready') return null;
    const listIds = await previewLists(tx, session);
    if (listIds.length === 0) return null;
    const claimed = await claimNext(tx, { agentId: staffId, listIds, leaseUntil: leaseFrom(now), now });
    return claimed && { taskId: claimed.taskId };
  });
}

/** The offers of an open page stay with it. */
export async function keepOffers(ctx: Context): Promise<void> {
  demand(ctx, 'desk:work');
  const agentId = ctx.staff.id;
  const leaseUntil = leaseFrom(ctx.now());
  const soon = leaseFrom(ctx.now()).getTime() - (leaseSeconds / 2) * 1_000;
  const offered = (await db.heldWork(ctx.pool, agentId)).filter(
    ({ state, leaseUntil: until }) => state === 'offered' && until !== null && until.getTime() < soon,
  );
  for (const { taskId } of offered)
    await transaction(ctx.pool, (tx) => renewLease(tx, { taskId, agentId, leaseUntil }));
}

/** Back to the queue, uncalled. Throws `desk.not-yours`. */
export async function giveBack(ctx: Context, { taskId }: { taskId: string }): Promise<void> {
  await mutate(ctx, 'desk:work', async (tx) => {
    if (!(await releaseTask(tx, { taskId, agentId: ctx.staff.id }, ctx.now()))) throw notYours();
    return {
      result: undefined,
      audit: { action: 'call-task.given-back', objectKind: 'call-task', objectId: taskId, details: {} },
    };
  });
}

export const notYours = (): AppError =>
  new AppError(
    'conflict',
    'desk.not-yours',
    'This task is not in your hands any more; somebody else may have taken it.',
  );

export type DialAnswer = { kind: 'wanted' } | { kind: 'refused'; why: 'list' | 'no-number' | 'not-now' };

/**
 * Calls the person of an offered task: the policy is asked, the contact and the attempt are written, and whoever holds the line
 * dials. Refused, nobody is called, and the task waits or has ended as the policy says. Throws `agent.phone-down`, `desk.not-yours`.
 */
export async function dialOffered(ctx: Context, { taskId }: { taskId: string }): Promise<DialAnswer> {
  const staffId = ctx.staff.id;
  return mutate<DialAnswer>(ctx, 'desk:work', async (tx) => {
    const now = ctx.now();
    // People are held before tasks and agents: the one order of everybody.
    const wanted = await wantOffered(tx, { taskId, agentId: staffId, now });
    if (wanted.kind === 'gone') throw notYours();
    const session = await atWork(ctx, tx);
    const audit = (action: string, details: Record<string, unknown>) => ({
      action,
      objectKind: 'call-task',
      objectId: taskId,
      details,
    });
    if (wanted.kind === 'refused') {
      const { why } = wanted;
      return { result: { kind: 'refused', why }, audit: audit('call-task.refused', { code: why }) };
    }
    if (session.legState !== 'up')
      throw new AppError('conflict', 'agent.phone-down', 'The agent’s phone is not connected.');
    await moveAgent(tx, { staffId, to: 'calling', attemptId: wanted.attemptId }, now);
    await tellLineKeeper(tx, session.accountId);
    return { result: { kind: 'wanted' }, audit: audit('call-task.dialled', { attemptId: wanted.attemptId }) };
  });
}

/** The call of the caller's own task ends, by a wish to whoever holds the line. */
export async function hangUp(ctx: Context, { taskId }: { taskId: string }): Promise<void> {
  await mutate(ctx, 'desk:work', async (tx) => {
    const work = (await db.heldWork(tx, ctx.staff.id)).find((each) => each.taskId === taskId);
    if (!work || work.state !== 'calling' || work.attemptId === null) throw notYours();
    await db.wantHangUp(tx, work.attemptId, ctx.now());
    await tellLineKeeper(tx, work.accountId);
    return {
      result: undefined,
      audit: {
        action: 'call-task.hung-up',
        objectKind: 'call-task',
        objectId: taskId,
        details: { attemptId: work.attemptId },
      },
    };
  });
}

import { randomUUIDv7 } from 'node:crypto';
import { z } from 'zod';
import { demandIn, mutate, type Context } from '../../house/context.ts';
import { AppError } from '../../kernel/app-error.rule.ts';
import { maskPhone } from '../../kernel/phone-mask.rule.ts';
import { lockAgentSession, moveAgent, tellLineKeeper, type AgentSession } from '../desk/agent-session.db.ts';
import { findFloorAgent, writeUpsOf, type FloorAgent } from './floor.db.ts';
import * as db from './supervise.db.ts';

export const supervisionWays = ['listen', 'whisper', 'barge'] as const;
const extension = z
  .string()
  .trim()
  .regex(/^[A-Za-z0-9][\w./@-]{0,79}$/);
const Supervise = z.object({ staffId: z.uuid(), how: z.enum(supervisionWays), extension });

/**
 * Asks whoever holds the line to put the caller's phone into an agent's call (B7). One at a time: the last wish replaces the one
 * before. Throws `floor.no-call` while the agent is in none.
 */
export async function superviseAgent(ctx: Context, input: z.input<typeof Supervise>): Promise<{ id: string }> {
  const { staffId, how, extension: phone } = Supervise.parse(input);
  return mutate(ctx, 'floor:manage', async (tx) => {
    const session = await lockAgentSession(tx, staffId);
    if (session?.state !== 'talking' || session.attemptId === null)
      throw new AppError('conflict', 'floor.no-call', 'This agent is in no call now.');
    demandIn(ctx, 'floor:manage', session.unit);
    const { attemptId, accountId } = session;
    const now = ctx.now();
    await db.endOwnSupervisions(tx, ctx.staff.id, now);
    const id = randomUUIDv7();
    const wish = {
      id,
      accountId,
      attemptId,
      agentId: staffId,
      supervisorId: ctx.staff.id,
      extension: phone,
      how,
      at: now,
    };
    await db.insertSupervision(tx, wish);
    await tellLineKeeper(tx, accountId);
    return {
      result: { id },
      audit: { action: 'agent.supervised', objectKind: 'staff', objectId: staffId, details: { how, attemptId } },
    };
  });
}

/** The caller leaves the call that they listen to. */
export async function endSupervision(ctx: Context): Promise<void> {
  await mutate(ctx, 'floor:manage', async (tx) => {
    const ended = await db.endOwnSupervisions(tx, ctx.staff.id, ctx.now());
    for (const each of ended) await tellLineKeeper(tx, each.accountId);
    return {
      result: undefined,
      audit: {
        action: 'agent.supervision-ended',
        objectKind: 'staff',
        objectId: ctx.staff.id,
        details: { count: ended.length },
      },
    };
  });
}

const HandOver = z.object({ taskId: z.uuid(), toStaffId: z.uuid() });

/**
 * A call that its agent cannot write up any more (gone home, browser dead) is written up by another who is at work. Who is still
 * in the write-up leaves it. Throws `floor.no-write-up`, `floor.nobody-there`.
 */
export async function handOverWriteUp(ctx: Context, input: z.input<typeof HandOver>): Promise<void> {
  const { taskId, toStaffId } = HandOver.parse(input);
  await mutate(ctx, 'floor:manage', async (tx) => {
    const now = ctx.now();
    const task = await db.lockWriteUp(tx, taskId);
    if (!task) throw new AppError('conflict', 'floor.no-write-up', 'This call waits for no write-up any more.');
    demandIn(ctx, 'floor:manage', task.unit);
    // Both agents in one order, whoever is first: two supervisors who hand over crosswise wait for nobody.
    const held = new Map<string, AgentSession | null>();
    for (const id of [task.agentId, toStaffId].toSorted()) held.set(id, await lockAgentSession(tx, id));
    const to = held.get(toStaffId);
    if (!to || to.state === 'away')
      throw new AppError('conflict', 'floor.nobody-there', 'Hand it over to somebody who is at work now.');
    const from = held.get(task.agentId);
    await db.giveWriteUp(tx, taskId, toStaffId, now);
    if (from?.state === 'wrap-up' && from.attemptId === task.attemptId)
      await moveAgent(tx, { staffId: task.agentId, to: 'busy', reason: 'browser-gone' }, now);
    return {
      result: undefined,
      audit: {
        action: 'call-task.handed-over',
        objectKind: 'call-task',
        objectId: taskId,
        details: { staffId: toStaffId },
      },
    };
  });
}

export type AgentOnFloor = FloorAgent & {
  waitingWriteUps: { taskId: string; name: string | null; phone: string; listName: string; since: Date }[];
  listening: { how: string; state: string } | null;
};

/** One agent as their supervisor sees them. Throws `floor.unknown-agent`. */
export async function viewAgent(ctx: Context, { staffId }: { staffId: string }): Promise<AgentOnFloor> {
  const agent = await findFloorAgent(ctx.pool, staffId);
  if (!agent) throw new AppError('missing', 'floor.unknown-agent', 'This person never signed in to the desk.');
  demandIn(ctx, 'floor:read', agent.unit);
  const waiting = await writeUpsOf(ctx.pool, staffId);
  return {
    ...agent,
    waitingWriteUps: waiting.map((each) => Object.assign(each, { phone: maskPhone(each.phone) })),
    listening: await db.findOwnSupervision(ctx.pool, ctx.staff.id, staffId),
  };
}

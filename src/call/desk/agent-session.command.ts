import { z } from 'zod';
import { mutate, demand, demandIn, type Context } from '../../house/context.ts';
import { AppError } from '../../kernel/app-error.rule.ts';
import { holdEach } from '../../kernel/lock.db.ts';
import { storeSetting } from '../../kernel/setting.db.ts';
import type { Tx } from '../../kernel/sql.db.ts';
import {
  breakReasons,
  breakSecondsLeft,
  isInCall,
  placesIn,
  type BreakLimits,
  type BreakReason,
} from './agent-session.rule.ts';
import { releaseTask } from '../task-move.db.ts';
import * as db from './agent-session.db.ts';
import { heldWork } from './work.db.ts';

const SignIn = z.object({
  accountId: z.uuid(),
  extension: z
    .string()
    .trim()
    .regex(/^[A-Za-z0-9][\w./@-]{0,79}$/),
  /** The page's own id: another page of the same person takes over from it. */
  browserId: z.uuid(),
  listIds: z.array(z.uuid()).max(100).default([]),
});

const audit = (action: string, staffId: string, details: Record<string, unknown> = {}) => ({
  action,
  objectKind: 'staff',
  objectId: staffId,
  details,
});

/**
 * Comes to work with that phone, or takes the work over into this page: a call and its write-up go on as they were. Throws
 * `agent.phone-taken` when somebody else works with the phone.
 */
export async function signInToDesk(ctx: Context, input: z.input<typeof SignIn>): Promise<db.AgentSession> {
  const wanted = SignIn.parse(input);
  const staffId = ctx.staff.id;
  return mutate(ctx, 'desk:work', async (tx) => {
    const before = await db.lockAgentSession(tx, staffId);
    const now = ctx.now();
    if (!(await db.openAgentSession(tx, { ...wanted, staffId }, now)))
      throw new AppError('conflict', 'agent.phone-taken', 'Somebody else works with this phone now.', {
        field: 'extension',
      });
    const arrives = before === null || before.state === 'away';
    const session = arrives
      ? await db.moveAgent(tx, { staffId, to: 'busy', reason: 'signed-in' }, now)
      : await db.lockAgentSession(tx, staffId);
    if (!session) throw new Error('The session was just opened.');
    await db.tellLineKeeper(tx, session.accountId);
    const { extension } = session;
    return {
      result: session,
      audit: audit(arrives ? 'agent.signed-in' : 'agent.took-over', staffId, { extension }),
    };
  });
}

/** This page goes on with the caller's work; the page before it is told by its next sign of life. Throws `agent.absent`. */
export async function takeOver(ctx: Context, { browserId }: { browserId: string }): Promise<void> {
  demand(ctx, 'desk:work');
  if (await db.seeAgent(ctx.pool, ctx.staff.id, browserId, ctx.now())) return;
  const session = await db.findAgentSession(ctx.pool, ctx.staff.id);
  if (!session || session.state === 'away')
    throw new AppError('conflict', 'agent.absent', 'Sign in to the desk first.');
  const { accountId, extension, listIds } = session;
  await signInToDesk(ctx, { accountId, extension, listIds, browserId });
}

/** Throws `agent.absent` unless the caller is at work. */
async function own(ctx: Context, tx: Tx): Promise<db.AgentSession> {
  const session = await db.lockAgentSession(tx, ctx.staff.id);
  if (session && session.state !== 'away') return session;
  throw new AppError('conflict', 'agent.absent', 'Sign in to the desk first.');
}

/** Ends the shift: now, or after the call and its write-up. */
export async function signOutOfDesk(ctx: Context): Promise<{ when: 'now' | 'after-call' }> {
  return mutate(ctx, 'desk:work', async (tx) => {
    const session = await own(ctx, tx);
    const when = await leave(tx, session, 'signed-out', ctx.now());
    return { result: { when }, audit: audit('agent.signed-out', session.staffId, { when }) };
  });
}

/** Another agent's shift ends by a supervisor's word (B7): now, or after the call and its write-up. */
export async function signAgentOut(ctx: Context, input: { staffId: string }): Promise<{ when: 'now' | 'after-call' }> {
  return mutate(ctx, 'floor:manage', async (tx) => {
    const session = await db.lockAgentSession(tx, input.staffId);
    if (!session || session.state === 'away')
      throw new AppError('conflict', 'agent.absent', 'This agent is not at work.');
    demandIn(ctx, 'floor:manage', session.unit);
    const when = await leave(tx, session, 'signed-out-by-supervisor', ctx.now());
    return { result: { when }, audit: audit('agent.signed-out-by-supervisor', session.staffId, { when }) };
  });
}

async function leave(
  tx: Tx,
  session: db.AgentSession,
  reason: 'signed-out' | 'signed-out-by-supervisor',
  now: Date,
): Promise<'now' | 'after-call'> {
  if (isInCall(session.state)) {
    await db.askForAfter(tx, session.staffId, { state: 'away', reason });
    return 'after-call';
  }
  await releaseOffers(tx, session.staffId, now);
  await db.moveAgent(tx, { staffId: session.staffId, to: 'away', reason }, now);
  return 'now';
}

/** Whoever takes no calls now keeps nobody waiting. */
async function releaseOffers(tx: Tx, agentId: string, now: Date): Promise<void> {
  for (const { taskId, state } of await heldWork(tx, agentId))
    if (state === 'offered') await releaseTask(tx, { taskId, agentId }, now);
}

/** Takes calls again. Throws `agent.phone-down` while the phone is not connected, `agent.write-up-first`. During a call it takes back what was asked for after it. */
export async function becomeReady(ctx: Context): Promise<db.AgentSession> {
  return mutate(ctx, 'desk:work', async (tx) => {
    const session = await own(ctx, tx);
    const { staffId } = session;
    if (isInCall(session.state)) {
      await db.askForAfter(tx, staffId, null);
      return { result: session, audit: audit('agent.stays', staffId) };
    }
    if ((await heldWork(tx, staffId)).some(({ state }) => state === 'wrap-up'))
      throw new AppError(
        'conflict',
        'agent.write-up-first',
        'Write up the call that is over before you take the next.',
      );
    const result = await db.moveAgent(tx, { staffId, to: 'ready' }, ctx.now());
    return { result, audit: audit('agent.ready', staffId) };
  });
}

const Busy = z.object({ reason: z.enum(breakReasons) });

/**
 * Takes a break: now, or after the call and its write-up. Throws `agent.no-place` with who takes one, since when and for how long
 * still, when all places of the unit are taken: those can free one, and a supervisor can call them back.
 */
export async function becomeBusy(
  ctx: Context,
  input: { reason: BreakReason },
): Promise<{ when: 'now' | 'after-call'; minutes: number }> {
  const { reason } = Busy.parse(input);
  return mutate(ctx, 'desk:work', async (tx) => {
    const now = ctx.now();
    const { staffId, unit, state } = await own(ctx, tx);
    const limits = await db.loadBreakLimits(tx);
    await demandPlace(tx, { staffId, unit }, limits, now);
    const when = isInCall(state) ? 'after-call' : 'now';
    if (when === 'after-call') await db.askForAfter(tx, staffId, { state: 'busy', reason });
    else {
      await releaseOffers(tx, staffId, now);
      await db.moveAgent(tx, { staffId, to: 'busy', reason }, now);
    }
    return { result: { when, minutes: limits.minutes }, audit: audit('agent.busy', staffId, { reason, when }) };
  });
}

async function demandPlace(
  tx: Tx,
  { staffId, unit }: { staffId: string; unit: string },
  limits: BreakLimits,
  now: Date,
): Promise<void> {
  // Two who ask at once take turns: the second sees the first one's break.
  await holdEach(tx, 'breaks', [unit]);
  const others = (await db.breaksIn(tx, unit)).filter((each) => each.staffId !== staffId);
  const places = placesIn(limits, unit);
  if (others.length < places) return;
  const people = others.map(({ name, since, reason }) => ({
    name,
    minutesLeft: Math.ceil((breakSecondsLeft({ state: 'busy', reason, since }, limits, now) ?? 0) / 60),
  }));
  throw new AppError('conflict', 'agent.no-place', 'All places for a break in this unit are taken.', {
    unit,
    places,
    people: people.map(({ name }) => name).join('、') || 'none',
    who: people,
  });
}

/** A break that a supervisor ends: the agent is back in the queue, or told that the phone is gone. */
export async function callAgentBack(ctx: Context, input: { staffId: string }): Promise<void> {
  await mutate(ctx, 'floor:manage', async (tx) => {
    const { staffId } = input;
    const session = await db.lockAgentSession(tx, staffId);
    if (!session || session.state !== 'busy')
      throw new AppError('conflict', 'agent.no-break', 'This agent takes no break now.');
    demandIn(ctx, 'floor:manage', session.unit);
    await db.moveAgent(tx, { staffId, to: 'ready' }, ctx.now());
    return { result: undefined, audit: audit('agent.called-back', staffId) };
  });
}

/** The page's sign of life. `taken-over`: the person works in another page by now; `absent`: not at all. */
export async function beat(
  ctx: Context,
  { browserId }: { browserId: string },
): Promise<{ kind: 'here'; session: db.AgentSession } | { kind: 'taken-over' | 'absent' }> {
  demand(ctx, 'desk:work');
  const seen = await db.seeAgent(ctx.pool, ctx.staff.id, browserId, ctx.now());
  const session = await db.findAgentSession(ctx.pool, ctx.staff.id);
  if (!session || session.state === 'away') return { kind: 'absent' };
  return seen ? { kind: 'here', session } : { kind: 'taken-over' };
}

/** The caller's own session; null before their first. */
export async function showOwnSession(ctx: Context): Promise<db.AgentSession | null> {
  demand(ctx, 'desk:work');
  return db.findAgentSession(ctx.pool, ctx.staff.id);
}

export const showBreakLimits = (ctx: Context): Promise<BreakLimits> => db.loadBreakLimits(ctx.pool);

/** How long a break may last and how many of a unit take one at once, from the next break on. */
export async function setBreakLimits(ctx: Context, input: BreakLimits): Promise<BreakLimits> {
  const after = db.BreakLimitsSetting.parse(input);
  return mutate(ctx, 'floor:manage', async (tx) => {
    const from = await db.loadBreakLimits(tx);
    await storeSetting(tx, 'desk-breaks', after, ctx.now());
    return {
      result: after,
      audit: {
        action: 'agent.breaks-set',
        objectKind: 'setting',
        objectId: 'desk-breaks',
        details: { from, to: after },
      },
    };
  });
}

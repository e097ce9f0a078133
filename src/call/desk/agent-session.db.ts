import { z } from 'zod';
import { AppError } from '../../kernel/app-error.rule.ts';
import { execute, many, maybe, sql, type Db, type Tx } from '../../kernel/sql.db.ts';
import { loadSetting } from '../../kernel/setting.db.ts';
import {
  agentStates,
  breakReasons,
  defaultBreakLimits,
  refusalOfMove,
  stateAfterCall,
  type AgentState,
  type BreakLimits,
  type StateReason,
} from './agent-session.rule.ts';

const Row = z.object({
  staffId: z.string(),
  name: z.string(),
  unit: z.string(),
  accountId: z.string(),
  extension: z.string(),
  state: z.enum(agentStates),
  reason: z.string().nullable(),
  since: z.date(),
  legId: z.string().nullable(),
  legState: z.enum(['down', 'wanted', 'ringing', 'up']),
  listIds: z.array(z.string()),
  attemptId: z.string().nullable(),
  seenAt: z.date(),
  browserId: z.string().nullable(),
  signedInAt: z.date().nullable(),
  afterState: z.enum(['busy', 'away']).nullable(),
  afterReason: z.string().nullable(),
});
export type AgentSession = z.infer<typeof Row>;

const selected = sql`select a.staff_id as "staffId", s.name, s.unit, a.account_id as "accountId", a.extension, a.state, a.reason, a.since,
    a.leg_id as "legId", a.leg_state as "legState", a.list_ids as "listIds", a.attempt_id as "attemptId", a.seen_at as "seenAt",
    a.browser_id as "browserId", a.signed_in_at as "signedInAt", a.after_state as "afterState", a.after_reason as "afterReason"
  from agent_session a join staff s on s.id = a.staff_id`;

export const findAgentSession = (db: Db, staffId: string): Promise<AgentSession | null> =>
  maybe(db, Row, sql`${selected} where a.staff_id = ${staffId}`);

/** Held until the transaction ends: two that move one agent take turns. */
export const lockAgentSession = (tx: Tx, staffId: string): Promise<AgentSession | null> =>
  maybe(tx, Row, sql`${selected} where a.staff_id = ${staffId} for no key update of a`);

/** Whoever holds the line of that account looks again once this transaction is committed. */
export const tellLineKeeper = (tx: Tx, accountId: string) =>
  execute(tx, sql`select pg_notify('waihu_calls', ${accountId})`);

export type AgentMove = {
  staffId: string;
  to: AgentState;
  /** Of `busy` and `away`. */
  reason?: StateReason | null;
  /** The call that it is about; left out it stays what it was while a call lasts, and is nothing otherwise. */
  attemptId?: string | null;
};

/**
 * Moves an agent, with the stretch that ends by it, inside the caller's transaction; whoever stands there already stays. Throws
 * `agent.absent` for somebody who never signed in, `agent.illegal-move` and `agent.phone-down` as the rule has it.
 */
export async function moveAgent(tx: Tx, move: AgentMove, now: Date): Promise<AgentSession> {
  const session = await lockAgentSession(tx, move.staffId);
  if (!session) throw new AppError('missing', 'agent.absent', 'This person never signed in to the desk.');
  if (session.state === move.to && session.reason === (move.reason ?? null) && !isOtherCall(session, move))
    return session;
  const refusal = refusalOfMove(session, move.to);
  if (refusal)
    throw new AppError(
      'conflict',
      refusal === 'illegal' ? 'agent.illegal-move' : 'agent.phone-down',
      refusalText(refusal),
      {
        from: session.state,
        to: move.to,
      },
    );
  return writeMove(tx, session, move, now);
}

/** A call is heard of twice, or another one is meant: the second is no legal move. */
const isOtherCall = ({ attemptId }: AgentSession, move: AgentMove): boolean =>
  move.attemptId !== undefined && move.attemptId !== attemptId;

const refusalText = (refusal: 'illegal' | 'phone-down'): string =>
  refusal === 'illegal'
    ? 'An agent does not go from that state to this one.'
    : 'The agent’s phone is not connected: nobody is ready whose phone could not take a call.';

async function writeMove(tx: Tx, session: AgentSession, move: AgentMove, now: Date): Promise<AgentSession> {
  const { staffId, to, reason = null } = move;
  const inCall = to === 'calling' || to === 'talking' || to === 'wrap-up';
  const attemptId = move.attemptId !== undefined ? move.attemptId : inCall ? session.attemptId : null;
  // A clock that stepped back makes a stretch of nothing, not one that ends before it began.
  const since = now < session.since ? session.since : now;
  await execute(
    tx,
    sql`insert into agent_stretch (staff_id, state, reason, from_at, to_at)
      values (${staffId}, ${session.state}, ${session.reason}, ${session.since}, ${since})`,
  );
  await execute(
    tx,
    sql`update agent_session set state = ${to}, reason = ${reason}, since = ${since}, attempt_id = ${attemptId},
        after_state = case when ${inCall} then after_state end, after_reason = case when ${inCall} then after_reason end
      where staff_id = ${staffId}`,
  );
  await tellLineKeeper(tx, session.accountId);
  return { ...session, state: to, reason, since, attemptId, ...(!inCall && { afterState: null, afterReason: null }) };
}

/** After a call, or its write-up: to what was asked for meanwhile, else back to the queue. */
export async function releaseAgent(tx: Tx, staffId: string, now: Date): Promise<AgentSession> {
  const session = await lockAgentSession(tx, staffId);
  if (!session) throw new AppError('missing', 'agent.absent', 'This person never signed in to the desk.');
  const { afterState: state, afterReason } = session;
  const after = stateAfterCall(session, state && { state, reason: afterReason as StateReason });
  return moveAgent(tx, { staffId, to: after.state, reason: after.reason }, now);
}

/** What happens once the call is written up. */
export const askForAfter = (tx: Tx, staffId: string, after: { state: 'busy' | 'away'; reason: StateReason } | null) =>
  execute(
    tx,
    sql`update agent_session set after_state = ${after?.state ?? null}, after_reason = ${after?.reason ?? null}
      where staff_id = ${staffId}`,
  );

export type Arrival = {
  staffId: string;
  accountId: string;
  extension: string;
  browserId: string;
  listIds: readonly string[];
};

/** The row of somebody who comes to work: made, or taken up again as it was left. False: somebody else works with that phone. */
export async function openAgentSession(tx: Tx, arrival: Arrival, now: Date): Promise<boolean> {
  const { staffId, accountId, extension, browserId, listIds } = arrival;
  const { rowCount } = await execute(
    tx,
    sql`select 1 from agent_session where account_id = ${accountId} and extension = ${extension} and state <> 'away' and staff_id <> ${staffId}`,
  );
  if ((rowCount ?? 0) > 0) return false;
  await execute(
    tx,
    sql`insert into agent_session as a (staff_id, account_id, extension, state, since, list_ids, browser_id, signed_in_at, seen_at, leg_state)
      values (${staffId}, ${accountId}, ${extension}, 'away', ${now}, ${[...listIds]}::uuid[], ${browserId}, ${now}, ${now}, 'wanted')
      on conflict (staff_id) do update set browser_id = excluded.browser_id, seen_at = excluded.seen_at, list_ids = excluded.list_ids,
        signed_in_at = case when a.state = 'away' then excluded.signed_in_at else a.signed_in_at end,
        account_id = case when a.state = 'away' then excluded.account_id else a.account_id end,
        extension = case when a.state = 'away' then excluded.extension else a.extension end,
        leg_state = case when a.leg_state = 'down' or a.state = 'away' then 'wanted' else a.leg_state end`,
  );
  return true;
}

/** The page shows a sign of life; false when another page of the same person has taken over, or they are not at work. */
export async function seeAgent(db: Db, staffId: string, browserId: string, now: Date): Promise<boolean> {
  const { rowCount } = await execute(
    db,
    sql`update agent_session set seen_at = greatest(seen_at, ${now}) where staff_id = ${staffId} and browser_id = ${browserId}`,
  );
  return rowCount === 1;
}

const Break = z.object({ staffId: z.string(), name: z.string(), reason: z.string(), since: z.date() });
/** Who of that unit takes a break now, or has asked for one after the call, longest first. */
export const breaksIn = (db: Db, unit: string): Promise<z.infer<typeof Break>[]> =>
  many(
    db,
    Break,
    sql`select a.staff_id as "staffId", s.name, coalesce(a.after_reason, a.reason) as reason, a.since
      from agent_session a join staff s on s.id = a.staff_id
      where s.unit = ${unit} and ((a.state = 'busy' and a.reason = any(${[...breakReasons]}::text[]))
        or (a.after_state = 'busy' and a.after_reason = any(${[...breakReasons]}::text[])))
      order by a.since, a.staff_id`,
  );

export const BreakLimitsSetting = z.strictObject({
  minutes: z.int().min(1).max(15),
  places: z.int().min(0).max(1_000),
  placesOf: z.record(z.string(), z.int().min(0).max(1_000)),
}) satisfies z.ZodType<BreakLimits>;

export const loadBreakLimits = (db: Db): Promise<BreakLimits> =>
  loadSetting(db, 'desk-breaks', BreakLimitsSetting, defaultBreakLimits);

import { z } from 'zod';
import { execute, many, maybe, sql, type Db, type Tx } from '../../kernel/sql.db.ts';
import { agentStates } from '../desk/agent-session.rule.ts';
import { legStates } from './leg.rule.ts';

const Row = z.object({
  staffId: z.uuid(),
  extension: z.string(),
  state: z.enum(agentStates),
  since: z.date(),
  legId: z.uuid().nullable(),
  legState: z.enum(legStates),
  attemptId: z.uuid().nullable(),
  seenAt: z.date(),
  listIds: z.array(z.uuid()),
});
export type AgentLeg = z.infer<typeof Row>;
const columns = sql`staff_id as "staffId", extension, state, since, leg_id as "legId", leg_state as "legState", attempt_id as "attemptId",
  seen_at as "seenAt", list_ids as "listIds"`;

/** Everybody at work on that account, and whoever has left while their phone is still connected. */
export const agentsOf = (db: Db, accountId: string): Promise<AgentLeg[]> =>
  many(
    db,
    Row,
    sql`select ${columns} from agent_session where account_id = ${accountId} and (state <> 'away' or leg_id is not null) order by since, staff_id`,
  );

export const lockAgentOfLeg = (tx: Tx, legId: string): Promise<AgentLeg | null> =>
  maybe(tx, Row, sql`select ${columns} from agent_session where leg_id = ${legId} for no key update`);

/** The call on which the agent of that leg talks. */
export async function callOfLeg(db: Db, legId: string): Promise<string | null> {
  const row = await maybe(
    db,
    z.object({ attemptId: z.uuid().nullable() }),
    sql`select attempt_id as "attemptId" from agent_session where leg_id = ${legId} and state = 'talking'`,
  );
  return row?.attemptId ?? null;
}

/** The leg's id is committed before the phone is called; false when the agent has another one, has left, or the line another keeper. */
export async function beginLeg(
  tx: Tx,
  { staffId, accountId, holder, legId }: { staffId: string; accountId: string; holder: string; legId: string },
): Promise<boolean> {
  const { rowCount } = await execute(
    tx,
    sql`with keeper as (select from line_keeper where account_id = ${accountId} and holder = ${holder} for share)
      update agent_session s set leg_id = ${legId}, leg_state = 'ringing' from keeper
      where s.staff_id = ${staffId} and s.account_id = ${accountId} and s.state <> 'away' and s.leg_state in ('wanted', 'down')`,
  );
  return rowCount === 1;
}

export const noteLegUp = (db: Db, legId: string) =>
  execute(db, sql`update agent_session set leg_state = 'up' where leg_id = ${legId} and leg_state <> 'up'`);

export const noteLegDown = (tx: Tx, legId: string, legState: 'down' | 'wanted') =>
  execute(tx, sql`update agent_session set leg_state = ${legState}, leg_id = null where leg_id = ${legId}`);

/** Ready, and their page has not been heard of: looked at again under the lock before they are moved. */
export const readyUnseen = (db: Db, accountId: string, seenBefore: Date): Promise<{ staffId: string }[]> =>
  many(
    db,
    z.object({ staffId: z.uuid() }),
    sql`select staff_id as "staffId" from agent_session where account_id = ${accountId} and state = 'ready' and seen_at < ${seenBefore}`,
  );

export const lockReadyUnseen = (tx: Tx, staffId: string, seenBefore: Date): Promise<{ staffId: string } | null> =>
  maybe(
    tx,
    z.object({ staffId: z.uuid() }),
    sql`select staff_id as "staffId" from agent_session where staff_id = ${staffId} and state = 'ready' and seen_at < ${seenBefore}
      for no key update`,
  );

import { z } from 'zod';
import { execute, many, sql, type Db, type Tx } from '../../kernel/sql.db.ts';

const Row = z.object({
  id: z.uuid(),
  attemptId: z.uuid(),
  extension: z.string(),
  how: z.enum(['listen', 'whisper', 'barge']),
  state: z.enum(['wanted', 'running']),
  isOver: z.boolean(),
  agentLeg: z.uuid().nullable(),
});
export type Supervision = z.infer<typeof Row>;

/** Who listens or wants to. `isOver`: the supervisor has had enough, or the call has ended meanwhile. */
export const openSupervisions = (db: Db, accountId: string): Promise<Supervision[]> =>
  many(
    db,
    Row,
    sql`select p.id, p.attempt_id as "attemptId", p.extension, p.how, p.state, s.leg_id as "agentLeg",
        (p.end_wanted_at is not null or a.state <> 'connected') as "isOver"
      from supervision p join call_attempt a on a.id = p.attempt_id left join agent_session s on s.staff_id = p.agent_id
      where p.account_id = ${accountId} and p.state <> 'ended' order by p.wanted_at`,
  );

export const isSupervision = async (db: Db, legId: string): Promise<boolean> =>
  ((await execute(db, sql`select 1 from supervision where id = ${legId}`)).rowCount ?? 0) > 0;

export const noteSupervising = (db: Db, id: string, at: Date) =>
  execute(db, sql`update supervision set state = 'running', started_at = ${at} where id = ${id} and state = 'wanted'`);

export const noteSupervisionEnded = (db: Db, id: string, reason: string, at: Date) =>
  execute(
    db,
    sql`update supervision set state = 'ended', ended_at = ${at}, end_reason = ${reason} where id = ${id} and state <> 'ended'`,
  );

/** Ends with the call; gives the legs of those who were there. */
export async function endSupervisionsOf(tx: Tx, attemptId: string, reason: string, at: Date): Promise<string[]> {
  const ended = await many(
    tx,
    z.object({ id: z.uuid() }),
    sql`update supervision set state = 'ended', ended_at = ${at}, end_reason = ${reason}
      where attempt_id = ${attemptId} and state <> 'ended' returning id`,
  );
  return ended.map(({ id }) => id);
}

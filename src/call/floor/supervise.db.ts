import { z } from 'zod';
import { execute, many, maybe, sql, type Db, type Tx } from '../../kernel/sql.db.ts';

export const insertSupervision = (
  tx: Tx,
  wish: {
    id: string;
    accountId: string;
    attemptId: string;
    agentId: string;
    supervisorId: string;
    extension: string;
    how: string;
    at: Date;
  },
) =>
  execute(
    tx,
    sql`insert into supervision (id, account_id, attempt_id, agent_id, supervisor_id, extension, how, wanted_at)
      values (${wish.id}, ${wish.accountId}, ${wish.attemptId}, ${wish.agentId}, ${wish.supervisorId}, ${wish.extension}, ${wish.how},
        ${wish.at})`,
  );

/** What was never begun ends at once; what runs is ended by whoever holds the line. */
export const endOwnSupervisions = (tx: Tx, supervisorId: string, now: Date): Promise<{ accountId: string }[]> =>
  many(
    tx,
    z.object({ accountId: z.string() }),
    sql`update supervision set end_wanted_at = coalesce(end_wanted_at, ${now})
      where supervisor_id = ${supervisorId} and state <> 'ended' returning account_id as "accountId"`,
  );

const Open = z.object({ how: z.string(), state: z.string() });
export const findOwnSupervision = (
  db: Db,
  supervisorId: string,
  agentId: string,
): Promise<z.infer<typeof Open> | null> =>
  maybe(
    db,
    Open,
    sql`select how, state from supervision
      where supervisor_id = ${supervisorId} and agent_id = ${agentId} and state <> 'ended' and end_wanted_at is null
      order by wanted_at desc limit 1`,
  );

const WriteUp = z.object({ agentId: z.string(), unit: z.string(), attemptId: z.string().nullable() });
export const lockWriteUp = (tx: Tx, taskId: string): Promise<z.infer<typeof WriteUp> | null> =>
  maybe(
    tx,
    WriteUp,
    sql`select t.agent_id as "agentId", l.unit, (select k.id from call_attempt k where k.task_id = t.id
        order by k.wanted_at desc limit 1) as "attemptId"
      from call_task t join call_list l on l.id = t.list_id where t.id = ${taskId} and t.state = 'wrap-up'
      for no key update of t`,
  );

export const giveWriteUp = async (tx: Tx, taskId: string, staffId: string, now: Date): Promise<void> => {
  await execute(tx, sql`update call_task set agent_id = ${staffId}, state_at = ${now} where id = ${taskId}`);
  // What was typed so far goes along.
  await execute(tx, sql`update desk_draft set agent_id = ${staffId} where task_id = ${taskId}`);
};

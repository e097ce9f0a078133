import { z } from 'zod';
import { many, one, sql, type Db } from '../../../kernel/sql.db.ts';

const Pace = z.object({ open: z.number(), states: z.record(z.string(), z.number()) });
/** Tasks of a list by state; `open`: those that somebody works on, or that could be called now or within the minute. */
export const tasksOf = (db: Db, listId: string): Promise<z.infer<typeof Pace>> =>
  one(
    db,
    Pace,
    sql`select coalesce(sum(n) filter (where is_open), 0)::int as open,
        coalesce((select jsonb_object_agg(state, n) from (
          select state, count(*)::int as n from call_task where list_id = ${listId} group by state) s), '{}') as states
      from (select count(*)::int as n, state in ('offered', 'calling', 'wrap-up') or (state = 'waiting'
          and greatest(not_before, coalesce(promised_at, not_before)) <= now() + interval '1 minute') as is_open
        from call_task where list_id = ${listId} group by 2) t`,
  );

/** Tasks that end or wait without saying why. */
export const unexplained = async (db: Db, listId: string): Promise<number> =>
  (
    await one(
      db,
      z.object({ n: z.number() }),
      sql`select count(*)::int as n from call_task where list_id = ${listId}
        and coalesce(result, state_reason, last_disposition) is null and not (state = 'waiting' and not_before > now())`,
    )
  ).n;

const Dialled = z.object({
  phone: z.string(),
  sourceKey: z.string(),
  at: z.date(),
  answered: z.boolean(),
  abandoned: z.boolean(),
});
export const dialsOf = (db: Db, listId: string): Promise<z.infer<typeof Dialled>[]> =>
  many(
    db,
    Dialled,
    sql`select a.phone, t.source_key as "sourceKey", a.dialled_at as at, a.answered_at is not null as answered, a.disposition = 'abandoned' as abandoned
      from call_attempt a join call_task t on t.id = a.task_id
      where a.list_id = ${listId} and a.dialled_at is not null order by a.dialled_at`,
  );

/** Two calls of one task, or two of one agent, at one time; or a call that nobody works on any more and that has not ended. */
export const brokenLeases = async (db: Db, listId: string): Promise<number> =>
  (
    await one(
      db,
      z.object({ n: z.number() }),
      sql`select (select count(*) from call_attempt a join call_attempt b on b.list_id = a.list_id and b.id > a.id
            and (b.task_id = a.task_id and tstzrange(a.wanted_at, a.ended_at) && tstzrange(b.wanted_at, b.ended_at)
              or b.agent_id = a.agent_id and tstzrange(a.connected_at, a.ended_at) && tstzrange(b.connected_at, b.ended_at)
                and a.connected_at is not null and b.connected_at is not null)
          where a.list_id = ${listId})
        + (select count(*) from call_attempt a join call_task t on t.id = a.task_id
          where a.list_id = ${listId} and (a.state <> 'ended') <> (t.state = 'calling') and a.state <> 'ended')
        + (select count(*) from call_task where list_id = ${listId} and state = 'offered' and lease_until < now()) as n`,
    )
  ).n;

import { z } from 'zod';
import { execute, many, maybe, sql, type Db } from '../../kernel/sql.db.ts';
import { isCallableList } from '../list/callable.db.ts';

const List = z.object({
  id: z.uuid(),
  mode: z.enum(['progressive', 'predictive']),
  cap: z.coerce.number(),
});
export type PacedList = z.infer<typeof List>;

/** Lists of the account that dial by themselves and may be called from now. */
export const pacedLists = (db: Db, accountId: string, now: Date): Promise<PacedList[]> =>
  many(
    db,
    List,
    sql`select l.id, l.mode, l.abandon_cap as cap from call_list l
      where l.account_id = ${accountId} and l.mode in ('progressive', 'predictive') and ${isCallableList(now)} order by l.opened_at, l.id`,
  );

const Window = z.object({ answered: z.number(), abandoned: z.number() });
/** Live answers since that moment, and those of them that met no agent in time. */
export const liveAnswers = (db: Db, listId: string, since: Date): Promise<z.infer<typeof Window> | null> =>
  maybe(
    db,
    Window,
    sql`select count(*) filter (where answered_at is not null and disposition <> 'machine')::int as answered,
        count(*) filter (where disposition = 'abandoned')::int as abandoned
      from call_attempt where list_id = ${listId} and state = 'ended' and ended_at > ${since}`,
  );

export const findLearned = async (db: Db, listId: string): Promise<unknown> =>
  (await maybe(db, z.object({ learned: z.unknown() }), sql`select learned from call_pacing where list_id = ${listId}`))
    ?.learned ?? null;

export const storeLearned = (db: Db, listId: string, learned: object, at: Date) =>
  execute(
    db,
    sql`insert into call_pacing (list_id, learned, at) values (${listId}, ${JSON.stringify(learned)}::jsonb, ${at})
      on conflict (list_id) do update set learned = excluded.learned, at = excluded.at`,
  );

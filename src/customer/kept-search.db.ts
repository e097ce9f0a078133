import { z } from 'zod';
import { execute, maybe, sql, type Db } from '../kernel/sql.db.ts';

export type SearchPage = 'customers' | 'suppressions';

/** Keeps it under `id` and forgets what is older than `since`. */
export async function saveSearch(
  db: Db,
  search: { id: string; staffId: string; page: SearchPage; filter: unknown; at: Date },
  since: Date,
): Promise<void> {
  await execute(
    db,
    sql`with old as (delete from console_search where created_at < ${since})
      insert into console_search (id, staff_id, page, filter, created_at)
      values (${search.id}, ${search.staffId}, ${search.page}, ${JSON.stringify(search.filter)}::jsonb, ${search.at})`,
  );
}

/** The filter as it was kept, for whoever kept it; null when it is older than `since` or somebody else's. */
export async function findSearch(
  db: Db,
  of: { id: string; staffId: string; page: SearchPage; since: Date },
): Promise<unknown> {
  const found = await maybe(
    db,
    z.object({ filter: z.unknown() }),
    sql`select filter from console_search
      where id = ${of.id} and staff_id = ${of.staffId} and page = ${of.page} and created_at >= ${of.since}`,
  );
  return found?.filter ?? null;
}

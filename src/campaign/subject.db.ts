import { z } from 'zod';
import { many, one, sql, type Db } from '../kernel/sql.db.ts';
import { campaignStates, type CampaignState } from './state.rule.ts';

export const campaignStatesOf = (db: Db, ids: readonly string[]): Promise<{ id: string; state: CampaignState }[]> =>
  many(
    db,
    z.object({ id: z.uuid(), state: z.enum(campaignStates) }),
    sql`select id, state from campaign where id = any(${[...ids]}::uuid[])`,
  );

/** How many campaigns stand before this one in its line of revisions: 0 of a first version. */
export async function revisionsBefore(db: Db, campaignId: string): Promise<number> {
  const { n } = await one(
    db,
    z.object({ n: z.number() }),
    sql`with recursive line (id, revises, depth) as (
        select id, revises, 0 from campaign where id = ${campaignId}
        union all select c.id, c.revises, l.depth + 1 from campaign c join line l on c.id = l.revises where l.depth < 100)
      select max(depth)::int as n from line`,
  );
  return n;
}

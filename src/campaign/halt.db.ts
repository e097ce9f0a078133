import { z } from 'zod';
import { many, sql, type Db } from '../kernel/sql.db.ts';

/** A span in a worker's hands: `owner` is the run of the activity that took its lease. */
export type Watched = { campaignKey: number; accountId: string; span: number; owner: string };

/** Whether the database has come at least as far as this process has seen it: one that was restored has not. */
export async function hasReached(db: Db, knownMark: number): Promise<boolean> {
  return (await many(db, z.object({}), sql`select from installation where mark >= ${knownMark}`)).length === 1;
}

/**
 * Places in `spans` of those that may go on: campaign sending, account active, lease still the owner's, and the database no older
 * one than this process has seen (`knownMark`).
 */
export async function goingOn(db: Db, spans: readonly Watched[], knownMark: number): Promise<ReadonlySet<number>> {
  const rows = await many(
    db,
    z.object({ place: z.number() }),
    sql`select w.place::int - 1 as place
      from unnest(${spans.map((each) => each.campaignKey)}::int[], ${spans.map((each) => each.accountId)}::uuid[],
        ${spans.map((each) => each.span)}::int[], ${spans.map((each) => each.owner)}::uuid[])
        with ordinality as w (campaign_key, account_id, span, owner, place)
      join campaign c on c.key = w.campaign_key and c.state = 'sending'
      join gateway_account g on g.id = w.account_id and g.state = 'active'
      join span_lease l on l.campaign_key = w.campaign_key and l.span = w.span and l.owner = w.owner
      join installation i on i.mark >= ${knownMark}`,
  );
  return new Set(rows.map(({ place }) => place));
}

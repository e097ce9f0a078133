import { z } from 'zod';
import { unreadConditions, type AudienceFilter } from './filter.db.ts';
import { execute, many, maybe, one, sql, type Db } from '../kernel/sql.db.ts';

const Tally = z.record(z.string(), z.number());
const Row = z.object({
  key: z.string(),
  startedAt: z.date(),
  countedAt: z.date().nullable(),
  failedAt: z.date().nullable(),
  total: z.number().nullable(),
  unread: z.record(z.string(), z.number()),
  /** People by the reason not to write to them; '' are those who may be written to. */
  marketing: Tally.nullable(),
  notice: Tally.nullable(),
  sample: z.array(z.uuid()),
});
export type CountRow = z.infer<typeof Row>;
const columns = sql`key, started_at as "startedAt", counted_at as "countedAt", failed_at as "failedAt", total, marketing, notice, sample, unread`;

export const findCounts = (db: Db, keys: readonly string[]): Promise<CountRow[]> =>
  many(db, Row, sql`select ${columns} from audience_count where key = any(${keys})`);

/** Says whether the caller is to count: what is kept is older than `staleBefore`, or a count failed or died before those moments. */
export async function claimCount(
  db: Db,
  key: string,
  at: { now: Date; staleBefore: Date; retryBefore: Date; abandonedBefore: Date },
): Promise<boolean> {
  const { rowCount } = await execute(
    db,
    sql`insert into audience_count as c (key, started_at) values (${key}, ${at.now})
      on conflict (key) do update set started_at = excluded.started_at, failed_at = null
        where (c.counted_at >= c.started_at and c.counted_at < ${at.staleBefore})
          or (c.failed_at >= c.started_at and c.failed_at < ${at.retryBefore})
          or (coalesce(c.counted_at < c.started_at, true) and coalesce(c.failed_at < c.started_at, true) and c.started_at < ${at.abandonedBefore})`,
  );
  return rowCount === 1;
}

export const storeCount = (
  db: Db,
  key: string,
  count: Pick<CountRow, 'total' | 'marketing' | 'notice' | 'sample' | 'unread'> & { at: Date },
) =>
  execute(
    db,
    sql`update audience_count set counted_at = greatest(${count.at}, started_at), failed_at = null, total = ${count.total},
        marketing = ${JSON.stringify(count.marketing)}::jsonb, notice = ${JSON.stringify(count.notice)}::jsonb, sample = ${count.sample}::uuid[],
        unread = ${JSON.stringify(count.unread)}::jsonb
      where key = ${key}`,
  );

export const storeCountFailure = (db: Db, key: string, at: Date) =>
  execute(db, sql`update audience_count set failed_at = greatest(${at}, started_at) where key = ${key}`);

export const dropCountsBefore = (db: Db, before: Date) =>
  execute(db, sql`delete from audience_count where started_at < ${before}`);

/** How many people have a value that the filter could not compare, by attribute; those with none are left out. */
export async function countUnread(db: Db, filter: AudienceFilter): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { attribute, condition } of unreadConditions(filter)) {
    const { n } = await one(
      db,
      z.object({ n: z.number() }),
      sql`select count(*) as n from customer c where ${condition}`,
    );
    if (n > 0) counts[attribute] = n;
  }
  return counts;
}

/** How many customers there are, as PostgreSQL's statistics say; null before the first look. */
export async function estimateCustomers(db: Db): Promise<number | null> {
  const row = await maybe(
    db,
    z.object({ rows: z.number() }),
    sql`select reltuples::bigint as rows from pg_class where oid = 'customer'::regclass`,
  );
  return row && row.rows >= 0 ? row.rows : null;
}

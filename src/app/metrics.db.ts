import { z } from 'zod';
import { many, one, sql, type Db } from '../kernel/sql.db.ts';

/** Campaigns that live or wait, with what was signed and whose account they use. Those that ended are only counted. */
export const liveCampaigns = (db: Db) =>
  many(
    db,
    z.object({
      key: z.number(),
      number: z.string(),
      state: z.string(),
      account: z.string(),
      ratePerSecond: z.number(),
      started: z.boolean(),
    }),
    sql`select c.key, c.number, c.state, g.name as account, c.rate_per_second as "ratePerSecond", c.started_at is not null as started
      from campaign c join template t on t.id = c.template_id join gateway_account g on g.id = t.gateway_account_id
      where c.state in ('freezing', 'awaiting-liaison', 'awaiting-leader', 'scheduled', 'sending', 'paused', 'settling')
      order by c.key desc limit 500`,
  );

export const campaignsByState = (db: Db) =>
  many(
    db,
    z.object({ state: z.string(), count: z.number() }),
    sql`select state, count(*)::int as count from campaign group by 1`,
  );

export const accountsNow = (db: Db) =>
  many(
    db,
    z.object({ account: z.string(), active: z.boolean(), ratePerSecond: z.number(), lastPushAt: z.date().nullable() }),
    sql`select g.name as account, g.state = 'active' as active, g.rate_per_second as "ratePerSecond",
        p.last_at as "lastPushAt"
      from gateway_account g left join gateway_push p on p.gateway_account_id = g.id order by g.name`,
  );

/** Worker processes that said within the last seconds that they take work, by duty. */
export const workersNow = (db: Db) =>
  many(
    db,
    z.object({ queue: z.string(), duty: z.string(), count: z.number() }),
    sql`select task_queue as queue, duty, count(*)::int as count from worker_beat, unnest(serves) as duty
      where beat_at > clock_timestamp() - interval '5 seconds' group by 1, 2`,
  );

const Activity = z.object({
  connections: z.number(),
  inTransaction: z.number(),
  idleInTransaction: z.number(),
  oldestTransactionSeconds: z.number(),
  lockWaits: z.number(),
  longestLockWaitSeconds: z.number(),
  bytes: z.number(),
});

/** What this database's sessions do. A session of another user shows no state unless ours may read it (pg_read_all_stats). */
export const databaseNow = (db: Db) =>
  one(
    db,
    Activity,
    sql`select count(*)::int as connections,
        count(*) filter (where xact_start is not null)::int as "inTransaction",
        count(*) filter (where state like 'idle in transaction%')::int as "idleInTransaction",
        coalesce(max(extract(epoch from clock_timestamp() - xact_start)), 0)::float8 as "oldestTransactionSeconds",
        count(*) filter (where wait_event_type = 'Lock')::int as "lockWaits",
        coalesce(max(extract(epoch from clock_timestamp() - state_change)) filter (where wait_event_type = 'Lock'), 0)::float8 as "longestLockWaitSeconds",
        pg_database_size(current_database())::float8 as bytes
      from pg_stat_activity where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()`,
  );

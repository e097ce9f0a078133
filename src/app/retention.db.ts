import { z } from 'zod';
import { loadSetting, storeSetting } from '../kernel/setting.db.ts';
import { execute, many, one, sql, type Db, type Sql, type Tx } from '../kernel/sql.db.ts';
import { monthsFrom, retained, usualRetention, type Retained, type Retention } from './retention.rule.ts';

const Setting = z.partialRecord(z.enum(retained), z.int());

/** As the house has set it; what it has not set, as it began. */
export const loadRetention = async (db: Db): Promise<Retention> => ({
  ...usualRetention,
  ...(await loadSetting(db, 'retention', Setting, {})),
});
export const storeRetention = (tx: Tx, retention: Retention) => storeSetting(tx, 'retention', retention);

/** Until a campaign is closed its receipts may still settle somebody, and its touches say whom a receipt is of. */
const ofNoLivingCampaign = (column: Sql): Sql =>
  sql`${column} < (select coalesce(min(started_at), 'infinity') from campaign where started_at is not null and closed_at is null)`;
const column = (text: string): Sql => ({ text, values: [] });

/** `key` finds a row again at once: its place, or, in a table of parts, its number. */
type Kind = { table: string; key?: string; time: Sql; also?: Sql };
const kinds: Readonly<Record<Retained, Kind>> = {
  // What waits to be read, or for a person, stays however old it is: opt-outs may be in it.
  pushes: {
    table: 'webhook_delivery',
    key: 'id',
    time: column('received_at'),
    also: sql`processed_at is not null and (fault is null or closed_at is not null)`,
  },
  receipts: { table: 'receipt', time: column('received_at'), also: ofNoLivingCampaign(column('received_at')) },
  replies: {
    table: 'inbound_sms',
    time: column('taken_in_at'),
    also: sql`(handled_at is not null or (meaning = 'opt-out' and asks is null))`,
  },
  contacts: { table: 'contact', time: column('at'), also: ofNoLivingCampaign(column('at')) },
  'import-faults': {
    table: 'import_error',
    time: column('(select coalesce(i.finished_at, i.created_at) from import i where i.id = import_error.import_id)'),
    also: sql`exists (select from import i where i.id = import_error.import_id and i.state in ('accepted', 'discarded', 'failed'))`,
  },
  notices: { table: 'notice', time: column('created_at') },
  'test-sends': { table: 'test_send', time: column('created_at'), also: sql`state not in ('open', 'calling')` },
  sessions: { table: 'session', time: column('expires_at') },
  repeats: { table: 'idempotency_key', time: column('created_at') },
};

/** Deletes at most so many of the oldest; gives how many. */
export async function deleteSome(tx: Tx, what: Retained, before: Date, limit: number): Promise<number> {
  const { table, key = 'ctid', time, also = sql`true` } = kinds[what];
  const { rowCount } = await execute(
    tx,
    sql`delete from ${column(table)} where ${column(key)} = any(array(
      select ${column(key)} from ${column(table)} where ${time} < ${before} and ${also} limit ${limit}))`,
  );
  return rowCount ?? 0;
}

/** How much there is and since when, by the planner's estimate: a page must not count tables of millions. */
export async function oldestOf(db: Db, what: Retained): Promise<{ rows: number; oldest: Date | null }> {
  const { table, time } = kinds[what];
  const { rows } = await one(
    db,
    z.object({ rows: z.number() }),
    sql`select coalesce(sum(greatest(reltuples, 0)), 0)::float8 as rows from pg_class
      where oid = ${table}::regclass or oid in (select inhrelid from pg_inherits where inhparent = ${table}::regclass)`,
  );
  // Of the 1,000 that stand first, which are the oldest of tables that are only added to; a session that is still good has not ended.
  const { oldest } = await one(
    db,
    z.object({ oldest: z.date().nullable() }),
    sql`select min(t) as oldest from (select ${time} as t from ${column(table)} limit 1000) first where t <= now()`,
  );
  return { rows: Math.round(rows), oldest };
}

const parted = 'webhook_delivery';

/** Makes the parts of this month and the next ones. One whose rows stand in the rest already is not made: they go from there. */
export async function makeMonths(db: Db, now: Date, ahead = 3): Promise<string[]> {
  const made: string[] = [];
  for (const { name, from, to } of monthsFrom(now, ahead)) {
    const part = `${parted}_${name}`;
    const { there } = await one(
      db,
      z.object({ there: z.boolean() }),
      sql`select to_regclass(${part}) is not null or exists (
        select from webhook_delivery_rest where received_at >= ${from} and received_at < ${to}) as there`,
    );
    if (there) continue;
    await db.query(
      `create table if not exists ${part} partition of ${parted} for values from ('${from.toISOString()}') to ('${to.toISOString()}')`,
    );
    made.push(part);
  }
  return made;
}

/** A part whose month ended before then and in which nothing waits for anybody; the oldest first. */
export async function findOldPart(db: Db, before: Date): Promise<string | null> {
  const parts = await many(
    db,
    z.object({ part: z.string(), month: z.string() }),
    sql`select c.relname as part, right(c.relname, 7) as month from pg_inherits i join pg_class c on c.oid = i.inhrelid
      where i.inhparent = ${parted}::regclass and c.relname ~ ${`^${parted}_[0-9]{4}_[0-9]{2}$`} order by 1`,
  );
  for (const { part, month } of parts) {
    const [{ to } = { to: before }] = monthsFrom(new Date(`${month.replace('_', '-')}-15T00:00:00Z`), 1);
    if (to > before) return null;
    const { open } = await one(
      db,
      z.object({ open: z.boolean() }),
      sql`select exists (select from ${column(part)}
        where processed_at is null or (fault is not null and closed_at is null)) as open`,
    );
    if (!open) return part;
  }
  return null;
}

/** Drops the part as a whole; gives how many rows went. */
export async function dropPart(tx: Tx, part: string): Promise<number> {
  const { rows } = await one(
    tx,
    z.object({ rows: z.number() }),
    sql`select count(*)::int as rows from ${column(part)}`,
  );
  await tx.query(`drop table ${part}`);
  return rows;
}

/** When something of each kind was deleted last, and how much then. */
export const lastDeleted = (db: Db) =>
  many(
    db,
    z.object({ what: z.string(), at: z.date(), rows: z.number() }),
    sql`select distinct on (details ->> 'what') details ->> 'what' as what, at, (details ->> 'rows')::int as rows from audit
      where object_kind = 'setting' and object_id = 'retention' and action = 'retention.delete' order by details ->> 'what', seq desc`,
  );

import type { Readable, Writable } from 'node:stream';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import { z } from 'zod';
import { execute, many, one, sql, type Db, type PoolClient, type Sql, type Tx } from '../../kernel/sql.db.ts';

/** Whose rows belong to the running processes, and those that migrations write themselves. */
const leftOut = ['worker_beat', 'schema_migration'];
const parted = 'webhook_delivery';

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
const raw = (text: string): Sql => ({ text, values: [] });

/** One state of the whole database for every statement that follows, and texts that mean the same wherever they are read. */
export async function beginSnapshot(client: PoolClient): Promise<void> {
  await client.query('begin isolation level repeatable read read only');
  await speakPlainly(client);
}

export const speakPlainly = (db: Db) =>
  execute(
    db,
    sql`select set_config('datestyle', 'iso, ymd', true), set_config('timezone', 'UTC', true), set_config('intervalstyle', 'postgres', true),
      set_config('extra_float_digits', '1', true)`,
  );

const Table = z.object({ name: z.string(), columns: z.array(z.string()) });
export type BackupTable = z.infer<typeof Table>;

/** Every table of ours with the columns that are stored, by name; of one in parts the whole. */
export const listTables = (db: Db): Promise<BackupTable[]> =>
  many(
    db,
    Table,
    sql`select c.relname as name, array_agg(a.attname::text order by a.attnum) as columns
      from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
      where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition and c.relname <> all(${leftOut})
      group by c.relname order by c.relname`,
  );

/** Months that have a part of their own, such as `2026_11`. */
export async function listMonths(db: Db): Promise<string[]> {
  const parts = await many(
    db,
    z.object({ month: z.string() }),
    sql`select right(c.relname, 7) as month from pg_inherits i join pg_class c on c.oid = i.inhrelid
      where i.inhparent = ${parted}::regclass and c.relname ~ ${`^${parted}_[0-9]{4}_[0-9]{2}$`} order by 1`,
  );
  return parts.map(({ month }) => month);
}

/** What each counter gave last; null where it gave nothing yet. */
export async function listCounters(db: Db): Promise<Record<string, number | null>> {
  const rows = await many(
    db,
    z.object({ name: z.string(), last: z.number().nullable() }),
    sql`select sequencename as name, last_value as last from pg_sequences where schemaname = 'public' order by 1`,
  );
  return Object.fromEntries(rows.map(({ name, last }) => [name, last]));
}

export async function setCounters(tx: Tx, counters: Record<string, number | null>): Promise<void> {
  for (const [name, last] of Object.entries(counters))
    await execute(tx, sql`select setval(${quoted(name)}::regclass, ${last ?? 1}, ${last !== null})`);
}

const listed = ({ columns }: BackupTable): string => columns.map(quoted).join(', ');

/** The rows of a table in PostgreSQL's own text. `rowCount` is there at the end. */
export const readTable = (client: PoolClient, table: BackupTable): Readable & { rowCount: number } =>
  client.query(copyTo(`copy (select ${listed(table)} from ${quoted(table.name)}) to stdout`));

export const writeTable = (client: PoolClient, table: BackupTable): Writable & { rowCount: number } =>
  client.query(copyFrom(`copy ${quoted(table.name)} (${listed(table)}) from stdin`));

/** Whether nobody has ever used this database: no table, or Waihu's own as the migrations leave them. */
export async function isUnused(db: Db): Promise<boolean> {
  const { tables, ours } = await one(
    db,
    z.object({ tables: z.number(), ours: z.boolean() }),
    sql`select count(*)::int as tables, to_regclass('audit') is not null and to_regclass('staff') is not null as ours
      from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm', 'f')`,
  );
  if (tables === 0) return true;
  if (!ours) return false;
  const { used } = await one(
    db,
    z.object({ used: z.boolean() }),
    sql`select exists (select from audit) or exists (select from staff) as used`,
  );
  return !used;
}

/** Names of the migrations that a database has had, in order; none before the first. */
export async function appliedMigrations(db: Db): Promise<string[]> {
  const { there } = await one(
    db,
    z.object({ there: z.boolean() }),
    sql`select to_regclass('public.schema_migration') is not null as there`,
  );
  if (!there) return [];
  const rows = await many(db, z.object({ name: z.string() }), sql`select name from schema_migration order by name`);
  return rows.map(({ name }) => name);
}

const Reference = z.object({ table: z.string(), name: z.string(), definition: z.string() });
export type Reference = z.infer<typeof Reference>;

/**
 * Empties every table and takes away what would judge rows one by one before all are there: references between tables and
 * triggers. Gives the references, for `guardTables`.
 */
export async function openTables(tx: Tx, tables: readonly BackupTable[]): Promise<Reference[]> {
  const references = await many(
    tx,
    Reference,
    sql`select c.relname as table, k.conname as name, pg_get_constraintdef(k.oid) as definition
      from pg_constraint k join pg_class c on c.oid = k.conrelid
      where k.contype = 'f' and k.conparentid = 0 and c.relnamespace = 'public'::regnamespace order by 1, 2`,
  );
  for (const { table, name } of references)
    await execute(tx, raw(`alter table ${quoted(table)} drop constraint ${quoted(name)}`));
  for (const { name } of tables) await execute(tx, raw(`alter table ${quoted(name)} disable trigger user`));
  await execute(tx, raw(`truncate ${tables.map(({ name }) => quoted(name)).join(', ')}`));
  return references;
}

/** The opposite; a row that refers to nothing fails here. */
export async function guardTables(
  tx: Tx,
  tables: readonly BackupTable[],
  references: readonly Reference[],
): Promise<void> {
  for (const { name } of tables) await execute(tx, raw(`alter table ${quoted(name)} enable trigger user`));
  for (const { table, name, definition } of references)
    await execute(tx, raw(`alter table ${quoted(table)} add constraint ${quoted(name)} ${definition}`));
}

export const markRestored = (tx: Tx) => execute(tx, sql`update installation set restored_at = clock_timestamp()`);
/** What the planner knows of the tables did not come with their rows. */
export const analyseTables = (db: Db) => execute(db, sql`analyze`);

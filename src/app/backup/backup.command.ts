import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { record } from '../../house/audit/audit.db.ts';
import { findKeyFingerprint, loadInstallation } from '../../house/installation.db.ts';
import { AppError } from '../../kernel/app-error.rule.ts';
import { transaction, type Pool, type PoolClient, type Tx } from '../../kernel/sql.db.ts';
import { makeMonths } from '../retention.db.ts';
import { migrate, migrationNames } from '../run/migrate.ts';
import * as db from './backup.db.ts';
import { damaged, pieceBytes, readEntries, writeEntries, type Entry } from './file.ts';

/** The first entry: what has to be known before the rows. */
const Head = z.object({
  format: z.literal('waihu-backup/1'),
  takenAt: z.iso.datetime(),
  installation: z.uuid(),
  /** Fingerprint of the installation's key, which is not in the file. */
  key: z.string().nullable(),
  migrations: z.array(z.string()),
  months: z.array(z.string().regex(/^\d{4}_\d{2}$/)),
  tables: z.array(z.object({ name: z.string(), columns: z.array(z.string()) })),
});
/** The last entry: what was written, so that a file that lacks something is found out. */
const Manifest = z.object({
  tables: z.record(z.string(), z.object({ rows: z.number(), bytes: z.number(), sha256: z.string() })),
  counters: z.record(z.string(), z.number().nullable()),
});
export type BackupHead = z.infer<typeof Head>;
export type BackupManifest = z.infer<typeof Manifest>;
export type Backup = BackupHead & { manifest: BackupManifest };
type Sum = BackupManifest['tables'][string];

const headName = 'backup.json';
const manifestName = 'manifest.json';
const json = (name: string, value: unknown): Entry => ({
  name,
  body: Buffer.from(`${JSON.stringify(value, null, 1)}\n`),
});
const nothing = (): { rows: number; bytes: number; hash: ReturnType<typeof createHash> } => ({
  rows: 0,
  bytes: 0,
  hash: createHash('sha256'),
});

/**
 * Every row of the database as it stands at one moment, while everybody goes on working, in one file. On record first: it is an
 * export of everything. The installation's key is not in it. Throws `backup.other-release` and `EEXIST`.
 */
export async function backUp(pool: Pool, file: string, now = new Date()): Promise<Backup> {
  await demandOwnRelease(pool);
  const { id } = await loadInstallation(pool);
  await transaction(pool, (tx) =>
    record(
      tx,
      { actor: 'system', action: 'installation.backup', objectKind: 'installation', objectId: id, details: {} },
      now,
    ),
  );
  const client = await pool.connect();
  try {
    await db.beginSnapshot(client);
    const head: BackupHead = {
      format: 'waihu-backup/1',
      takenAt: now.toISOString(),
      installation: id,
      key: await findKeyFingerprint(client),
      migrations: await db.appliedMigrations(client),
      months: await db.listMonths(client),
      tables: await db.listTables(client),
    };
    const manifest: BackupManifest = { tables: {}, counters: await db.listCounters(client) };
    await writeEntries(file, entriesOf(client, head, manifest));
    return { ...head, manifest };
  } finally {
    // Whatever is left of the snapshot or of a COPY that was broken off ends with its connection.
    client.release(true);
  }
}

async function demandOwnRelease(pool: Pool): Promise<void> {
  const [applied, known] = [await db.appliedMigrations(pool), await migrationNames()];
  if (applied.join() === known.join()) return;
  throw new AppError(
    'conflict',
    'backup.other-release',
    applied.length === 0
      ? 'There is nothing of Waihu in this database.'
      : `The database is not as this release has it (it ends with ${applied.at(-1)}.sql): back it up with the release that runs on it.`,
  );
}

async function* entriesOf(client: PoolClient, head: BackupHead, manifest: BackupManifest): AsyncGenerator<Entry> {
  yield json(headName, head);
  for (const table of head.tables) {
    const sum = nothing();
    let number = 0;
    let held: Buffer[] = [];
    let heldBytes = 0;
    const piece = (): Entry => {
      const body = Buffer.concat(held);
      [held, heldBytes] = [[], 0];
      return { name: `data/${table.name}/${String((number += 1)).padStart(6, '0')}`, body };
    };
    const rows = db.readTable(client, table);
    for await (const chunk of rows as AsyncIterable<Buffer>) {
      sum.hash.update(chunk);
      sum.bytes += chunk.length;
      held.push(chunk);
      heldBytes += chunk.length;
      if (heldBytes >= pieceBytes) yield piece();
    }
    if (heldBytes > 0) yield piece();
    manifest.tables[table.name] = { rows: rows.rowCount, bytes: sum.bytes, sha256: sum.hash.digest('hex') };
  }
  yield json(manifestName, manifest);
}

/**
 * Fills an unused database with what the file holds, in one transaction, and brings it up to date. From then on it counts as
 * restored: the first worker pauses what was sending and asks the gateway what left since. Throws `backup.database-in-use`,
 * `backup.newer` and `backup.damaged`, with the database as unused as before.
 */
export async function restore(pool: Pool, databaseUrl: string, file: string): Promise<Backup> {
  const entries = readEntries(file);
  try {
    return await restoreFrom(pool, databaseUrl, entries);
  } finally {
    await entries.return(undefined);
  }
}

async function restoreFrom(pool: Pool, databaseUrl: string, entries: AsyncGenerator<Entry>): Promise<Backup> {
  const first = await entries.next();
  const head = readHead(first.done ? null : first.value);
  const known = await migrationNames();
  const foreign = head.migrations.find((name, index) => known[index] !== name);
  if (foreign !== undefined)
    throw new AppError(
      'conflict',
      'backup.newer',
      `The backup is of another release of Waihu (${foreign}.sql is not one of this one's): restore it with that release, then upgrade.`,
    );
  const applied = await db.appliedMigrations(pool);
  if (!(await db.isUnused(pool)) || applied.length > head.migrations.length) throw inUse();
  const missing = head.migrations.length - applied.length;
  if (missing > 0) await migrate(databaseUrl, undefined, { count: missing });
  const manifest = await transaction(pool, (tx) => fill(tx, head, entries)).catch(asDamaged);
  await migrate(databaseUrl);
  await db.analyseTables(pool);
  return { ...head, manifest };
}

/** A row that the database refuses was not written by it. Its words name the row, and with it people: they go no further. */
function asDamaged(error: unknown): never {
  if (/^2[23]/.test((error as { code?: string }).code ?? '')) throw damaged();
  throw error;
}

function readHead(entry: Entry | null): BackupHead {
  try {
    if (entry?.name === headName) return Head.parse(JSON.parse(entry.body.toString('utf8')));
  } catch (error) {
    throw damaged(error);
  }
  throw damaged();
}

async function fill(tx: Tx, head: BackupHead, entries: AsyncGenerator<Entry>): Promise<BackupManifest> {
  if (!(await db.isUnused(tx))) throw inUse();
  await db.speakPlainly(tx);
  for (const month of head.months) await makeMonths(tx, new Date(`${month.replace('_', '-')}-15T00:00:00Z`), 1);
  const references = await db.openTables(tx, await db.listTables(tx));
  const sums = new Map<string, Sum>();
  let last: Entry | null = null;
  let next = await entries.next();
  for (const table of head.tables) {
    const sum = nothing();
    const rows = db.writeTable(tx as unknown as PoolClient, table);
    const pieces = async function* (): AsyncGenerator<Buffer> {
      for (; !next.done && next.value.name.startsWith(`data/${table.name}/`); next = await entries.next()) {
        sum.hash.update(next.value.body);
        sum.bytes += next.value.body.length;
        yield next.value.body;
      }
    };
    // A file that ends in between ends the COPY, too: the rollback would wait for it for ever.
    await pipeline(pieces, rows);
    sums.set(table.name, { rows: rows.rowCount, bytes: sum.bytes, sha256: sum.hash.digest('hex') });
  }
  if (!next.done) last = next.value;
  const manifest = readManifest(last);
  const same = head.tables.every(
    ({ name }) => JSON.stringify(manifest.tables[name]) === JSON.stringify(sums.get(name)),
  );
  if (!same || !(await entries.next()).done) throw damaged();
  await db.setCounters(tx, manifest.counters);
  await db.guardTables(tx, await db.listTables(tx), references);
  await db.markRestored(tx);
  return manifest;
}

function readManifest(entry: Entry | null): BackupManifest {
  try {
    if (entry?.name === manifestName) return Manifest.parse(JSON.parse(entry.body.toString('utf8')));
  } catch (error) {
    throw damaged(error);
  }
  throw damaged();
}

const inUse = (): AppError =>
  new AppError(
    'conflict',
    'backup.database-in-use',
    'There is something in this database. A backup is restored into an empty one: make one, and name it in DATABASE_URL.',
  );

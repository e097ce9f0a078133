import { randomUUIDv7 } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { backUp, restore, type Backup } from '../../../src/app/backup/backup.command.ts';
import { openInstallationKey } from '../../../src/house/installation-key.command.ts';
import { keyOfFolder } from '../../../src/house/installation-key.ts';
import { insertChannel } from '../../../src/house/notice/channel.db.ts';
import { openPool, transaction, type Pool } from '../../../src/kernel/sql.db.ts';
import { makeMonths } from '../../../src/app/retention.db.ts';
import { testDatabase } from '../../kit/database.ts';
import { makeStaff } from '../../kit/people.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'waihu-backup-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = path.join(folder, 'waihu.tar.gz');
const { pool } = await testDatabase();
let taken: Backup;
/** What PostgreSQL's text has to escape, and what only looks as if it had. */
const nasty = ['tab\there', 'line\nbreak', 'back\\slash \\N \\.', '', '王女士👩‍💻', `quote " ' end`];

/** A database without a table. */
async function emptyDatabase(): Promise<{ pool: Pool; url: string }> {
  const url = new URL(inject('databaseUrl'));
  const name = `t_${randomUUIDv7().replaceAll('-', '')}`;
  const admin = openPool(url.href, 1);
  await admin.query(`create database ${name}`);
  url.pathname = `/${name}`;
  const fresh = openPool(url.href, 3);
  afterAll(async () => {
    await fresh.end();
    await admin.query(`drop database ${name} with (force)`);
    await admin.end();
  });
  return { pool: fresh, url: url.href };
}

let unused: Awaited<ReturnType<typeof emptyDatabase>>;
beforeAll(async () => {
  unused = await emptyDatabase();
  await openInstallationKey(pool, keyOfFolder(folder));
  const person = await makeStaff(pool, ['administrator']);
  for (const [index, text] of nasty.entries())
    await pool.query(`insert into topic (code, name) values ($1, $2)`, [`t${index}`, text]);
  const id = randomUUIDv7();
  const secret = new Uint8Array(Buffer.from('00ff5c6e0a', 'hex'));
  await transaction(pool, (tx) =>
    insertChannel(tx, {
      id,
      kind: 'webhook',
      name: 'robot',
      settings: { 'a"b': [1.5, null, '\u2028'] },
      secret,
      kinds: [],
      enabled: true,
      createdAt: new Date(),
    }),
  );
  // A month that is over, whose part no start would make again; and a row that stands in no part.
  await makeMonths(pool, new Date('2026-03-10T00:00:00Z'), 1);
  await pool.query(
    `insert into gateway_account (id, name, provider, settings, rate_per_second, price_milli_yuan, webhook_token)
     values ($1, 'a', 'aliyun', '{}', 1, 1, 'token')`,
    [id],
  );
  for (const day of ['2026-03-15', '2025-01-15'])
    await pool.query(
      `insert into webhook_delivery (gateway_account_id, kind, raw, received_at) values ($1, 'receipts', '\\x00ff0a5c', $2)`,
      [id, day],
    );
  expect(person.id).toBeTruthy();
  taken = await backUp(pool, file);
});

/** What judges rows, as the database has it. */
const schema = async (of: Pool) =>
  (
    await of.query(
      `select conrelid::regclass::text as "table", conname, pg_get_constraintdef(oid) as definition from pg_constraint
         where connamespace = 'public'::regnamespace
       union all select tgrelid::regclass::text, tgname, tgenabled::text from pg_trigger where not tgisinternal
       union all select tablename, indexname, indexdef from pg_indexes where schemaname = 'public' order by 1, 2, 3`,
    )
  ).rows;

test('a backup comes back as it was: every row of every table, counters, parts, references and triggers', async () => {
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const fresh = await emptyDatabase();
  const restored = await restore(fresh.pool, fresh.url, file);
  expect(restored.manifest).toEqual(taken.manifest);
  const again = await backUp(fresh.pool, path.join(folder, 'again.tar.gz'));
  // The mark of a restored database, and the second backup's own row.
  const apart = new Set(['installation', 'audit']);
  const rest = ({ manifest: { tables, counters } }: Backup) => [
    Object.entries(tables).filter(([name]) => !apart.has(name)),
    counters,
  ];
  expect(rest(again)).toEqual(rest(taken));
  expect(again.months).toEqual(taken.months);
  expect(Object.values(again.manifest.tables).reduce((sum, { rows }) => sum + rows, 0)).toBeGreaterThan(12);
  expect(await schema(fresh.pool)).toEqual(await schema(pool));
  const { rows } = await fresh.pool.query(`select restored_at is not null as marked from installation`);
  expect(rows).toEqual([{ marked: true }]);
});

test('what is in use is not written over', async () => {
  const before = readFileSync(file);
  await expect(backUp(pool, file)).rejects.toMatchObject({ code: 'EEXIST' });
  expect(readFileSync(file).equals(before)).toBe(true);
  const used = await testDatabase();
  await makeStaff(used.pool, []);
  await expect(restore(used.pool, used.url, file)).rejects.toMatchObject({ code: 'backup.database-in-use' });
  const stranger = await emptyDatabase();
  await stranger.pool.query('create table theirs (id int)');
  await expect(restore(stranger.pool, stranger.url, file)).rejects.toMatchObject({ code: 'backup.database-in-use' });
  expect((await stranger.pool.query(`select to_regclass('public.audit') as audit`)).rows).toEqual([{ audit: null }]);
});

/** The file with one thing changed in what it holds. */
const changed = (from: string, to: string): Buffer => {
  const bytes = gunzipSync(readFileSync(file));
  const at = bytes.indexOf(from);
  expect([at > 0, from.length]).toEqual([true, to.length]);
  bytes.write(to, at);
  return gzipSync(bytes);
};
test.each<[string, () => Buffer, string]>([
  ['is cut short', () => readFileSync(file).subarray(0, -200), 'backup.damaged'],
  [
    'is cut short between two entries',
    () => gzipSync(gunzipSync(readFileSync(file)).subarray(0, 512 * 60)),
    'backup.damaged',
  ],
  ['has another row than was written', () => changed('王女士', '李先生'), 'backup.damaged'],
  [
    'has the head of an entry changed',
    () => changed('gateway_account/000001', 'gateway_account/00000x'),
    'backup.damaged',
  ],
  ['has a row that the database refuses', () => changed('\taliyun\t', '\talixun\t'), 'backup.damaged'],
  ['is something else', () => Buffer.from('PK, not a backup'), 'backup.damaged'],
  ['is of a later release', () => changed('0107_installation_key', '9999_installation_key'), 'backup.newer'],
])('a file that %s is refused', async (_, make, code) => {
  const bad = path.join(folder, `bad-${randomUUIDv7()}`);
  writeFileSync(bad, make());
  await expect(restore(unused.pool, unused.url, bad)).rejects.toMatchObject({ code });
});

test('after every one of them the database takes the whole file', async () => {
  expect((await restore(unused.pool, unused.url, file)).manifest).toEqual(taken.manifest);
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { migrate } from '../../../../src/app/run/migrate.ts';
import { testDatabase } from '../../../kit/database.ts';

const { pool, url } = await testDatabase();

/** A folder of migrations whose numbers come after all that there are. */
function folderWith(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'waihu-migrations-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}
const fresh = async (): Promise<void> => void (await pool.query('delete from schema_migration'));
const found = async (name: string): Promise<string | null> => {
  const { rows } = await pool.query<{ name: string | null }>('select to_regclass($1)::text as name', [name]);
  return rows[0]?.name ?? null;
};

test('steps outside a transaction run one by one, so an index can be built while the table is written to', async () => {
  await fresh();
  const folder = folderWith({
    '9001_table.sql': 'create table reading (at int); insert into reading select generate_series(1, 10);',
    '9002_index.sql': [
      '-- Outside a transaction',
      'drop index concurrently if exists reading_at;',
      '-- Step',
      'create index concurrently reading_at on reading (at);',
    ].join('\n'),
  });
  expect(await migrate(url, folder, { dryRun: true })).toEqual(['9001_table.sql', '9002_index.sql']);
  expect(await found('reading')).toBeNull();
  expect(await migrate(url, folder)).toEqual(['9001_table.sql', '9002_index.sql']);
  expect(await found('reading_at')).toBe('reading_at');
  expect(await migrate(url, folder)).toEqual([]);
});

test('a file that fails leaves nothing of itself, and what was applied before it stays', async () => {
  await fresh();
  const folder = folderWith({
    '9011_one.sql': 'create table kept (at int);',
    '9012_two.sql': 'create table lost (at int); select 1 / 0;',
  });
  await expect(migrate(url, folder)).rejects.toMatchObject({
    code: 'run.migration-failed',
    details: { migration: '9012_two' },
  });
  expect([await found('kept'), await found('lost')]).toEqual(['kept', null]);
});

test('of two that start at once one applies, the other waits without standing in the way of an index', async () => {
  await fresh();
  const folder = folderWith({
    '9021_index.sql': [
      '-- Outside a transaction',
      'create table crowd as select generate_series(1, 200000) as at;',
      '-- Step',
      'create index concurrently crowd_at on crowd (at);',
    ].join('\n'),
  });
  const applied = await Promise.all([migrate(url, folder), migrate(url, folder)]);
  expect(applied.flat()).toEqual(['9021_index.sql']);
  expect(await found('crowd_at')).toBe('crowd_at');
});

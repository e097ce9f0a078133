import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { freePort } from '../../../../src/app/run/ports.ts';
import { alive, type Copy, launch, newDataFolder, processesOf, remove, stop, whenUp } from './copy.ts';

let data: string;
const copies: Copy[] = [];
const folders: string[] = [];

function start(folder: string, env: Record<string, string> = {}): Copy {
  const copy = launch(folder, env);
  copies.push(copy);
  return copy;
}

beforeEach(() => {
  data = newDataFolder();
  folders.push(data);
});
afterEach(async () => {
  for (const copy of copies.splice(0)) {
    if (copy.launcher.exitCode === null && copy.launcher.signalCode === null) await stop(copy);
  }
  for (const folder of folders.splice(0)) remove(folder);
});

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

test('a first start makes everything, Ctrl-C stops it without an orphan, and a second start goes on where it ended', async () => {
  const first = start(data);
  const one = await whenUp(first);
  expect((await fetch(`${one.url}/readyz`)).status).toBe(200);
  await query(one.databaseUrl, `insert into note (text) values ('kept')`);
  const processes = processesOf(data);
  expect(processes).toHaveLength(6);
  expect(await stop(first)).toBe(0);
  expect(alive(processes)).toEqual([]);
  expect(readdirSync(join(data, 'run'))).toEqual([]);
  expect(existsSync(join(data, 'launcher.lock'))).toBe(false);
  expect(readFileSync(join(data, 'drained'), 'utf8')).toContain('postgresql://');

  const second = start(data);
  const two = await whenUp(second);
  expect(two).toEqual(one);
  expect(await query(two.databaseUrl, 'select text, written_at is not null as dated from note')).toEqual([
    { text: 'kept', dated: true },
  ]);
  expect(second.printed()).toContain('up to date');
});

test('after kill -9 of the launcher its parts end, and the next start has all that was committed', async () => {
  const first = start(data);
  const one = await whenUp(first);
  await query(one.databaseUrl, `insert into note (text) values ('committed')`);
  const processes = processesOf(data);
  first.launcher.kill('SIGKILL');
  await first.ended;

  const second = start(data);
  const two = await whenUp(second);
  expect(alive(processes)).toEqual([]);
  expect(await query(two.databaseUrl, 'select text from note')).toEqual([{ text: 'committed' }]);
});

test('two copies run side by side, and a third on a folder in use is refused', async () => {
  const other = newDataFolder();
  folders.push(other);
  const copiesUp = await Promise.all([whenUp(start(data)), whenUp(start(other))]);
  const addresses = copiesUp.flatMap(({ url, temporalAddress, sandboxUrl }) => [url, temporalAddress, sandboxUrl]);
  expect(new Set(addresses).size).toBe(6);

  const third = start(data);
  expect(await third.ended).toBe(1);
  expect(third.printed()).toContain('run.already-running');
  expect((await fetch(`${copiesUp[0].url}/readyz`)).status).toBe(200);
});

test('a second Ctrl-C of the same press does not force, and a stop while starting leaves nothing', async () => {
  const copy = start(data);
  await expect.poll(() => existsSync(join(data, 'postgres', 'data', 'postmaster.pid')), { timeout: 60_000 }).toBe(true);
  const processes = processesOf(data);
  copy.launcher.kill('SIGINT');
  copy.launcher.kill('SIGINT');
  expect(await copy.ended).toBe(1);
  expect(copy.printed()).toContain('run.interrupted');
  expect(alive(processes)).toEqual([]);
  await whenUp(start(data));
});

test('a wrong database address is one sentence', async () => {
  const url = `postgresql://waihu:hunter2@127.0.0.1:${await freePort()}/waihu`;
  const copy = start(data, { DATABASE_URL: url });
  expect(await copy.ended).toBe(1);
  expect(copy.printed()).toMatch(/run\.database-unreachable The database cannot be used: nothing listens at/);
  expect(copy.printed()).not.toContain('hunter2');
});

test('with a database and a Temporal of its own a copy embeds nothing, and wrong addresses are one sentence each', async () => {
  const one = await whenUp(start(data));
  const other = newDataFolder();
  folders.push(other);
  const own = { DATABASE_URL: one.databaseUrl, TEMPORAL_ADDRESS: one.temporalAddress };
  const refused = async (env: Record<string, string>): Promise<string> => {
    const copy = start(other, { ...own, ...env });
    expect(await copy.ended).toBe(1);
    return copy.printed();
  };
  expect(await refused({ TEMPORAL_ADDRESS: `127.0.0.1:${await freePort()}` })).toContain('run.temporal-unreachable');
  expect(await refused({ TEMPORAL_NAMESPACE: 'elsewhere' })).toMatch(/run\.temporal-namespace .*"elsewhere"/);

  const copy = start(other, own);
  const two = await whenUp(copy);
  expect(two).toMatchObject({ databaseUrl: one.databaseUrl, temporalAddress: one.temporalAddress });
  expect(two.sandboxUrl).toBeUndefined();
  expect(readdirSync(join(other, 'run')).toSorted((a, b) => a.localeCompare(b))).toEqual([
    'api.json',
    'sender-1.json',
    'worker.json',
  ]);
});

test('a damaged database, one of another version and one without its password are each named, and nothing is left running', async () => {
  const first = start(data);
  await whenUp(first);
  await stop(first);
  const inData = (name: string) => join(data, 'postgres', name);
  const refused = async (): Promise<string> => {
    const copy = start(data);
    expect(await copy.ended).toBe(1);
    expect(readdirSync(join(data, 'run'))).toEqual([]);
    return copy.printed();
  };

  renameSync(inData('password'), inData('password.kept'));
  expect(await refused()).toContain('run.password-lost');
  renameSync(inData('password.kept'), inData('password'));

  writeFileSync(inData('data/PG_VERSION'), '16\n');
  expect(await refused()).toMatch(/run\.database-version .* 16/);
  writeFileSync(inData('data/PG_VERSION'), '18\n');

  const control = inData('data/global/pg_control');
  const kept = readFileSync(control);
  writeFileSync(control, Buffer.alloc(kept.length, 7));
  expect(await refused()).toContain('run.data-corrupt');
  writeFileSync(control, kept);

  for (const name of ['', '-shm', '-wal']) rmSync(join(data, 'temporal', `temporal.db${name}`), { force: true });
  writeFileSync(join(data, 'temporal', 'temporal.db'), 'not a database, but long enough to be read as one'.repeat(100));
  expect(await refused()).toMatch(/run\.data-corrupt .*temporal\.db/);
});

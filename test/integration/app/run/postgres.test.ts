import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { withClient } from '../../../../src/app/run/database.ts';
import { freePort, isPortFree } from '../../../../src/app/run/ports.ts';
import { choosePostgresAccount } from '../../../../src/app/run/postgres-account.ts';
import { findPostgresBinaries } from '../../../../src/app/run/postgres-binaries.ts';
import { startPostgres } from '../../../../src/app/run/postgres.ts';
import { identify, parseIdentity } from '../../../../src/app/run/processes.ts';

const env = Object.fromEntries(Object.entries(process.env).filter((entry) => entry[1] !== undefined)) as Record<
  string,
  string
>;
let parent: string;
let said: string[];
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'waihu-pg-'));
  said = [];
});
afterEach(() => rmSync(parent, { recursive: true, force: true }));

async function startIn(folder: string, port: number) {
  return startPostgres({
    folder,
    port,
    logFile: join(parent, 'postgres.log'),
    pidFile: join(parent, 'postgres.json'),
    env,
    say: (line) => said.push(line),
  });
}

test('below a folder closed to everybody else the database starts, and for root as a lesser user', async () => {
  chmodSync(parent, 0o700);
  const server = await startIn(join(parent, 'deep', 'postgres'), await freePort());
  try {
    const identity = parseIdentity(readFileSync(join(parent, 'postgres.json'), 'utf8'));
    if (process.platform === 'linux') expect(statSync(`/proc/${identity?.pid}`).uid).not.toBe(0);
    const { rowCount } = await withClient(server.url, async (client) => {
      await client.query('create table large as select n from generate_series(1, 100000) n');
      return client.query('select from large');
    });
    expect(rowCount).toBe(100_000);
  } finally {
    await server.stop();
  }
});

test('the text is UTF-8 and the clock is UTC, whatever the machine says', async () => {
  const server = await startIn(join(parent, 'postgres'), await freePort());
  try {
    const rows = await withClient(server.url, async (client) => {
      const { rows: found } = await client.query<Record<string, unknown>>(
        `select length('外呼') as length, current_setting('TimeZone') as zone, current_setting('server_encoding') as encoding,
                current_setting('fsync') as fsync, current_setting('synchronous_commit') as commit`,
      );
      return found;
    });
    expect(rows).toEqual([{ length: 2, zone: 'UTC', encoding: 'UTF8', fsync: 'on', commit: 'on' }]);
  } finally {
    await server.stop();
  }
});

test('a server left over by a killed launcher is stopped first, and only that one', async () => {
  const folder = join(parent, 'postgres');
  const port = await freePort();
  await (await startIn(folder, port)).stop();
  const { postgres } = await findPostgresBinaries();
  const data = join(folder, 'data');
  const account = choosePostgresAccount(postgres, folder, env['PATH']);
  const args = ['-D', data, '-p', String(port), '-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='];
  const { command, args: words, uid, gid } = account.as(postgres, args);
  const ids = uid === undefined || gid === undefined ? {} : { uid, gid };
  const leftover = spawn(command, words, { stdio: 'ignore', cwd: data, detached: true, ...ids });
  const bystander = spawn(process.execPath, ['-e', 'setInterval(()=>{}, 1000)'], { stdio: 'ignore' });
  try {
    await expect
      .poll(
        () => withClient(urlOn(port), (client) => client.query('select 1')).catch((error: unknown) => codeOf(error)),
        {
          timeout: 30_000,
        },
      )
      .toBe('28P01');
    const server = await startIn(folder, port);
    expect(said).toEqual([expect.stringContaining('earlier run')]);
    expect(identify(leftover.pid ?? 0)).toBeNull();
    expect(identify(bystander.pid ?? 0)).not.toBeNull();
    await server.stop();
  } finally {
    bystander.kill('SIGKILL');
    leftover.kill('SIGQUIT');
  }
});

test("a password that is not the database's is named, and nothing is left running", async () => {
  const folder = join(parent, 'postgres');
  const port = await freePort();
  await (await startIn(folder, port)).stop();
  writeFileSync(join(folder, 'password'), 'wrong\n');
  await expect(startIn(folder, port)).rejects.toMatchObject({ code: 'run.password-lost' });
  expect(await isPortFree(port)).toBe(true);
});

test('a port taken after it was chosen is named, and nothing is left running', async () => {
  const port = await freePort();
  const first = await startIn(join(parent, 'one'), port);
  try {
    await expect(startIn(join(parent, 'two'), port)).rejects.toMatchObject({ code: 'run.port-in-use' });
  } finally {
    await first.stop();
  }
});

const urlOn = (port: number) => `postgresql://postgres:wrong@127.0.0.1:${port}/postgres`;
const codeOf = (error: unknown) => (error as { code?: string }).code;

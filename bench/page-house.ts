import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Pool } from 'pg';
import { readConfig } from '../src/app/config.ts';
import { openPool } from '../src/kernel/sql.db.ts';
import { childEnv, defaultEntries, nodePart } from '../src/app/run/entries.ts';
import { migrate } from '../src/app/run/migrate.ts';
import { freePort } from '../src/app/run/ports.ts';
import { startPostgres } from '../src/app/run/postgres.ts';
import { parseIdentity } from '../src/app/run/processes.ts';
import { supervise } from '../src/app/run/supervise.ts';
import { openInstallationKey } from '../src/house/installation-key.command.ts';
import { keyOfFolder } from '../src/house/installation-key.ts';
import { createSignIn, type SignIn } from '../src/house/sign-in/sign-in.ts';
import { cpuSeconds } from './usage.ts';

const say = (line: string): void => console.log(`  ${line}`);

export type PageHouse = Awaited<ReturnType<typeof openPageHouse>>;

/** PostgreSQL as `npm start` runs it, the API as a process of its own; Temporal and worker have nothing to do with pages. */
export async function openPageHouse({
  folder: given,
  isEmpty,
  seed,
}: {
  folder?: string | undefined;
  /** Gives no row before `seed` has filled the house. */
  isEmpty: string;
  seed: (given: { pool: Pool; signIn: SignIn; folder: string }) => Promise<void>;
}) {
  const folder = given ?? mkdtempSync(path.join(os.tmpdir(), 'waihu-pages-'));
  const inherited = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(WAIHU_|DATABASE_URL$|TEMPORAL_)/.test(name)),
  );
  const config = readConfig({
    ...inherited,
    WAIHU_DATA: folder,
    WAIHU_PORT: `${await freePort()}`,
    WAIHU_LOG_LEVEL: 'warn',
  });
  const { env } = config;
  const postgres = await startPostgres({
    folder: path.join(folder, 'postgres'),
    port: await freePort(),
    logFile: path.join(folder, 'postgres.log'),
    pidFile: path.join(folder, 'postgres.json'),
    env,
    say,
  });
  await migrate(postgres.url);
  const pool = openPool(postgres.url, 4);
  const { rowCount } = await pool.query(isEmpty);
  if (rowCount === 0) {
    const signIn = createSignIn({
      pool,
      key: await openInstallationKey(pool, keyOfFolder(folder)),
      baseUrl: 'http://localhost',
    });
    await seed({ pool, signIn, folder });
  }
  // By name: the console leads those who come by the number of the address to its public one.
  const url = `http://localhost:${config.port}`;
  const addresses = {
    port: config.port,
    apiUrl: url,
    databaseUrl: postgres.url,
    temporalAddress: '127.0.0.1:9',
    sandboxUrl: undefined,
  };
  const spec = nodePart(config, 'api', defaultEntries.api, [], { say, onFatal: (fault) => say(fault.message) });
  const api = supervise({
    ...spec,
    env: childEnv(config, addresses),
    logFile: path.join(folder, 'api.log'),
    pidFile: path.join(folder, 'api.json'),
  });
  const close = async (keep: boolean): Promise<void> => {
    await pool.end();
    await api.stop();
    await postgres.stop();
    if (keep) console.log(`Kept: ${folder}`);
    else rmSync(folder, { recursive: true, force: true });
  };
  try {
    await api.ready({ seconds: 60 });
  } catch (error) {
    await close(true);
    throw error;
  }
  const apiPid = parseIdentity(readFileSync(path.join(folder, 'api.json'), 'utf8'))?.pid ?? 0;
  // Of the API's connections alone: vacuum and the writing of checkpoints are nobody's request.
  const cpu = async (): Promise<{ api: number; database: Map<number, number> }> => {
    const { rows } = await pool.query<{ pid: number }>(
      `select pid from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()`,
    );
    return { api: cpuSeconds(apiPid), database: new Map(rows.map(({ pid }) => [pid, cpuSeconds(pid)])) };
  };
  const postmaster = (): number =>
    Number(readFileSync(path.join(folder, 'postgres', 'data', 'postmaster.pid'), 'utf8').split('\n')[0]);
  return { url, pool, cpu, close, folder, apiPid, postmaster };
}

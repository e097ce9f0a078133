import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Pool } from 'pg';
import { openPool } from '../src/kernel/sql.db.ts';
import { childEnv, defaultEntries, nodePart } from '../src/app/run/entries.ts';
import { freePort } from '../src/app/run/ports.ts';
import { parseIdentity } from '../src/app/run/processes.ts';
import { supervise } from '../src/app/run/supervise.ts';
import { openInstallationKey } from '../src/house/installation-key.command.ts';
import { keyOfFolder } from '../src/house/installation-key.ts';
import { createSignIn, type SignIn } from '../src/house/sign-in/sign-in.ts';
import { openBenchDatabase, say } from './database.ts';
import { cpuSeconds } from './usage.ts';

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
  const database = await openBenchDatabase({ folder: given, port: await freePort() });
  const { folder, config, postmaster } = database;
  const pool = openPool(database.url, 4);
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
    databaseUrl: database.url,
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
    await database.close(keep);
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
  return { url, pool, cpu, close, folder, apiPid, postmaster };
}

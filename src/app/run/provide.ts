import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Config } from '../config.ts';
import { freePort } from './ports.ts';
import { startPostgres } from './postgres.ts';
import { startTemporal } from './temporal.ts';
import { findTemporalServer } from './temporal-server.ts';
import { createTerminal } from './terminal.ts';

/** A server for tests; `stop` also removes what it kept on disk. */
export interface ProvidedPostgres {
  /** Of the database `waihu`, as superuser. */
  url: string;
  stop: () => Promise<void>;
}

export interface ProvidedTemporal {
  address: string;
  namespace: string;
  stop: () => Promise<void>;
}

/** For tests: the database of DATABASE_URL, else a throw-away PostgreSQL that does not wait for the disk. */
export async function providePostgres(config: Config): Promise<ProvidedPostgres> {
  if (config.databaseUrl !== undefined) return { url: config.databaseUrl, stop: () => Promise.resolve() };
  const folder = mkdtempSync(join(tmpdir(), 'waihu-postgres-'));
  const server = await startPostgres({
    folder: join(folder, 'postgres'),
    port: await freePort(),
    logFile: join(folder, 'postgres.log'),
    pidFile: join(folder, 'postgres.pid'),
    env: config.env,
    say: createTerminal(process.stderr).say,
    volatile: true,
  });
  return { url: server.url, stop: () => stopAndRemove(server, folder) };
}

/** For tests: the server of TEMPORAL_ADDRESS, else a throw-away one found as at `npm start`. */
export async function provideTemporal(config: Config): Promise<ProvidedTemporal> {
  const { address, namespace } = config.temporal;
  if (address !== undefined) return { address, namespace, stop: () => Promise.resolve() };
  const terminal = createTerminal(process.stderr);
  const program = await findTemporalServer({ cache: config.temporalCache, env: config.env, terminal });
  const folder = mkdtempSync(join(tmpdir(), 'waihu-temporal-'));
  const server = await startTemporal({
    program,
    namespace,
    port: await freePort(),
    uiPort: 'none',
    databaseFile: join(folder, 'temporal.db'),
    logFile: join(folder, 'temporal.log'),
    pidFile: join(folder, 'temporal.pid'),
    env: config.env,
    say: terminal.say,
  });
  return { address: server.address, namespace, stop: () => stopAndRemove(server, folder) };
}

async function stopAndRemove(server: { stop: () => Promise<void> }, folder: string): Promise<void> {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
}

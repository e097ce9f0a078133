import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { readConfig } from '../../src/app/config.ts';
import { openPool } from '../../src/kernel/sql.db.ts';
import { migrate } from '../../src/app/run/migrate.ts';
import { freePort } from '../../src/app/run/ports.ts';
import { startPostgres } from '../../src/app/run/postgres.ts';
import { findTemporalServer } from '../../src/app/run/temporal-server.ts';
import { startTemporal } from '../../src/app/run/temporal.ts';
import { createTerminal } from '../../src/app/run/terminal.ts';

const say = (): void => undefined;

/** A PostgreSQL and a Temporal of this test file alone, both up. */
export async function ownServers() {
  const config = readConfig(process.env);
  const folder = mkdtempSync(join(tmpdir(), 'waihu-own-'));
  const at = (name: string): string => join(folder, name);
  const program = await findTemporalServer({
    cache: config.temporalCache,
    env: config.env,
    terminal: createTerminal(process.stderr),
  });
  const [postgresPort, temporalPort] = [await freePort(), await freePort()];
  const postgresOptions = {
    folder: at('postgres'),
    port: postgresPort,
    logFile: at('postgres.log'),
    pidFile: at('postgres.pid'),
    env: config.env,
    say,
    volatile: true,
  };
  const temporalOptions = {
    program,
    namespace: 'default',
    port: temporalPort,
    uiPort: 'none' as const,
    databaseFile: at('temporal.db'),
    logFile: at('temporal.log'),
    pidFile: at('temporal.pid'),
    env: config.env,
    say,
  };
  let postgres = await startPostgres(postgresOptions);
  let temporal = await startTemporal(temporalOptions);
  await migrate(postgres.url);
  const pool = openPool(postgres.url);
  afterAll(async () => {
    await pool.end();
    await temporal.stop();
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    database: { pool, url: postgres.url },
    temporalAddress: temporal.address,
    postgres: {
      stop: () => postgres.stop(),
      async start() {
        postgres = await startPostgres(postgresOptions);
      },
      /** Stops, keeps its state as it is now, and starts again. */
      async copy() {
        await postgres.stop();
        rmSync(at('postgres-copy'), { recursive: true, force: true });
        // With its owner: as root the server runs as somebody else.
        execFileSync('cp', ['-a', at('postgres'), at('postgres-copy')]);
        postgres = await startPostgres(postgresOptions);
      },
      /** A new server with nothing in it at the old address. */
      async empty() {
        await postgres.stop();
        rmSync(join(at('postgres'), 'data'), { recursive: true });
        postgres = await startPostgres(postgresOptions);
      },
      /** Stops, and starts with the state that was kept. */
      async restore() {
        await postgres.stop();
        rmSync(at('postgres'), { recursive: true });
        execFileSync('cp', ['-a', at('postgres-copy'), at('postgres')]);
        postgres = await startPostgres(postgresOptions);
      },
    },
    temporal: {
      stop: () => temporal.stop(),
      async start() {
        temporal = await startTemporal(temporalOptions);
      },
      /** Its database is gone: it starts empty. */
      async forget() {
        await temporal.stop();
        for (const file of readdirSync(folder)) if (file.startsWith('temporal.db')) rmSync(at(file));
        temporal = await startTemporal(temporalOptions);
      },
    },
  };
}

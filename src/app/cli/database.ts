import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Session } from '../../house/session.cli.ts';
import { CliFault, exits } from '../../kit/cli/fault.ts';
import type { Pool } from '../../kernel/sql.db.ts';
import type { Config } from '../config.ts';

/** What a command needs that works on the database itself, beside the API. */
export const databaseNeeds = 'DATABASE_URL, or an instance that runs on the data folder.';

// Settings of the client: the parts refuse what they do not know, and a key has no business with them.
export function serverEnv({ env }: Session): NodeJS.ProcessEnv {
  const { WAIHU_URL: _url, WAIHU_API_KEY: _key, ...rest } = env;
  return rest;
}

type Found = { config: Config; databaseUrl: string; close?: () => Promise<void> };

/** Where the database is: in DATABASE_URL, or of the instance that runs on the data folder. */
export async function databaseOf(session: Session): Promise<Found> {
  const { readConfig } = await import('../config.ts');
  const { findRunning } = await import('../run/data-folder.ts');
  const config = readConfig(serverEnv(session), session.cwd);
  const databaseUrl = config.databaseUrl ?? findRunning(config.dataFolder)?.databaseUrl;
  if (databaseUrl === undefined)
    throw new CliFault(exits.unreachable, 'run.not-running', 'There is no database: none is named and no Waihu runs.', {
      todo: 'Set DATABASE_URL, or start Waihu with `waihu up`.',
    });
  return { config, databaseUrl };
}

/** Works on that database and closes it again. Nobody waits for it: it may take the time that it takes. */
export async function withDatabase<T>(
  session: Session,
  work: (pool: Pool, config: Config, databaseUrl: string) => Promise<T>,
  find: typeof databaseOf = databaseOf,
): Promise<T> {
  const { config, databaseUrl, close } = await find(session);
  const { openPool } = await import('../../kernel/sql.db.ts');
  const { checkDatabase } = await import('../run/database.ts');
  const patience = { connectMs: 10_000, statementMs: 0, lockMs: 60_000, idleMs: 0 };
  const pool = openPool(databaseUrl, 2, { patience });
  try {
    await checkDatabase(databaseUrl);
    return await work(pool, config, databaseUrl);
  } finally {
    await pool.end();
    await close?.();
  }
}

/**
 * As `databaseOf`; where none is named and no instance runs, the PostgreSQL of the data folder is started for the time being.
 * `make`: also where the folder has none yet.
 */
const ofFolder = async (session: Session, make: boolean): Promise<Found> => {
  const { readConfig } = await import('../config.ts');
  const { findRunning, openDataFolder } = await import('../run/data-folder.ts');
  const config = readConfig(serverEnv(session), session.cwd);
  if (config.databaseUrl !== undefined || findRunning(config.dataFolder)) return databaseOf(session);
  const { startPostgres } = await import('../run/postgres.ts');
  const { freePort } = await import('../run/ports.ts');
  if (!make && !existsSync(join(config.dataFolder, 'postgres', 'data'))) return databaseOf(session);
  const folder = openDataFolder(config.dataFolder);
  try {
    const postgres = await startPostgres({
      folder: join(config.dataFolder, 'postgres'),
      port: await freePort(),
      logFile: join(config.dataFolder, 'logs', 'postgres.log'),
      pidFile: join(config.dataFolder, 'run', 'postgres.json'),
      env: config.env,
      say: (line) => session.say(line),
    });
    return {
      config,
      databaseUrl: postgres.url,
      close: async () => {
        await postgres.stop();
        folder.release();
      },
    };
  } catch (error) {
    folder.release();
    throw error;
  }
};

/** Where something is kept already. */
export const databaseKept = (session: Session): Promise<Found> => ofFolder(session, false);
/** Where something is to be put, such as a new data folder. */
export const databaseToFill = (session: Session): Promise<Found> => ofFolder(session, true);

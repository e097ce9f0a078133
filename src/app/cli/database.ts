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

/** Where the database is: in DATABASE_URL, or of the instance that runs on the data folder. */
export async function databaseOf(session: Session): Promise<{ config: Config; databaseUrl: string }> {
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

/** Works on that database and closes it again. */
export async function withDatabase<T>(session: Session, work: (pool: Pool, config: Config) => Promise<T>): Promise<T> {
  const { config, databaseUrl } = await databaseOf(session);
  const { openPool, workPatience } = await import('../../kernel/sql.db.ts');
  const pool = openPool(databaseUrl, 2, { patience: workPatience });
  try {
    return await work(pool, config);
  } finally {
    await pool.end();
  }
}

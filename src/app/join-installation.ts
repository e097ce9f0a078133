import { openInstallationKey } from '../house/installation-key.command.ts';
import { AppError } from '../kernel/app-error.rule.ts';
import type { InstallationKey } from '../kernel/installation-key.rule.ts';
import type { Pool } from '../kernel/sql.db.ts';
import type { Config } from './config.ts';
import { makeFolder } from './run/data-folder.ts';
import { CONFIGURATION_EXIT } from './run/parent.ts';

type Log = { fatal(fields: { code: string }, sentence: string): void };

/**
 * The installation's key and, on a machine that has none yet, the data folder; or the end of this process: with another key it
 * would serve nobody and spoil what it seals.
 */
export async function joinInstallation(
  pool: Pool,
  { key, dataFolder }: Pick<Config, 'key' | 'dataFolder'>,
  log: Log,
): Promise<InstallationKey> {
  try {
    const shared = await openInstallationKey(pool, key);
    makeFolder(dataFolder, 0o700);
    return shared;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    log.fatal({ code: error.code }, error.message);
    process.exit(CONFIGURATION_EXIT);
  }
}

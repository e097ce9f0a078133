import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type RunnerOption, runner } from 'node-pg-migrate';
import { AppError } from '../../kernel/app-error.rule.ts';

const MIGRATIONS = fileURLToPath(new URL('../../../migrations', import.meta.url));

type Strategy = NonNullable<RunnerOption['migrationLoaderStrategies']>[number];

/** node-pg-migrate's own loader cuts a file at any comment that reads like "down migration"; ours are forward only and taken whole. */
const plainSql: Strategy = {
  extensions: ['.sql'],
  loader: (files) =>
    Promise.all(
      files.map(async (file) => {
        const text = await readFile(file, 'utf8');
        return { id: file, filePaths: [file], actions: { up: (pgm) => pgm.sql(text), down: false } };
      }),
    ),
};

/**
 * Brings the database up to date with every `NNNN_name.sql`, in one transaction and under node-pg-migrate's advisory lock,
 * so several processes may call it at once. Returns the names applied. Throws `run.migration-failed`.
 */
export async function migrate(databaseUrl: string, folder = MIGRATIONS): Promise<string[]> {
  let last = '';
  try {
    const applied = await runner({
      databaseUrl,
      dir: folder,
      ignorePattern: String.raw`(?!\d+_.*\.sql$).*`,
      migrationLoaderStrategies: [plainSql],
      migrationsTable: 'schema_migration',
      direction: 'up',
      advisoryLockMode: 'wait',
      singleTransaction: true,
      logger: {
        info: (line) => {
          last = /^### MIGRATION (\S+)/.exec(line)?.[1] ?? last;
        },
        warn: () => undefined,
        error: () => undefined,
      },
    });
    return applied.map(({ path }) => basename(path));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new AppError(
      'conflict',
      'run.migration-failed',
      `The database could not be brought up to date${last && ` (${last}.sql)`}: ${reason}. Nothing was changed.`,
      { migration: last },
      { cause: error },
    );
  }
}

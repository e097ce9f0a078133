import { readdir, readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type MigrationBuilder, type RunnerOption, runner } from 'node-pg-migrate';
import { AppError } from '../../kernel/app-error.rule.ts';

const MIGRATIONS = fileURLToPath(new URL('../../../migrations', import.meta.url));

/** Names of all files, in order and without their ending, as the database keeps those it has had. */
export const migrationNames = async (folder = MIGRATIONS): Promise<string[]> =>
  (await readdir(folder))
    .filter((file) => /^\d+_.*\.sql$/.test(file))
    .map((file) => basename(file, '.sql'))
    .toSorted();

type Strategy = NonNullable<RunnerOption['migrationLoaderStrategies']>[number];

/** First line of a file whose steps run outside a transaction: `create index concurrently` is not to be had inside one. */
const OUTSIDE = '-- Outside a transaction';
const STEP = /^-- Step$/m;

/**
 * node-pg-migrate's own loader cuts a file at any comment that reads like "down migration"; ours are forward only and taken
 * whole, or in the steps between `-- Step` lines where the file runs outside a transaction: PostgreSQL makes one of several
 * statements that are sent together.
 */
const plainSql: Strategy = {
  extensions: ['.sql'],
  loader: (files) =>
    Promise.all(
      files.map(async (file) => {
        const text = await readFile(file, 'utf8');
        const up = (pgm: MigrationBuilder): void => {
          const outside = text.startsWith(OUTSIDE);
          if (outside) pgm.noTransaction();
          for (const step of outside ? text.split(STEP) : [text]) pgm.sql(step);
        };
        return { id: file, filePaths: [file], actions: { up, down: false } };
      }),
    ),
};

// A change of a table waits for whoever uses it, and everybody who comes after waits for the change: rather not, and tried again.
const lockMs = 10_000;
// Somebody else's run may build an index for long. Asked for again and again, not waited for inside the database: a statement
// that waits holds a snapshot, and an index that is built concurrently would wait for it for ever.
const waitMs = 500;
const waitMost = 3_600_000;

/**
 * Brings the database up to date with every file `NNNN_name` of plain SQL, each in a transaction of its own unless it says otherwise, one
 * process at a time. Returns the names applied; with `dryRun` those that would be; with `count` only the next so many. Throws `run.migration-failed`: files before
 * the one at fault stay applied, and so do the steps of one outside a transaction, which therefore can be repeated.
 */
export async function migrate(
  databaseUrl: string,
  folder = MIGRATIONS,
  { dryRun = false, count = Infinity } = {},
): Promise<string[]> {
  let last = '';
  for (const end = Date.now() + waitMost; ;) {
    try {
      const applied = await runner({
        databaseUrl: { connectionString: databaseUrl, lock_timeout: lockMs, application_name: 'waihu migrate' },
        dir: folder,
        ignorePattern: String.raw`(?!\d+_.*\.sql$).*`,
        migrationLoaderStrategies: [plainSql],
        migrationsTable: 'schema_migration',
        direction: 'up',
        count,
        advisoryLockMode: 'fail',
        singleTransaction: false,
        dryRun,
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
      if (/already running/.test(reason) && Date.now() < end) {
        await sleep(waitMs);
        continue;
      }
      throw new AppError(
        'conflict',
        'run.migration-failed',
        `The database could not be brought up to date${last && ` (${last}.sql)`}: ${reason}. What was applied before stays; start again when it is mended.`,
        { migration: last },
        { cause: error },
      );
    }
  }
}

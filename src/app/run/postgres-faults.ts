import { AppError } from '../../kernel/app-error.rule.ts';
import { portInUse } from './ports.ts';

/** What PostgreSQL's log says about why it would not start, as a fault with a remedy; null when it says nothing known. */
export function explainPostgresLog(log: string, port: number, folder: string): AppError | null {
  if (/No space left on device|Disk quota exceeded/.test(log)) return diskFull(folder);
  if (/could not bind|Address already in use/.test(log)) return portInUse('WAIHU_POSTGRES_PORT', port);
  const version = /data directory was initialized by PostgreSQL version (\d+)/.exec(log)?.[1];
  if (version !== undefined) return otherVersion(version, folder);
  if (CORRUPT.test(log)) return corruptDatabase(folder);
  if (/wrong ownership|could not open file .*Permission denied|could not access directory/.test(log)) {
    return dataNotOurs(folder);
  }
  if (/could not create shared memory segment|Cannot allocate memory/.test(log)) {
    return new AppError(
      'unavailable',
      'run.no-memory',
      'PostgreSQL found too little free memory; it needs about 400 MB.',
    );
  }
  return null;
}

const CORRUPT = new RegExp(
  [
    'could not locate a valid checkpoint record',
    'invalid (primary )?checkpoint record',
    'incorrect checksum in control file',
    'database files are incompatible',
    'could not (open|read|stat) (file|directory) "(global|base|pg_[a-z_]+)["/]',
    'invalid (page|checksum) ',
    'could not find the database system',
    'is not a valid data directory',
    'is missing or damaged',
    'contains invalid data',
  ].join('|'),
);

export const dataNotOurs = (folder: string) =>
  new AppError(
    'denied',
    'run.data-not-ours',
    `The database in ${folder} belongs to another user: start Waihu as the user that made it, or choose another WAIHU_DATA.`,
  );

export const corruptDatabase = (folder: string) =>
  new AppError(
    'conflict',
    'run.data-corrupt',
    `The database in ${folder} is damaged: restore that folder from a backup, or move it away to start with an empty one.`,
  );

export const otherVersion = (version: string, folder: string) =>
  new AppError(
    'conflict',
    'run.database-version',
    `The database in ${folder} was made by PostgreSQL ${version}, and this Waihu brings 18: dump it with the Waihu that made it, or choose another WAIHU_DATA.`,
    { version },
  );

export const diskFull = (folder: string) =>
  new AppError(
    'unavailable',
    'run.disk-full',
    `The disk that holds ${folder} is full: free some space and start again.`,
  );

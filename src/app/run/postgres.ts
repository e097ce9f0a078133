import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../../kernel/app-error.rule.ts';
import { withClient } from './database.ts';
import { lastLine } from './log-file.ts';
import { choosePostgresAccount, type PostgresAccount } from './postgres-account.ts';
import { findPostgresBinaries } from './postgres-binaries.ts';
import { corruptDatabase, dataNotOurs, explainPostgresLog, otherVersion } from './postgres-faults.ts';
import { commandLine, endProcess, identify } from './processes.ts';
import { type Command, dieWithParent, findSetpriv } from './programs.ts';
import { type Part, supervise } from './supervise.ts';

const MAJOR = '18';
const DATABASE = 'waihu';

export interface PostgresOptions {
  /** Holds the cluster (`data`) and its password; made when absent. */
  folder: string;
  port: number;
  logFile: string;
  pidFile: string;
  env: Record<string, string>;
  say: (line: string) => void;
  signal?: AbortSignal | undefined;
  /** For throw-away databases of tests: no fsync, commits not awaited. */
  volatile?: boolean;
}

export interface Postgres extends Part {
  /** Of the database `waihu`; holds the password. */
  url: string;
}

/** Starts PostgreSQL 18 on 127.0.0.1, making the cluster and the database on first use. Throws `run.…` with the remedy. */
export async function startPostgres(options: PostgresOptions): Promise<Postgres> {
  const { folder, port, env } = options;
  const binaries = await findPostgresBinaries();
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  checkAccess(folder);
  const account = choosePostgresAccount(binaries.postgres, folder, env['PATH']);
  const data = join(folder, 'data');
  await stopLeftover(data, options.say);
  const password = readPassword(folder, existsSync(data));
  if (!existsSync(data)) await initialise({ initdb: binaries.initdb, folder, password, account, env });
  checkCluster(data, folder);

  const part = supervise({
    name: 'PostgreSQL',
    command: serverCommand(account, binaries.postgres, data, options),
    env: { ...env, TZ: 'UTC', LC_ALL: 'C' },
    cwd: data,
    logFile: options.logFile,
    pidFile: options.pidFile,
    // SIGINT is PostgreSQL's fast shutdown; SIGQUIT loses nothing but makes the next start recover from the log.
    stopSignal: 'SIGINT',
    forceSignal: 'SIGQUIT',
    stopSeconds: 60,
    explain: (log) => explainPostgresLog(log, port, folder),
    say: options.say,
  });
  try {
    const url = (database: string) => `postgresql://postgres:${password}@127.0.0.1:${port}/${database}`;
    await part.ready({ check: createProbe(url('postgres'), folder), seconds: 60, signal: options.signal });
    await createDatabase(url('postgres'));
    return { ...part, url: url(DATABASE) };
  } catch (error) {
    await part.stop();
    throw error;
  }
}

function serverCommand(account: PostgresAccount, postgres: string, data: string, options: PostgresOptions): Command {
  const settings = {
    listen_addresses: '127.0.0.1',
    port: options.port,
    // A socket's path may have 107 bytes, and data folders of tests are deeper than that.
    unix_socket_directories: '',
    // Two dozen for the API, 16 for each worker and sender process.
    max_connections: 250,
    shared_buffers: '256MB',
    max_wal_size: '2GB',
    // Our statements are many and short: compiling one takes longer than running it.
    jit: 'off',
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_checkpoints: 'off',
    // Statements carry personal data; they stay out of the log even when they fail.
    log_min_error_statement: 'panic',
    synchronous_commit: options.volatile ? 'off' : 'on',
    fsync: options.volatile ? 'off' : 'on',
    full_page_writes: options.volatile ? 'off' : 'on',
    ...(smallSharedMemory() && { dynamic_shared_memory_type: 'mmap' }),
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  // The wish to die with the parent is forgotten when the user changes, so it is made inside that change.
  const inner = dieWithParent(
    { command: postgres, args: ['-D', data, ...flags] },
    'INT',
    findSetpriv(options.env['PATH']),
  );
  return account.as(inner.command, inner.args);
}

/** Containers give /dev/shm 64 MB by default, at which parallel queries fail with "No space left on device". */
function smallSharedMemory(): boolean {
  if (process.platform !== 'linux') return false;
  try {
    const { bsize, blocks } = statfsSync('/dev/shm');
    return bsize * blocks < 256 * 1024 * 1024;
  } catch {
    return true;
  }
}

function checkAccess(folder: string): void {
  try {
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch {
    throw dataNotOurs(folder);
  }
}

interface Initialisation {
  initdb: string;
  folder: string;
  password: string;
  account: PostgresAccount;
  env: Record<string, string>;
}

/** Made aside and renamed, so that a start broken off half-way leaves no half cluster behind. */
async function initialise({ initdb, folder, password, account, env }: Initialisation): Promise<void> {
  const fresh = join(folder, 'data.new');
  const passwordFile = join(folder, 'password.initdb');
  rmSync(fresh, { recursive: true, force: true });
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  account.give(passwordFile);
  try {
    const args = ['-D', fresh, '-U', 'postgres', '--pwfile', passwordFile, '--auth', 'scram-sha-256'];
    const { command, args: words, uid, gid } = account.as(initdb, [...args, '--encoding', 'UTF8', '--locale', 'C']);
    const ids = uid === undefined || gid === undefined ? {} : { uid, gid };
    await new Promise<void>((resolve, reject) => {
      execFile(
        command,
        words,
        { cwd: folder, env: { ...env, TZ: 'UTC', LC_ALL: 'C' }, ...ids },
        (error, stdout, stderr) => {
          if (error) reject(explainPostgresLog(stderr + stdout, 0, folder) ?? initdbFailed(stderr || error.message));
          else resolve();
        },
      );
    });
    renameSync(fresh, join(folder, 'data'));
  } finally {
    rmSync(passwordFile, { force: true });
    rmSync(fresh, { recursive: true, force: true });
  }
}

const initdbFailed = (log: string) =>
  new AppError('unavailable', 'run.initdb-failed', `PostgreSQL could not make its data folder: ${lastLine(log)}`);

function readPassword(folder: string, clusterExists: boolean): string {
  const file = join(folder, 'password');
  if (existsSync(file)) return readFileSync(file, 'utf8').trim();
  if (clusterExists) throw passwordLost(folder, 'is missing, and without it the database beside it cannot be opened');
  const password = randomBytes(24).toString('hex');
  writeFileSync(file, `${password}\n`, { mode: 0o600 });
  return password;
}

const passwordLost = (folder: string, what: string) =>
  new AppError(
    'conflict',
    'run.password-lost',
    `The file ${join(folder, 'password')} ${what}: restore it from a backup.`,
  );

function checkCluster(data: string, folder: string): void {
  const versionFile = join(data, 'PG_VERSION');
  const missing = [versionFile, join(data, 'global', 'pg_control')].some((file) => !existsSync(file));
  if (missing || readdirSync(data).length === 0) throw corruptDatabase(folder);
  const version = readFileSync(versionFile, 'utf8').trim();
  if (version !== MAJOR) throw /^\d+(\.\d+)?$/.test(version) ? otherVersion(version, folder) : corruptDatabase(folder);
  // PostgreSQL refuses a folder that others may read, which is how some copy tools leave it.
  chmodSync(data, 0o700);
}

/** A killed launcher may leave the postmaster running; its own pid file says whether it serves this very folder. */
async function stopLeftover(data: string, say: (line: string) => void): Promise<void> {
  const file = join(data, 'postmaster.pid');
  if (!existsSync(file)) return;
  const identity = identify(Number(readFileSync(file, 'utf8').split('\n')[0]));
  if (identity === null || !commandLine(identity.pid).includes(`-D ${data}`)) return;
  say('PostgreSQL of an earlier run is still there; stopping it first.');
  await endProcess(identity, 'SIGINT', 'SIGQUIT', 60);
}

/** Whether the server lets us in. A refused password has a grace: it may be a stranger on our port, and ours about to say so. */
function createProbe(url: string, folder: string): () => Promise<boolean> {
  let refused = 0;
  return async () => {
    try {
      await withClient(url, (client) => client.query('select 1'));
      return true;
    } catch (error) {
      if ((error as { code?: string }).code === '28P01') refused += 1;
      if (refused > 20) throw passwordLost(folder, 'does not open the database beside it');
      return false;
    }
  };
}

async function createDatabase(url: string): Promise<void> {
  await withClient(url, async (client) => {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [DATABASE]);
    if (rowCount === 0) await client.query(`create database ${DATABASE}`);
  });
}

import { accessSync, constants, linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { AppError } from '../../kernel/app-error.rule.ts';
import { identify, isRunning, parseIdentity } from './processes.ts';

const Runtime = z.object({
  /** Ports chosen once and kept. */
  ports: z.record(z.string(), z.number().int()).default({}),
  /** Where the parts answer while an instance runs; what `waihu demo` and friends read. Holds the database password: mode 0600. */
  running: z
    .object({
      url: z.string(),
      databaseUrl: z.string(),
      temporalAddress: z.string(),
      temporalNamespace: z.string(),
      temporalUiUrl: z.string().optional(),
      sandboxUrl: z.string().optional(),
      sandboxScenario: z.string().optional(),
    })
    .optional(),
});

export type Running = NonNullable<z.infer<typeof Runtime>['running']>;

export interface DataFolder {
  path: string;
  /** Ports remembered from earlier starts, by variable name. */
  ports: Record<string, number>;
  rememberPorts(ports: Record<string, number>): void;
  /** Published for other commands; undefined withdraws it. */
  publish(running: Running | undefined): void;
  /** Gives the folder up for the next start. */
  release(): void;
}

/** Makes the folder when absent and takes it for this process. Throws `run.already-running`, `run.data-unwritable`. */
export function openDataFolder(path: string): DataFolder {
  // Root hands the database to a lesser user, who must be able to pass through; secrets inside are 0600 anyway.
  const mode = process.getuid?.() === 0 ? 0o711 : 0o700;
  makeFolder(path, mode);
  for (const part of ['logs', 'run', 'temporal']) makeFolder(join(path, part), 0o700);
  const lock = takeLock(join(path, 'launcher.lock'), path);

  let runtime = readRuntime(path);
  const save = () => {
    const file = join(path, 'runtime.json');
    writeFileSync(`${file}.new`, `${JSON.stringify(runtime, null, 2)}\n`, { mode: 0o600 });
    renameSync(`${file}.new`, file);
  };
  return {
    path,
    get ports() {
      return runtime.ports;
    },
    rememberPorts(ports) {
      runtime = { ...runtime, ports: { ...runtime.ports, ...ports } };
      save();
    },
    publish(running) {
      runtime = { ports: runtime.ports, ...(running && { running }) };
      save();
    },
    release: () => rmSync(lock, { force: true }),
  };
}

/** Where the instance that holds this data folder answers, or null when none runs. */
export function findRunning(path: string): Running | null {
  const holder = readHolder(join(path, 'launcher.lock'));
  return holder.identity && isRunning(holder.identity) ? (readRuntime(path).running ?? null) : null;
}

function readRuntime(path: string): z.infer<typeof Runtime> {
  try {
    return Runtime.parse(JSON.parse(readFileSync(join(path, 'runtime.json'), 'utf8')));
  } catch {
    // Only conveniences are in it: a lost or damaged one costs new port numbers, nothing more.
    return { ports: {} };
  }
}

function takeLock(lock: string, folder: string): string {
  const mine = `${lock}.${process.pid}`;
  const text = JSON.stringify(identify(process.pid) ?? { pid: process.pid, startedAt: '' });
  writeFileSync(mine, text, { mode: 0o600 });
  try {
    for (let attempt = 0; attempt < 5; attempt += 1) {
      if (linked(mine, lock)) return lock;
      const holder = readHolder(lock);
      if (holder.identity && isRunning(holder.identity)) throw alreadyRunning(folder, holder.identity.pid);
      removeStale(lock, holder.text);
    }
    throw alreadyRunning(folder, undefined);
  } finally {
    rmSync(mine, { force: true });
  }
}

/** Two starts may find one stale lock; the loser of the rename must not carry off the winner's fresh one. */
function removeStale(lock: string, staleText: string): void {
  const aside = `${lock}.stale.${process.pid}`;
  try {
    renameSync(lock, aside);
  } catch {
    return;
  }
  if (readHolder(aside).text !== staleText) linked(aside, lock);
  rmSync(aside, { force: true });
}

function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function readHolder(lock: string) {
  try {
    const text = readFileSync(lock, 'utf8');
    return { text, identity: parseIdentity(text) };
  } catch {
    return { text: '', identity: null };
  }
}

const alreadyRunning = (folder: string, pid: number | undefined) =>
  new AppError(
    'conflict',
    'run.already-running',
    `Waihu already runs on the data folder ${folder}${pid === undefined ? '' : ` (process ${pid})`}; ` +
      'stop it first, or give this copy its own WAIHU_DATA and WAIHU_PORT.',
    { pid },
  );

/** Throws `run.data-unwritable`. */
export function makeFolder(path: string, mode: number): void {
  try {
    mkdirSync(path, { recursive: true, mode });
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOSPC' || code === 'EDQUOT') throw error;
    throw new AppError(
      'invalid',
      'run.data-unwritable',
      `This user may not write the data folder ${path} (${code}): set WAIHU_DATA to another, or start Waihu as the user that made it.`,
      undefined,
      { cause: error },
    );
  }
}

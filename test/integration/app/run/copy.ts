import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findRunning } from '../../../../src/app/run/data-folder.ts';
import { identify, parseIdentity, type ProcessIdentity } from '../../../../src/app/run/processes.ts';

const LAUNCH = new URL('./stand-in/launch.ts', import.meta.url).pathname;

/** A copy of Waihu with stand-in entries, run by a launcher of its own as at `npm start`. */
export interface Copy {
  data: string;
  launcher: ChildProcess;
  /** All it has printed so far. */
  printed(): string;
  /** Resolves with the exit code. */
  ended: Promise<number | null>;
}

export const newDataFolder = () => mkdtempSync(join(tmpdir(), 'waihu-up-'));

export function launch(data: string, env: Record<string, string> = {}): Copy {
  const { DATABASE_URL: _, TEMPORAL_ADDRESS: __, ...inherited } = process.env;
  const launcher = spawn(process.execPath, [LAUNCH], {
    env: { ...inherited, WAIHU_PORT: '0', WAIHU_DATA: data, WAIHU_SENDERS: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [launcher.stdout, launcher.stderr])
    stream.setEncoding('utf8').on('data', (part) => (text += part));
  const ended = once(launcher, 'close').then(([code]) => code as number | null);
  return { data, launcher, printed: () => text, ended };
}

export async function whenUp(copy: Copy): Promise<NonNullable<ReturnType<typeof findRunning>>> {
  let code: number | null | undefined;
  void copy.ended.then((value) => (code = value));
  while (!copy.printed().includes('Waihu is up.')) {
    if (code !== undefined) throw new Error(`The launcher ended with ${code}:\n${copy.printed()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const running = findRunning(copy.data);
  if (!running) throw new Error('The copy is up but does not say where.');
  return running;
}

export async function stop(copy: Copy): Promise<number | null> {
  copy.launcher.kill('SIGINT');
  return copy.ended;
}

/** Every process the copy has noted, PostgreSQL and Temporal included. */
export function processesOf(data: string): ProcessIdentity[] {
  return readdirSync(join(data, 'run'))
    .map((name) => parseIdentity(readFileSync(join(data, 'run', name), 'utf8')))
    .filter((identity) => identity !== null);
}

export const alive = (identities: ProcessIdentity[]) =>
  identities.filter(({ pid, startedAt }) => identify(pid)?.startedAt === startedAt);

export const remove = (data: string) => rmSync(data, { recursive: true, force: true });

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { AppError } from '../../kernel/app-error.rule.ts';
import { identify, isRunning, parseIdentity } from './processes.ts';
import { interruption } from './supervise.ts';
import type { Terminal } from './terminal.ts';

const MODULE = fileURLToPath(new URL('../../../tools/temporal', import.meta.url));
/** `go list -deps` of the pinned version; only for the progress line. */
const PACKAGES = 1718;

interface BuildOptions {
  go: string;
  target: string;
  env: Record<string, string>;
  terminal: Terminal;
  signal?: AbortSignal | undefined;
}

/** Builds the pinned server once; a second start on the same cache waits for the first. Throws `run.temporal-build`. */
export async function buildTemporal(options: BuildOptions): Promise<string> {
  const { target, terminal, signal } = options;
  mkdirSync(dirname(target), { recursive: true });
  const lock = `${target}.building`;
  while (!takeBuild(lock)) {
    terminal.live('  Another start is building the Temporal server; waiting for it …');
    await Promise.race([sleep(500), interruption(signal)]);
    if (existsSync(target)) return target;
  }
  try {
    if (existsSync(target)) return target;
    const fresh = `${target}.${process.pid}`;
    await compile({ ...options, target: fresh });
    renameSync(fresh, target);
    return target;
  } finally {
    rmSync(lock, { force: true });
    rmSync(`${target}.${process.pid}`, { force: true });
  }
}

async function compile({ go, target, env, terminal, signal }: BuildOptions): Promise<void> {
  terminal.say('Building the Temporal server with Go: once, about 7 minutes on two cores.');
  const args = [
    'build',
    '-v',
    '-trimpath',
    '-ldflags',
    '-s -w',
    '-o',
    target,
    'github.com/temporalio/cli/cmd/temporal',
  ];
  const child = spawn(go, args, {
    cwd: MODULE,
    env: { ...env, CGO_ENABLED: '0', GOFLAGS: '-mod=readonly', GOWORK: 'off' },
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  const onExit = () => killGroup(child);
  process.once('exit', onExit);
  const progress = showProgress(child, terminal);
  try {
    const code = await Promise.race([
      new Promise<number | null>((resolve, reject) => {
        child.once('error', reject);
        child.once('close', resolve);
      }),
      interruption(signal),
    ]);
    if (code !== 0) throw buildFailed(progress.lastLine());
  } finally {
    progress.stop();
    process.removeListener('exit', onExit);
    killGroup(child);
  }
}

/** go's own lines are download notices and the names of compiled packages; anything else is worth showing when it fails. */
function showProgress(child: ChildProcess, terminal: Terminal) {
  const startedAt = Date.now();
  let compiled = 0;
  let fetched = 0;
  let last = '';
  let rest = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line.startsWith('go: downloading')) fetched += 1;
      else if (/^[\w./~-]+$/.test(line)) compiled += 1;
      else if (line.trim() !== '') last = line.trim();
    }
  });
  const timer = setInterval(() => {
    const seconds = Math.round((Date.now() - startedAt) / 1000);
    const clock = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
    const what =
      compiled === 0 ? `${fetched} modules downloaded` : `${compiled} of about ${PACKAGES} packages compiled`;
    terminal.live(`  Building the Temporal server … ${clock}, ${what}`);
  }, 500);
  return { lastLine: () => rest.trim() || last || 'it was stopped', stop: () => clearInterval(timer) };
}

function takeBuild(lock: string): boolean {
  const mine = `${lock}.${process.pid}`;
  writeFileSync(mine, JSON.stringify(identify(process.pid)));
  try {
    linkSync(mine, lock);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    // Two builds at once cost time only, since each writes to a name of its own: a stale lock is simply removed.
    if (!holderRuns(lock)) rmSync(lock, { force: true });
    return false;
  } finally {
    rmSync(mine, { force: true });
  }
}

function holderRuns(lock: string): boolean {
  try {
    const holder = parseIdentity(readFileSync(lock, 'utf8'));
    return holder !== null && isRunning(holder);
  } catch {
    return false;
  }
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}

function buildFailed(reason: string): AppError {
  const full = /no space left/i.test(reason);
  return new AppError(
    'unavailable',
    full ? 'run.disk-full' : 'run.temporal-build',
    full
      ? 'The disk filled up while the Temporal server was built: it needs about 4 GB for a while; free some and start again.'
      : `The Temporal server could not be built with Go (${reason}). Put the Temporal CLI ("temporal") on PATH, or set TEMPORAL_ADDRESS.`,
  );
}

import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';

/** A process and when it began: a pid alone may by now belong to somebody else. */
export interface ProcessIdentity {
  pid: number;
  startedAt: string;
}

const Identity = z.object({ pid: z.number().int().positive(), startedAt: z.string() });

/** Who runs under this pid, or null when nobody does. A zombie counts as gone: in containers nobody reaps orphans. */
export function identify(pid: number): ProcessIdentity | null {
  try {
    if (process.platform === 'linux') {
      // The command name may hold spaces and brackets, so fields are counted from the last bracket.
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return fields[0] === 'Z' || fields[0] === 'X' ? null : { pid, startedAt: fields[19] ?? '' };
    }
    const [state, ...startedAt] = ps(pid, 'stat=,lstart=').split(/\s+/);
    return state === undefined || state.startsWith('Z') ? null : { pid, startedAt: startedAt.join(' ') };
  } catch {
    return null;
  }
}

/** The command line, words separated by spaces; empty when the process is gone. */
export function commandLine(pid: number): string {
  try {
    if (process.platform === 'linux') return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
    return ps(pid, 'command=');
  } catch {
    return '';
  }
}

const ps = (pid: number, columns: string) =>
  execFileSync('ps', ['-o', columns, '-p', String(pid)], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim();

export const isRunning = (process: ProcessIdentity) => identify(process.pid)?.startedAt === process.startedAt;

/** Parses a pid file's text; null when it is not one. */
export function parseIdentity(text: string): ProcessIdentity | null {
  try {
    return Identity.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

export function writePidFile(file: string, pid: number): void {
  const identity = identify(pid);
  if (identity) writeFileSync(file, JSON.stringify(identity), { mode: 0o600 });
}

/** Ends what an earlier, killed launcher left behind; true when there was something. */
export async function endLeftover(pidFile: string, signal: NodeJS.Signals): Promise<boolean> {
  let text: string;
  try {
    text = readFileSync(pidFile, 'utf8');
  } catch {
    return false;
  }
  const identity = parseIdentity(text);
  const found = identity !== null && isRunning(identity);
  if (found) await endProcess(identity, signal, 'SIGKILL', 15);
  rmSync(pidFile, { force: true });
  return found;
}

/** Asks with `signal`, insists with `force` after `graceSeconds`; returns when the process is gone. */
export async function endProcess(
  identity: ProcessIdentity,
  signal: NodeJS.Signals,
  force: NodeJS.Signals,
  graceSeconds: number,
): Promise<void> {
  send(identity, signal);
  const deadline = Date.now() + graceSeconds * 1000;
  while (isRunning(identity)) {
    if (Date.now() > deadline) send(identity, force);
    await sleep(Date.now() > deadline ? 500 : 50);
  }
}

function send(identity: ProcessIdentity, signal: NodeJS.Signals): void {
  try {
    if (isRunning(identity)) process.kill(identity.pid, signal);
  } catch (error) {
    // It may end between the look and the signal.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

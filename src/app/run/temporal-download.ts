import { fork } from 'node:child_process';
import { mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { interruption } from './supervise.ts';
import type { Terminal } from './terminal.ts';

const STALLED_SECONDS = 20;
const ENTRY = fileURLToPath(new URL('./temporal-download-child.ts', import.meta.url));

interface DownloadOptions {
  target: string;
  env: Record<string, string>;
  terminal: Terminal;
  signal?: AbortSignal | undefined;
}

/**
 * Lets the SDK download its server and keeps it at `target`; null when nothing arrives for 20 s or it fails.
 * In a process of its own, because the SDK cannot be told to give up and a firewall may swallow its packets.
 */
export async function downloadTemporal({ target, env, terminal, signal }: DownloadOptions): Promise<string | null> {
  const folder = `${dirname(target)}.${process.pid}`;
  mkdirSync(folder, { recursive: true });
  const child = fork(ENTRY, [folder], { stdio: 'ignore', env, detached: true });
  const ended = new Promise<boolean>((resolve) => {
    child.once('exit', (code) => resolve(code === 0));
    child.once('error', () => resolve(false));
  });
  try {
    const done = await Promise.race([stalled(folder, ended, terminal), interruption(signal)]);
    const file = done ? largestFile(folder) : null;
    if (file === null) {
      terminal.say('The Temporal server could not be downloaded.');
      return null;
    }
    mkdirSync(dirname(target), { recursive: true });
    renameSync(file, target);
    return target;
  } finally {
    // Its group holds the server it may have started.
    if (child.pid !== undefined && child.exitCode === null) killGroup(child.pid);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Settles with `ended`, or with false when nothing has arrived for too long. */
async function stalled(folder: string, ended: Promise<boolean>, terminal: Terminal): Promise<boolean> {
  let size = 0;
  let grewAt = Date.now();
  while (Date.now() - grewAt < STALLED_SECONDS * 1000) {
    const now = sizes(folder).reduce((sum, file) => sum + file.size, 0);
    if (now > size) grewAt = Date.now();
    size = now;
    terminal.live(`  Looking for the Temporal server on the network … ${Math.round(size / 1e6)} MB`);
    const outcome = await Promise.race([ended, sleep(500, 'going on' as const)]);
    if (outcome !== 'going on') return outcome;
  }
  return false;
}

const largestFile = (folder: string) => sizes(folder).sort((a, b) => b.size - a.size)[0]?.file ?? null;

function sizes(folder: string): { file: string; size: number }[] {
  return readdirSync(folder).map((name) => {
    const file = join(folder, name);
    return { file, size: statSync(file, { throwIfNoEntry: false })?.size ?? 0 };
  });
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}

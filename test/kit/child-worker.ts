import { spawn } from 'node:child_process';
import { afterAll } from 'vitest';
import type { House } from './campaign.ts';

export type ChildWorker = { kill(): Promise<void> };

// At the file's level: a hook that is asked for inside a running test is never called, and the worker would outlive the run.
const alive: ChildWorker[] = [];
afterAll(async () => {
  for (const worker of alive) await worker.kill();
});

/** The real worker as a process of its own, so that it can be killed like one. Resolves when it takes work. */
export async function startChildWorker(
  house: Pick<House, 'url' | 'temporalAddress' | 'taskQueue' | 'folder'>,
  args: readonly string[] = [],
): Promise<ChildWorker> {
  const child = spawn(process.execPath, ['src/app/worker.ts', ...args], {
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      TZ: 'UTC',
      DATABASE_URL: house.url,
      TEMPORAL_ADDRESS: house.temporalAddress,
      WAIHU_TASK_QUEUE: house.taskQueue,
      WAIHU_DATA: house.folder,
      WAIHU_GATEWAY_ENDPOINTS: '127.0.0.1:*',
    },
    // The channel ends with this process, and the worker with the channel.
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  let said = '';
  await new Promise<void>((resolve, reject) => {
    child.stdout?.on('data', (piece: Buffer) => {
      said += piece.toString();
      if (said.includes('The worker takes work.')) resolve();
    });
    child.stderr?.on('data', (piece: Buffer) => (said += piece.toString()));
    child.once('exit', () => reject(new Error(`The worker ended at once: ${said.slice(-2_000)}`)));
  });
  const worker: ChildWorker = {
    async kill() {
      child.kill('SIGKILL');
      await gone;
    },
  };
  alive.push(worker);
  return worker;
}

import { spawn } from 'node:child_process';
import { afterAll } from 'vitest';
import type { House } from './campaign.ts';

export type ChildWorker = { kill(): Promise<void> };

/** The real worker as a process of its own, so that it can be killed like one. Resolves when it takes work. */
export async function startChildWorker(
  house: Pick<House, 'url' | 'temporalAddress' | 'taskQueue' | 'folder'>,
): Promise<ChildWorker> {
  const child = spawn(process.execPath, ['src/worker.ts'], {
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      TZ: 'UTC',
      DATABASE_URL: house.url,
      TEMPORAL_ADDRESS: house.temporalAddress,
      WAIHU_TASK_QUEUE: house.taskQueue,
      WAIHU_DATA: house.folder,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  let said = '';
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (piece: Buffer) => {
      said += piece.toString();
      if (said.includes('The worker takes work.')) resolve();
    });
    child.stderr.on('data', (piece: Buffer) => (said += piece.toString()));
    child.once('exit', () => reject(new Error(`The worker ended at once: ${said.slice(-2_000)}`)));
  });
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await gone;
  };
  afterAll(kill);
  return { kill };
}

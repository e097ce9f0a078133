import { randomUUID } from 'node:crypto';
import { duties, endBeat, writeBeat, type Duty } from './worker-beat.db.ts';
import type { Pool } from '../kernel/sql.db.ts';

const everyMs = 1_000;

/**
 * Says once a second, in the database, that this process takes work: `/readyz` knows within five seconds when nobody does. A beat
 * that the database does not take is not repeated: the next one is due already.
 */
export async function startWorkerBeat(
  pool: Pool,
  taskQueue: string,
  works: () => boolean,
  serves: readonly Duty[] = duties,
): Promise<{ stop(): Promise<void> }> {
  const id = randomUUID();
  const beat = async (): Promise<void> => {
    if (works()) await writeBeat(pool, { id, taskQueue, serves }).catch(() => undefined);
  };
  let writing = beat();
  await writing;
  const timer = setInterval(() => {
    writing = beat();
  }, everyMs);
  return {
    async stop() {
      clearInterval(timer);
      await writing;
      await endBeat(pool, id).catch(() => undefined);
    },
  };
}

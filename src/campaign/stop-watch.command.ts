import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool } from '../kernel/sql.db.ts';
import { keepStopConditions } from './stop-condition.command.ts';

/** Counting a ledger of millions takes seconds: it is looked at no more often than costs a twentieth of one core. */
const restPerWork = 20;

/**
 * Looks every `everyMs` whether a campaign that is being sent has met a condition that stops it. Every worker does so: the pause
 * is a legal move only once.
 */
export function watchStopConditions(
  pool: Pool,
  onTrouble: (sentence: string, fields: Record<string, unknown>) => void,
  everyMs = 5_000,
): { stop(): Promise<void> } {
  const ended = new AbortController();
  let silent = false;
  const run = async (): Promise<void> => {
    while (!ended.signal.aborted) {
      const began = performance.now();
      try {
        await keepStopConditions(pool);
        silent = false;
      } catch (error) {
        if (!silent) onTrouble('The stop conditions of campaigns could not be looked at; trying again.', { error });
        silent = true;
      }
      const rest = Math.max(everyMs, restPerWork * (performance.now() - began));
      await sleep(rest, undefined, { signal: ended.signal }).catch(() => undefined);
    }
  };
  const running = run();
  return {
    async stop() {
      ended.abort();
      await running;
    },
  };
}

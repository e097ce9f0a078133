import type { FastifyBaseLogger } from 'fastify';
import { strandedCampaigns } from './campaign.db.ts';
import type { Pool } from '../kernel/sql.db.ts';
import type { Processes } from '../house/processes.ts';

const everyMs = 60_000;
/** The submission itself has that long to start the process. */
const graceMs = 60_000;

/**
 * Starts the process of campaigns that were handed in and may have none: this process died, or Temporal was away, between the
 * commit and the start. One that is being frozen is asked for in vain, which does no harm. Gives how many it saw to.
 */
export async function startStranded(pool: Pool, processes: Processes, now: Date): Promise<number> {
  const campaigns = await strandedCampaigns(pool, new Date(now.getTime() - graceMs));
  for (const { id } of campaigns) await processes.startCampaign(id);
  return campaigns.length;
}

/** Looks every minute, and once at the start. */
export function watchStranded(pool: Pool, processes: Processes, logger: FastifyBaseLogger): { stop(): Promise<void> } {
  let running: Promise<void> | null = null;
  const look = (): void => {
    running ??= startStranded(pool, processes, new Date())
      .then(() => undefined)
      .catch((error: unknown) =>
        logger.warn({ err: error }, 'Campaigns that were handed in wait for their process; trying again in a minute.'),
      )
      .finally(() => (running = null));
  };
  const timer = setInterval(look, everyMs);
  look();
  return {
    async stop() {
      clearInterval(timer);
      await running;
    },
  };
}

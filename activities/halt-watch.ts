import { z } from 'zod';
import { maybe, sql, type Pool } from '../src/kernel/sql.db.ts';

export type HaltWatch = {
  /** No new call may begin now: somebody said stop, or the database has not answered lately. */
  halted(): boolean;
  /** Somebody said stop, and may have said go on since: this run ends all the same, and the next one sees what holds then. */
  ended(): boolean;
  stop(): void;
};

/**
 * Looks at the database several times a second while calls are being made, so that a committed pause, cancel, account stop or
 * take-over is followed by no new call after at most a second. Without an answer from the database nothing new goes out either.
 */
export function createHaltWatch(
  pool: Pool,
  at: { campaignId: string; campaignKey: number; accountId: string; span: number; owner: string },
): HaltWatch {
  const everyMs = 200;
  const freshForMs = 900;
  let halted = false;
  let seenAt = performance.now();
  let asking = false;

  const look = async (): Promise<void> => {
    if (asking) return;
    asking = true;
    const askedAt = performance.now();
    try {
      const row = await maybe(
        pool,
        z.object({ going: z.boolean() }),
        sql`select c.state = 'sending' and g.state = 'active' and l.owner = ${at.owner} as going
          from campaign c join gateway_account g on g.id = ${at.accountId} join span_lease l on l.campaign_key = c.key and l.span = ${at.span}
          where c.id = ${at.campaignId}`,
      );
      seenAt = askedAt;
      if (!row?.going) halted = true;
    } catch {
      // The age of the last answer halts the calls; the claim that follows reports the fault.
    } finally {
      asking = false;
    }
  };
  const timer = setInterval(() => void look(), everyMs);
  return {
    halted: () => halted || performance.now() - seenAt > freshForMs,
    ended: () => halted,
    stop: () => clearInterval(timer),
  };
}

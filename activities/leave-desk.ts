import { takeLeaves, type Leave, type LeaveAsk } from '../src/sms/rate.db.ts';
import type { Pool } from '../src/kernel/sql.db.ts';

/** Where the spans of one process ask for leave to send. */
export type LeaveDesk = { ask(ask: LeaveAsk): Promise<Leave> };

/**
 * All that ask about one account while an answer is on its way are asked about together in the next question: however many campaigns
 * share an account, its bucket is held once at a time by each process.
 */
export function createLeaveDesk(pool: Pool): LeaveDesk {
  type Waiting = PromiseWithResolvers<Leave> & { ask: LeaveAsk };
  const accounts = new Map<string, Waiting[]>();

  const serve = async (accountId: string, waiting: Waiting[]): Promise<void> => {
    while (waiting.length > 0) {
      const now = waiting.splice(0);
      try {
        const leaves = await takeLeaves(
          pool,
          now.map(({ ask }) => ask),
        );
        for (const [index, { resolve }] of now.entries()) resolve(leaves[index] ?? { kind: 'wait', waitMs: 100 });
      } catch (error) {
        for (const { reject } of now) reject(error);
      }
    }
    accounts.delete(accountId);
  };
  return {
    ask(ask) {
      const asked: Waiting = { ask, ...Promise.withResolvers<Leave>() };
      const waiting = accounts.get(ask.accountId);
      if (waiting) waiting.push(asked);
      else {
        const first = [asked];
        accounts.set(ask.accountId, first);
        void serve(ask.accountId, first);
      }
      return asked.promise;
    },
  };
}

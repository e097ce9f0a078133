import type { FastifyBaseLogger } from 'fastify';
import { announce } from '../../house/notice/announce.db.ts';
import { accountsWithWaitingPushes, deliveryBacklog } from '../delivery.db.ts';
import { transaction, type Pool } from '../../kernel/sql.db.ts';
import { lateAfterSeconds, pushesAreLate, secondsWaited } from '../push-backlog.rule.ts';
import { nameOfFault } from './divide.ts';

const everyMs = 30_000;

/** Tells administrators once for each push that is the first to wait: a second fault is told again. */
export const tellOfWaitingPushes = (pool: Pool, now: Date): Promise<void> =>
  transaction(pool, async (tx) => {
    const since = new Date(now.getTime() - lateAfterSeconds * 1_000);
    for (const { accountId, first, pushes } of await accountsWithWaitingPushes(tx, since)) {
      const item = { kind: 'gateway', id: accountId } as const;
      await announce(tx, { kind: 'pushes-waiting', item, step: String(first), details: { count: pushes } }, now);
    }
  });

/** Says in the log, as often as it looks, that pushes wait or were set aside: opt-outs may be among them. */
export function watchBacklog(pool: Pool, logger: FastifyBaseLogger): { stop(): Promise<void> } {
  const look = async (): Promise<void> => {
    try {
      const backlog = await deliveryBacklog(pool);
      const now = new Date();
      await tellOfWaitingPushes(pool, now);
      const figures = {
        waiting: backlog.waiting,
        oldestSeconds: secondsWaited(backlog, now),
        setAside: backlog.setAside,
      };
      if (pushesAreLate(backlog, now)) logger.error(figures, 'Pushed receipts and replies wait to be taken in.');
      else if (backlog.setAside > 0) logger.warn(figures, 'Pushes were set aside and wait for a person.');
    } catch (error) {
      logger.warn({ fault: nameOfFault(error) }, 'How many pushes wait could not be looked up.');
    }
  };
  let running = Promise.resolve();
  const timer = setInterval(() => {
    running = look();
  }, everyMs);
  return {
    async stop() {
      clearInterval(timer);
      await running;
    },
  };
}

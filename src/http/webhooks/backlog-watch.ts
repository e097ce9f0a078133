import type { FastifyBaseLogger } from 'fastify';
import { deliveryBacklog } from '../../db/delivery.ts';
import type { Pool } from '../../db/sql.ts';
import { pushesAreLate, secondsWaited } from '../../domain/push-backlog.ts';
import { nameOfFault } from './divide.ts';

const everyMs = 30_000;

/** Says in the log, as often as it looks, that pushes wait or were set aside: opt-outs may be among them. */
export function watchBacklog(pool: Pool, logger: FastifyBaseLogger): { stop(): Promise<void> } {
  const look = async (): Promise<void> => {
    try {
      const backlog = await deliveryBacklog(pool);
      const now = new Date();
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

import type { Client } from '@temporalio/client';
import { deliveryBacklog } from '../sms/delivery.db.ts';
import { inTime } from '../kernel/in-time.ts';
import type { Pool } from '../kernel/sql.db.ts';
import { dutiesTaken, type Duty } from './worker-beat.db.ts';
import { pushesAreLate } from '../sms/push-backlog.rule.ts';
import type { Readiness } from './http/health.ts';

type Deps = { pool: Pool; client: Client; taskQueue: string; sandboxUrl: string | undefined };

/** Asks every part; none is waited for longer than two seconds. */
export const createReadiness =
  ({ pool, client, taskQueue, sandboxUrl }: Deps) =>
  async (): Promise<Readiness> => {
    const [database, process, taken, pushes, sandbox] = await Promise.all([
      answers(() => pool.query('select 1')),
      answers(() => client.connection.workflowService.getSystemInfo({})),
      orElse(dutiesTaken(pool, taskQueue), new Set<Duty>()),
      answers(async () => {
        if (pushesAreLate(await deliveryBacklog(pool), new Date())) throw new Error('Pushes wait.');
      }),
      sandboxUrl === undefined
        ? undefined
        : answers(async () => {
            const answer = await fetch(`${sandboxUrl}/sandbox/healthz`);
            if (!answer.ok) throw new Error('The sandbox is not well.');
          }),
    ]);
    return {
      database,
      temporal: process,
      people: taken.has('people'),
      senders: taken.has('senders'),
      pushes,
      ...(sandbox !== undefined && { sandbox }),
    };
  };

const answers = (ask: () => Promise<unknown>): Promise<boolean> => {
  const asked = ask().then(() => true);
  return orElse(asked, false);
};

/** The answer, or `otherwise` when it fails or takes longer than two seconds. */
const orElse = <T>(asked: Promise<T>, otherwise: T): Promise<T> =>
  inTime(asked, 2_000, () => otherwise).catch(() => otherwise);

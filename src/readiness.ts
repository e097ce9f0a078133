import type { Client } from '@temporalio/client';
import proto from '@temporalio/proto';
import { deliveryBacklog } from './db/delivery.ts';
import type { Pool } from './db/sql.ts';
import { pushesAreLate } from './domain/push-backlog.ts';
import type { Readiness } from './http/health.ts';

type Deps = { pool: Pool; client: Client; taskQueue: string; sandboxUrl: string | undefined };

/** Asks every part; none is waited for longer than two seconds. */
export const createReadiness =
  ({ pool, client, taskQueue, sandboxUrl }: Deps) =>
  async (): Promise<Readiness> => {
    const [database, process, worker, pushes, sandbox] = await Promise.all([
      answers(() => pool.query('select 1')),
      answers(() => client.connection.workflowService.getSystemInfo({})),
      answers(async () => {
        const { pollers } = await client.connection.workflowService.describeTaskQueue({
          namespace: client.options.namespace,
          taskQueue: { name: taskQueue },
          taskQueueType: proto.temporal.api.enums.v1.TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
        });
        // Temporal remembers a poller for minutes; a living one polls at least once a minute.
        const since = Date.now() - 70_000;
        if (!pollers?.some(({ lastAccessTime }) => Number(lastAccessTime?.seconds ?? 0) * 1_000 > since))
          throw new Error('No worker polls.');
      }),
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
    return { database, temporal: process, worker, pushes, ...(sandbox !== undefined && { sandbox }) };
  };

async function answers(ask: () => Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), 2_000);
  });
  try {
    return await Promise.race([ask().then(() => true), late]);
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}

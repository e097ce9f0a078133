import { Worker, type NativeConnection, type WorkerOptions } from '@temporalio/worker';
import { sendersQueue } from '../../workflows/senders-queue.ts';
import type { Duty } from './worker-beat.db.ts';

export type Workers = { run: () => Promise<void>; shutdown: () => void; isRunning: () => boolean };

/**
 * The workers of one process: one for what people wait for (workflows, signatures, steps, freezes), one for sending, or one of the
 * two. Senders that hold all their places keep nobody's signature waiting.
 */
export async function createWorkers({
  connection,
  namespace,
  taskQueue,
  serves,
  workflowBundle,
  activities,
  sendersAtOnce = 100,
}: {
  connection: NativeConnection;
  namespace?: string;
  taskQueue: string;
  serves: readonly Duty[];
  workflowBundle: () => Promise<NonNullable<WorkerOptions['workflowBundle']>>;
  activities: object;
  /** Spans and settlements at once; a turn of sending gives its place up after `turnMs`. */
  sendersAtOnce?: number;
}): Promise<Workers> {
  const shared = {
    connection,
    ...(namespace !== undefined && { namespace }),
    activities,
    shutdownGraceTime: '20s' as const,
    // A second apart is how often the living say so.
    maxHeartbeatThrottleInterval: '1s' as const,
    defaultHeartbeatThrottleInterval: '1s' as const,
  };
  const make: Record<Duty, () => Promise<Worker>> = {
    people: async () =>
      Worker.create({
        ...shared,
        taskQueue,
        workflowBundle: await workflowBundle(),
        maxConcurrentActivityTaskExecutions: 40,
        maxCachedWorkflows: 200,
        // What is on its way to a worker that has died is given to another after a second.
        stickyQueueScheduleToStartTimeout: '1s',
      }),
    senders: () =>
      Worker.create({
        ...shared,
        taskQueue: sendersQueue(taskQueue),
        maxConcurrentActivityTaskExecutions: sendersAtOnce,
      }),
  };
  const workers: Worker[] = [];
  for (const duty of serves) workers.push(await make[duty]());
  const shutdown = (): void => {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  return {
    shutdown,
    isRunning: () => workers.every((worker) => worker.getState() === 'RUNNING'),
    // One that fails takes the other with it: the process is started again.
    run: async () => {
      try {
        await Promise.all(workers.map((worker) => worker.run()));
      } finally {
        shutdown();
      }
    },
  };
}

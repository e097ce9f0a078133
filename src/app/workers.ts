import { Worker, type NativeConnection, type WorkerOptions } from '@temporalio/worker';
import { sendersQueue } from '../../workflows/senders-queue.ts';

export type Workers = { run: () => Promise<void>; shutdown: () => void; isRunning: () => boolean };

/**
 * Two workers of one process: one for what people wait for (workflows, signatures, steps, freezes), one for sending. Senders
 * that hold all their places keep nobody's signature waiting.
 */
export async function createWorkers({
  connection,
  namespace,
  taskQueue,
  workflowBundle,
  activities,
  sendersAtOnce = 40,
}: {
  connection: NativeConnection;
  namespace?: string;
  taskQueue: string;
  workflowBundle: NonNullable<WorkerOptions['workflowBundle']>;
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
  const people = await Worker.create({
    ...shared,
    taskQueue,
    workflowBundle,
    maxConcurrentActivityTaskExecutions: 40,
    maxCachedWorkflows: 200,
    // What is on its way to a worker that has died is given to another after a second.
    stickyQueueScheduleToStartTimeout: '1s',
  });
  const senders = await Worker.create({
    ...shared,
    taskQueue: sendersQueue(taskQueue),
    maxConcurrentActivityTaskExecutions: sendersAtOnce,
  });
  const both = [people, senders];
  const shutdown = (): void => {
    for (const worker of both) if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  return {
    shutdown,
    isRunning: () => both.every((worker) => worker.getState() === 'RUNNING'),
    // One that fails takes the other with it: the process is started again.
    run: async () => {
      try {
        await Promise.all(both.map((worker) => worker.run()));
      } finally {
        shutdown();
      }
    },
  };
}

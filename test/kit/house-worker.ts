import path from 'node:path';
import { bundleWorkflowCode, NativeConnection } from '@temporalio/worker';
import type { Pool } from 'pg';
import { createCampaignActivities } from '../../activities/campaign.ts';
import { createDraftActivities } from '../../activities/draft.ts';
import { createHaltWatches } from '../../activities/halt-watch.ts';
import { createInFlight } from '../../activities/in-flight.ts';
import { createLeaveDesk } from '../../activities/leave-desk.ts';
import { createCallListActivities } from '../../activities/call-list.ts';
import { createSignOffActivities } from '../../activities/sign-off.ts';
import { createSignReminderActivities } from '../../activities/sign-reminder.ts';
import type { Form } from '../../src/form/form.rule.ts';
import type { AuditSeals } from '../../src/house/audit/seals.ts';
import { gatewayOfAccount } from '../../src/sms/gateway-of-account.ts';
import { offerSubjects } from '../../src/app/subjects.ts';
import { createWorkers } from '../../src/app/workers.ts';
import { duties, type Duty } from '../../src/app/worker-beat.db.ts';
import { startWorkerBeat } from '../../src/app/worker-beat.ts';
import { anyLocalPort } from './endpoints.ts';

/** Places for turns of sending, and how long a turn lasts: few and short ones show what happens where places are short. */
export type SenderOptions = {
  sendersAtOnce?: number | undefined;
  turnMs?: number | undefined;
  serves?: readonly Duty[];
} & FormOptions;
/** What new forms are made in: absent, the newest. */
type FormOptions = { formFormat?: Form['format'] };
type Parts = { pool: Pool; seals: AuditSeals; temporalAddress: string; taskQueue: string };

/** The worker of a test's house, in this process: the product's own workers over its own database and task queues. */
export function createHouseWorker(
  { pool, seals, temporalAddress, taskQueue }: Parts,
  { sendersAtOnce, turnMs, serves = duties, ...older }: SenderOptions,
): { start: (newer?: FormOptions) => Promise<void>; stop: () => Promise<void> } {
  offerSubjects();
  let end: (() => Promise<void>) | null = null;
  return {
    start: async ({ formFormat = older.formFormat }: FormOptions = {}) => {
      const connection = await NativeConnection.connect({ address: temporalAddress });
      const gatewayOf = gatewayOfAccount(anyLocalPort);
      const workers = await createWorkers({
        connection,
        taskQueue,
        serves,
        workflowBundle: bundled,
        ...(sendersAtOnce !== undefined && { sendersAtOnce }),
        activities: {
          ...createDraftActivities({ pool, gatewayOf }),
          ...createCampaignActivities({
            pool,
            gatewayOf,
            inFlight: createInFlight(100),
            desk: createLeaveDesk(pool),
            halts: createHaltWatches(pool),
            seals,
            onTrouble: () => undefined,
            ...(turnMs !== undefined && { turnMs }),
            ...(formFormat && { formFormat }),
          }),
          ...createSignOffActivities({ pool, seals }),
          ...createCallListActivities({ pool }),
          ...createSignReminderActivities({ pool, now: () => new Date(), onTrouble: () => undefined }),
        },
      });
      const running = workers.run();
      const beat = await startWorkerBeat(pool, taskQueue, workers.isRunning, serves);
      end = async () => {
        workers.shutdown();
        await running;
        await beat.stop();
        await connection.close();
      };
    },
    stop: async () => {
      await end?.();
      end = null;
    },
  };
}

let bundle: Awaited<ReturnType<typeof bundleWorkflowCode>> | null = null;
export const bundled = async () =>
  (bundle ??= await bundleWorkflowCode({
    workflowsPath: path.resolve('workflows/index.ts'),
    logger: { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} },
  }));

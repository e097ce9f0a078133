import { randomUUID } from 'node:crypto';
import { WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError, type Client } from '@temporalio/client';
import { record } from '../house/audit/audit.db.ts';
import { transaction, type Pool } from '../kernel/sql.db.ts';
import { campaignStart, createTemporalProcesses } from './temporal-processes.command.ts';
import { campaignWorkflowId, type smsCampaign } from '../../workflows/sms-campaign.ts';
import { draftEstimateWorkflowId } from '../../workflows/draft-estimate.ts';
import { testSendWorkflowId } from '../../workflows/test-send.ts';
import { scheduleSignReminders } from '../form/sign-reminder-schedule.ts';
import * as db from './process-watch.db.ts';
import { reopenDue } from './reopen.command.ts';
import { alarmingLosses, lossesNow, verdictOn, type ProcessSeen } from './process-watch.rule.ts';

export type WatchDeps = {
  pool: Pool;
  client: Client;
  taskQueue: string;
  log: Record<'warn' | 'error', (fields: Record<string, unknown>, sentence: string) => void>;
};

/** Twice and a half within the minute that a lost process may stay unseen. */
const everyMs = 20_000;
const duty = 'process-watch';
// Longer than the longest look that is expected; whoever dies over one is replaced after it.
const dutySeconds = 60;
const atOnce = 8;

/**
 * Looks for campaigns that must have a process and have none, and starts it again from the database. Temporal is asked about
 * each by its id, since its lists lag behind. Gives how many were asked about and started.
 */
export async function watchProcesses(deps: WatchDeps): Promise<{ asked: number; started: number }> {
  const campaigns = await db.liveProcesses(deps.pool);
  let started = 0;
  await each(campaigns, async (campaign) => {
    const seen = await describe(deps.client, campaignWorkflowId(campaign.id));
    const verdict = verdictOn(campaign, seen, new Date());
    if (verdict.kind === 'restart' && (await restart(deps, campaign.id, verdict.lost))) started += 1;
  });
  started += await watchSmaller(deps);
  await reopenDue(deps.pool, createTemporalProcesses(deps.client, deps.taskQueue));
  return { asked: campaigns.length, started };
}

/** Says first, on record, what it does then: a start that fails is tried again by the next look. */
async function restart(deps: WatchDeps, campaignId: string, lost: ProcessSeen | 'restored'): Promise<boolean> {
  const now = new Date();
  const known = await transaction(deps.pool, async (tx) => {
    const campaign = await db.lockLiveProcess(tx, campaignId);
    if (!campaign) return null;
    const losses = lossesNow(campaign, now) + 1;
    await db.noteLoss(tx, campaignId, losses, now);
    await record(
      tx,
      {
        actor: 'system',
        action: 'campaign.process-restart',
        objectKind: 'campaign',
        objectId: campaignId,
        details: { lost, state: campaign.state },
      },
      now,
    );
    return { state: campaign.state, losses };
  });
  if (!known) return false;
  const fields = { campaignId, lost, ...known };
  deps.log.warn(fields, 'The process of a campaign was lost; it goes on from the database.');
  if (known.losses >= alarmingLosses)
    deps.log.error(fields, 'The process of a campaign is lost again and again: see docs/runbook.md.');
  try {
    await deps.client.workflow.start<typeof smsCampaign>('smsCampaign', {
      ...campaignStart(deps.taskQueue, campaignId),
      // One that runs is left alone, unless what it knows is of another time, or it cannot go on with what it knows.
      workflowIdConflictPolicy: lost === 'restored' || lost === 'stuck' ? 'TERMINATE_EXISTING' : 'FAIL',
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
  await db.noteFresh(deps.pool, campaignId);
  return true;
}

/** Test messages, counts of drafts, and the clock of the reminders: nobody's signature hangs on them, so the log is enough. */
async function watchSmaller({ pool, client, taskQueue, log }: WatchDeps): Promise<number> {
  const processes = createTemporalProcesses(client, taskQueue);
  let started = 0;
  const see = async (kind: string, id: string, workflowId: string, start: () => Promise<void>): Promise<void> => {
    const seen = await describe(client, workflowId);
    if (seen === 'running' || seen === 'completed') return;
    log.warn({ kind, id, lost: seen }, 'A process was lost; it is started again from the database.');
    await start();
    started += 1;
  };
  await each(await db.openTestSends(pool, 100), ({ id }) =>
    see('test-send', id, testSendWorkflowId(id), () => processes.sendTest(id, { again: true })),
  );
  await each(await db.openEstimates(pool, 100), ({ draftId, wanted }) =>
    see('draft-estimate', draftId, draftEstimateWorkflowId(draftId, wanted), () =>
      processes.estimateDraft(draftId, wanted),
    ),
  );
  if (await scheduleSignReminders(client, taskQueue))
    log.warn({ taskQueue }, 'The clock of the signing reminders was not there; it runs again.');
  return started;
}

const seenAs: Readonly<Record<string, ProcessSeen>> = {
  RUNNING: 'running',
  // The next run of one that continued as new has the same id, and is the one that is described.
  CONTINUED_AS_NEW: 'running',
  PAUSED: 'running',
  COMPLETED: 'completed',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
  TERMINATED: 'terminated',
  TIMED_OUT: 'timed-out',
};

/** Tries of one step of the process itself, which takes milliseconds; from the tenth on they come every few minutes. */
const stuckFrom = 10;

async function describe(client: Client, workflowId: string): Promise<ProcessSeen> {
  try {
    const { status, raw } = await client.workflow.getHandle(workflowId).describe();
    // A status that is new to us is no proof of a loss.
    const seen = seenAs[status.name] ?? 'running';
    return seen === 'running' && (raw.pendingWorkflowTask?.attempt ?? 0) >= stuckFrom ? 'stuck' : seen;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return 'missing';
    throw error;
  }
}

async function each<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  const lane = async (): Promise<void> => {
    for (const item of queue) await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
}

/** Looks every 20 seconds, in one process of the installation at a time; another takes over a minute after it has died. */
export function startProcessWatch(deps: WatchDeps, lookEveryMs = everyMs): { stop(): Promise<void> } {
  const owner = randomUUID();
  let silent = false;
  let looking = false;
  const look = async (): Promise<void> => {
    if (looking) return;
    looking = true;
    try {
      if (!(await db.holdDuty(deps.pool, duty, owner, dutySeconds))) return;
      await watchProcesses(deps);
      silent = false;
    } catch (error) {
      // PostgreSQL or Temporal is away, and others say so: once is enough.
      if (!silent) deps.log.warn({ err: error }, 'Lost processes could not be looked for; trying again.');
      silent = true;
    } finally {
      looking = false;
    }
  };
  let running = look();
  const timer = setInterval(() => {
    if (!looking) running = look();
  }, lookEveryMs);
  return {
    async stop() {
      clearInterval(timer);
      await running;
      await db.leaveDuty(deps.pool, duty, owner).catch(() => undefined);
    },
  };
}

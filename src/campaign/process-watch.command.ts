import { randomUUID } from 'node:crypto';
import {
  describeProcess,
  inLanes,
  watchKind,
  type WatchDeps,
  type WatchedKind,
} from '../house/process-watch.command.ts';
import { campaignStart, createTemporalProcesses } from './temporal-processes.command.ts';
import { campaignWorkflowId, type smsCampaign } from '../../workflows/sms-campaign.ts';
import { draftEstimateWorkflowId } from '../../workflows/draft-estimate.ts';
import { testSendWorkflowId } from '../../workflows/test-send.ts';
import { scheduleSignReminders } from '../form/sign-reminder-schedule.ts';
import { watchSignOffs } from '../form/sign-off-watch.command.ts';
import * as db from './process-watch.db.ts';
import { reopenDue } from './reopen.command.ts';
import { campaignSubject } from './subject.ts';

/** Twice and a half within the minute that a lost process may stay unseen. */
const everyMs = 20_000;
const duty = 'process-watch';
// Longer than the longest look that is expected; whoever dies over one is replaced after it.
const dutySeconds = 60;

/** Looks for whatever must have a process and has none: campaigns, forms of other content, and what is smaller. */
export async function watchProcesses(deps: WatchDeps): Promise<{ asked: number; started: number }> {
  const campaigns = await watchKind(deps, campaignProcesses(deps));
  const forms = await watchSignOffs(deps);
  const smaller = await watchSmaller(deps);
  await reopenDue(deps.pool, createTemporalProcesses(deps.client, deps.taskQueue));
  return { asked: campaigns.asked + forms.asked, started: campaigns.started + forms.started + smaller };
}

const campaignProcesses = ({ client, taskQueue }: WatchDeps): WatchedKind<db.LiveCampaignProcess> => ({
  live: db.liveProcesses,
  lock: db.lockLiveProcess,
  noteLoss: db.noteLoss,
  noteFresh: db.noteFresh,
  workflowId: ({ id }) => campaignWorkflowId(id),
  start: ({ id }, workflowIdConflictPolicy) =>
    client.workflow.start<typeof smsCampaign>('smsCampaign', {
      ...campaignStart(taskQueue, id),
      workflowIdConflictPolicy,
    }),
  restarted: () => campaignSubject.acts.lost,
  sentences: {
    lost: 'The process of a campaign was lost; it goes on from the database.',
    again: 'The process of a campaign is lost again and again: see docs/runbook.md.',
  },
});

/** Test messages, counts of drafts, and the clock of the reminders: nobody's signature hangs on them, so the log is enough. */
async function watchSmaller({ pool, client, taskQueue, log }: WatchDeps): Promise<number> {
  const processes = createTemporalProcesses(client, taskQueue);
  let started = 0;
  const see = async (kind: string, id: string, workflowId: string, start: () => Promise<void>): Promise<void> => {
    const seen = await describeProcess(client, workflowId);
    if (seen === 'running' || seen === 'completed') return;
    log.warn({ kind, id, lost: seen }, 'A process was lost; it is started again from the database.');
    await start();
    started += 1;
  };
  await inLanes(await db.openTestSends(pool, 100), ({ id }) =>
    see('test-send', id, testSendWorkflowId(id), () => processes.sendTest(id, { again: true })),
  );
  await inLanes(await db.openEstimates(pool, 100), ({ draftId, wanted }) =>
    see('draft-estimate', draftId, draftEstimateWorkflowId(draftId, wanted), () =>
      processes.estimateDraft(draftId, wanted),
    ),
  );
  if (await scheduleSignReminders(client, taskQueue))
    log.warn({ taskQueue }, 'The clock of the signing reminders was not there; it runs again.');
  return started;
}

/** Looks every 20 seconds, in one process of the installation at a time; another takes over a minute after it has died. */
export function startProcessWatch(
  deps: WatchDeps,
  lookEveryMs = everyMs,
  /** What later rooms have to watch. */
  further: readonly ((deps: WatchDeps) => Promise<unknown>)[] = [],
): { stop(): Promise<void> } {
  const owner = randomUUID();
  let silent = false;
  let looking = false;
  const look = async (): Promise<void> => {
    if (looking) return;
    looking = true;
    try {
      if (!(await db.holdDuty(deps.pool, duty, owner, dutySeconds))) return;
      await watchProcesses(deps);
      for (const watch of further) await watch(deps);
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

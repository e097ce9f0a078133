import { type Client, ScheduleAlreadyRunning, ScheduleOverlapPolicy } from '@temporalio/client';

/** Looks at the awaiting forms every ten minutes, however many workers start; one that is there already is left as it is. Says whether it was missing. */
export async function scheduleSignReminders(client: Client, taskQueue: string): Promise<boolean> {
  try {
    await client.schedule.create({
      // Two installations may share a namespace; each has its own queue.
      scheduleId: `sign-reminders:${taskQueue}`,
      spec: { intervals: [{ every: '10m' }] },
      action: { type: 'startWorkflow', workflowType: 'signReminders', taskQueue },
      // After an outage one look is enough: it counts the reminders that are due by itself.
      policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '10m' },
    });
    return true;
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    return false;
  }
}

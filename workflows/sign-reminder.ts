import { proxyActivities } from '@temporalio/workflow';
import type { SignReminderActivities } from '../activities/sign-reminder.ts';

const { remindSigners } = proxyActivities<SignReminderActivities>({
  startToCloseTimeout: '2 minutes',
  retry: { initialInterval: '2s', maximumInterval: '30s', maximumAttempts: 10 },
});

/** One look at the forms that await a signature; a schedule starts it every ten minutes. */
export async function signReminders(): Promise<void> {
  await remindSigners();
}

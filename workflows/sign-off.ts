import { allHandlersFinished, ApplicationFailure, condition, proxyActivities, setHandler } from '@temporalio/workflow';
import type { SignOffActivities } from '../activities/sign-off.ts';
import { signUpdate, tellUpdate } from './sms-campaign.ts';

/** What is signed: its kind and its id, never more. */
export type SignOffInput = { kind: string; id: string };

export const signOffWorkflowId = ({ kind, id }: SignOffInput): string => `sign-off:${kind}:${id}`;

const activities = proxyActivities<SignOffActivities>({
  startToCloseTimeout: '2 minutes',
  retry: { initialInterval: '300ms', backoffCoefficient: 1.5, maximumInterval: '5s' },
});

/**
 * The sign-off of one form whose subject has no process of its own, from the first request for a signature to the archive. PostgreSQL is
 * the truth: the process asks it what comes next, so it may be ended and begun again anywhere.
 */
export async function signOff(subject: SignOffInput): Promise<void> {
  let nudged = false;
  setHandler(signUpdate, async (request) => {
    const verdict = await activities.signForm(subject, request);
    nudged = true;
    if (verdict.kind === 'refused') throw ApplicationFailure.nonRetryable(verdict.message, verdict.code);
  });
  setHandler(tellUpdate, () => {
    nudged = true;
  });
  for (;;) {
    nudged = false;
    const step = await activities.nextFormStep(subject);
    if (step.kind === 'wait') await condition(() => nudged, step.untilMs);
    if (step.kind === 'expire') await activities.expireSubjectForm(subject);
    if (step.kind === 'archive') await activities.archiveForm(subject);
    if (step.kind !== 'end') continue;
    await condition(allHandlersFinished);
    if (!nudged) return;
  }
}

import {
  allHandlersFinished,
  condition,
  continueAsNew,
  defineUpdate,
  proxyActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { CallListActivities } from '../activities/call-list.ts';

/** The list alone: its people are the database's. */
export type CallListInput = { listId: string };

export const callListWorkflowId = (listId: string): string => `call-list:${listId}`;

/** Something about the list has changed: look again. It says nothing, and refuses nothing. */
export const nudgeUpdate = defineUpdate('nudgeCallList');

const activities = proxyActivities<CallListActivities>({
  startToCloseTimeout: '5 minutes',
  retry: { initialInterval: '300ms', backoffCoefficient: 1.5, maximumInterval: '30s' },
});

/**
 * The process of one open list: gives up what has no sense any more, frees what an agent has left lying, and closes the list when its time is
 * over. PostgreSQL is the truth, and agents take their calls from it: without this process they go on calling, and it may begin again anywhere.
 */
export async function callList({ listId }: CallListInput): Promise<void> {
  let nudged = false;
  setHandler(nudgeUpdate, () => {
    nudged = true;
  });
  for (;;) {
    nudged = false;
    const step = await activities.tendCallList(listId);
    if (step.kind === 'wait') await condition(() => nudged, step.untilMs);
    else {
      await condition(allHandlersFinished);
      if (!nudged) return;
    }
    if (workflowInfo().continueAsNewSuggested) {
      await condition(allHandlersFinished);
      await continueAsNew<typeof callList>({ listId });
    }
  }
}

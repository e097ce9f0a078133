import { callListWorkflowId, type callList } from '../../../workflows/call-list.ts';
import { watchKind, type WatchDeps, type WatchedKind } from '../../house/process-watch.command.ts';
import * as db from './watch.db.ts';

/** Starts the process of each open list again that has none: agents go on calling without it, but nothing closes then. */
export const watchCallLists = (deps: WatchDeps): Promise<{ asked: number; started: number }> =>
  watchKind(deps, lists(deps));

const lists = ({ client, taskQueue }: WatchDeps): WatchedKind<db.LiveList> => ({
  live: db.liveLists,
  lock: db.lockLiveList,
  noteLoss: db.noteListLoss,
  // What it knows is never of another time: each of its steps asks the database.
  noteFresh: () => Promise.resolve(),
  workflowId: ({ id }) => callListWorkflowId(id),
  start: ({ id }, workflowIdConflictPolicy) =>
    client.workflow.start<typeof callList>('callList', {
      taskQueue,
      workflowId: callListWorkflowId(id),
      workflowIdConflictPolicy,
      args: [{ listId: id }],
    }),
  restarted: () => 'call-list.process-restart',
  sentences: {
    lost: 'The process of a call list was lost; it goes on from the database.',
    again: 'The process of a call list is lost again and again: see docs/runbook.md.',
  },
});

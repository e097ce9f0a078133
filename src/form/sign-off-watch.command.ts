import { watchKind, type WatchDeps, type WatchedKind } from '../house/process-watch.command.ts';
import { signOffWorkflowId, type signOff } from '../../workflows/sign-off.ts';
import * as db from './sign-off-watch.db.ts';
import { kindsWithoutProcess, subjectOf } from './subject.ts';

/**
 * Starts the sign-off of each form again that must have a process and has none: nobody may come to sign it, and it must expire all the same.
 * A subject with a process of its own is watched by its own room.
 */
export const watchSignOffs = (deps: WatchDeps): Promise<{ asked: number; started: number }> =>
  watchKind(deps, signOffs(deps));

const signOffs = ({ client, taskQueue }: WatchDeps): WatchedKind<db.LiveSignOff> => ({
  live: (pool) => db.liveSignOffs(pool, kindsWithoutProcess()),
  lock: db.lockLiveSignOff,
  noteLoss: db.noteSignOffLoss,
  // What it knows is never of another time: each of its steps asks the database.
  noteFresh: () => Promise.resolve(),
  workflowId: signOffWorkflowId,
  start: ({ kind, id }, workflowIdConflictPolicy) =>
    client.workflow.start<typeof signOff>('signOff', {
      taskQueue,
      workflowId: signOffWorkflowId({ kind, id }),
      workflowIdConflictPolicy,
      args: [{ kind, id }],
    }),
  restarted: ({ kind }) => subjectOf(kind).acts.lost,
  sentences: {
    lost: 'The sign-off of a form was lost; it goes on from the database.',
    again: 'The sign-off of a form is lost again and again: see docs/runbook.md.',
  },
});

/**
 * A list's ledger: each task is in exactly one state. `offered`: an agent sees it and nobody is dialled yet; `calling`: an attempt lives;
 * `wrap-up`: the call is over and its agent writes down what came of it.
 */
export const taskStates = ['waiting', 'offered', 'calling', 'wrap-up', 'done', 'given-up', 'removed'] as const;
export type TaskState = (typeof taskStates)[number];

/** The only legal moves. Whoever goes back to `waiting` waits for a reason that `last_disposition` or the record tells. */
export const taskMoves: Readonly<Record<TaskState, readonly TaskState[]>> = {
  waiting: ['offered', 'calling', 'given-up', 'removed'],
  offered: ['waiting', 'calling', 'given-up', 'removed'],
  calling: ['waiting', 'wrap-up', 'done', 'given-up'],
  'wrap-up': ['waiting', 'done', 'given-up'],
  done: [],
  'given-up': ['waiting'],
  removed: ['waiting'],
};

/** Why nobody calls any more. */
export const givenUpReasons = [
  'attempts-spent',
  'no-number',
  'opted-out',
  'dnc',
  'complaint',
  'rejected',
  'expired',
] as const;
export type GivenUpReason = (typeof givenUpReasons)[number];

/** Why a task is not on its list any more. */
export const removedReasons = ['left-filter', 'list-closed', 'withdrawn'] as const;
export type RemovedReason = (typeof removedReasons)[number];

/** What an agent writes down; each list's script says which of them it offers. */
export const results = [
  'resolved',
  'unresolved',
  'callback',
  'passed-on',
  'refused',
  'wrong-person',
  'do-not-contact',
  'no-contact',
] as const;
export type Result = (typeof results)[number];

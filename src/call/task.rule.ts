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
  // Marketing rests on a consent that is not there (any more).
  'no-consent',
  // By the house's policy such a call is never made: a cap of none, hours that never open.
  'not-allowed',
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

/** The customer's tier, as a weight: among those that nothing presses the higher comes first. */
export const tierWeights = { diamond: 4, gold: 3, silver: 2, bronze: 1 } as const;
export const taskWeights = [4, 3, 2, 1, 0] as const;
export const weightOfTier = (tier: keyof typeof tierWeights | null): number => (tier === null ? 0 : tierWeights[tier]);

/** States from which `to` may be reached: what the SQL of a move compares with. */
export const movesInto = (to: TaskState): TaskState[] => taskStates.filter((from) => taskMoves[from].includes(to));

/** How many tasks stand in each state. */
export type TaskCounts = Readonly<Record<TaskState, number>>;
/** Whether the counts account for every task that the list was ever given, neither one more nor one less. */
export const balances = (counts: TaskCounts, given: number): boolean =>
  taskStates.reduce((sum, state) => sum + counts[state], 0) === given;

export const listStates = ['draft', 'open', 'paused', 'closed'] as const;
export type ListState = (typeof listStates)[number];

/** From which states a list may come into each. A closed one is cloned, never opened again: its ledger is told. */
export const listMoves: Readonly<Record<ListState, readonly ListState[]>> = {
  draft: [],
  open: ['draft', 'paused'],
  paused: ['open'],
  closed: ['draft', 'open', 'paused'],
};

import type { AgentState } from '../desk/agent-session.rule.ts';

/** How long people usually stay in a state, in seconds; the board marks whoever stays longer. Null: as long as they like. */
const usualSeconds: Readonly<Record<AgentState, number | null>> = {
  away: null,
  busy: 15 * 60,
  ready: 5 * 60,
  calling: 60,
  talking: 8 * 60,
  'wrap-up': 90,
};

export const isLong = (state: AgentState, seconds: number): boolean => {
  const usual = usualSeconds[state];
  return usual !== null && seconds > usual;
};

/** Answers that met no agent, of those that a person gave. */
export type Abandonment = { answered: number; abandoned: number };

/** How many of the answers so far may still have met no agent before the cap is reached; never below nothing. */
export const callsAffordable = ({ answered, abandoned }: Abandonment, cap: number): number =>
  Math.max(0, Math.floor(answered * cap + 1e-9) - abandoned);

/** Whether a list has used its cap up: whoever dials ahead must stop. */
export const isOverCap = ({ answered, abandoned }: Abandonment, cap: number): boolean =>
  abandoned > answered * cap + 1e-9;

export type Clock = { promisedAt: Date | null; dueAt: Date | null };
/** What somebody must do by when: the earlier of a promise and a clock. */
export const nearestOf = ({ promisedAt, dueAt }: Clock): Date | null =>
  promisedAt && dueAt ? (promisedAt < dueAt ? promisedAt : dueAt) : (promisedAt ?? dueAt);

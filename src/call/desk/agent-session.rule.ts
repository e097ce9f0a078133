export const agentStates = ['away', 'busy', 'ready', 'calling', 'talking', 'wrap-up'] as const;
export type AgentState = (typeof agentStates)[number];

/** The only legal moves. `busy` to `busy` is another reason for it. Whoever talks or writes up leaves through `wrap-up`. */
export const agentMoves: Readonly<Record<AgentState, readonly AgentState[]>> = {
  away: ['busy'],
  busy: ['ready', 'busy', 'away'],
  ready: ['busy', 'away', 'calling', 'talking'],
  calling: ['talking', 'wrap-up', 'ready', 'busy', 'away'],
  talking: ['wrap-up'],
  'wrap-up': ['ready', 'busy', 'away'],
};

/** Why agents take themselves out of the queue. */
export const breakReasons = ['break', 'paperwork', 'meeting', 'coaching', 'equipment'] as const;
export type BreakReason = (typeof breakReasons)[number];
/** Why they are busy without having asked: they take nobody's place. */
export const forcedReasons = ['signed-in', 'phone-gone', 'browser-gone'] as const;
export type BusyReason = BreakReason | (typeof forcedReasons)[number];
export const awayReasons = ['signed-out', 'signed-out-by-supervisor', 'shift-over'] as const;
export type AwayReason = (typeof awayReasons)[number];
export type StateReason = BusyReason | AwayReason;

export const isBreak = (reason: string | null): reason is BreakReason => breakReasons.some((each) => each === reason);

/** B7 (001 §8): a break lasts fifteen minutes at most, and so many of a unit take one at once. */
export type BreakLimits = {
  minutes: number;
  /** At once, in a unit that is not named below. */
  places: number;
  placesOf: Readonly<Record<string, number>>;
};
export const defaultBreakLimits: BreakLimits = { minutes: 15, places: 2, placesOf: {} };

export const placesIn = (limits: BreakLimits, unit: string): number => limits.placesOf[unit] ?? limits.places;

/** Seconds left of a break, below nothing when it is over; null for whoever takes none. */
export const breakSecondsLeft = (
  { state, reason, since }: { state: AgentState; reason: string | null; since: Date },
  { minutes }: BreakLimits,
  now: Date,
): number | null =>
  state === 'busy' && isBreak(reason) ? minutes * 60 - Math.floor((now.getTime() - since.getTime()) / 1_000) : null;

export type SessionMove = {
  state: AgentState;
  legState: 'down' | 'wanted' | 'ringing' | 'up';
};

export type MoveRefusal = 'illegal' | 'phone-down';

/** Why the session may not go there now; null when it may. Nobody is ready whose phone could not take a call. */
export function refusalOfMove(session: SessionMove, to: AgentState): MoveRefusal | null {
  if (!agentMoves[session.state].includes(to)) return 'illegal';
  if (to === 'ready' && session.legState !== 'up') return 'phone-down';
  return null;
}

export type After = { state: 'ready' | 'busy' | 'away'; reason: StateReason | null };

/** Where somebody goes who is done with a call: to what was asked for meanwhile, else back to the queue, unless the phone is gone. */
export function stateAfterCall(
  { legState }: Pick<SessionMove, 'legState'>,
  asked: { state: 'busy' | 'away'; reason: StateReason } | null,
): After {
  if (asked) return asked;
  return legState === 'up' ? { state: 'ready', reason: null } : { state: 'busy', reason: 'phone-gone' };
}

/** While a call or its write-up lasts, a break or the end of the shift waits until it is over. */
export const isInCall = (state: AgentState): boolean =>
  state === 'calling' || state === 'talking' || state === 'wrap-up';

import type { Learned } from './learning.rule.ts';

export type PacingMode = 'preview' | 'progressive' | 'predictive';

/** `reserved` and `ringing`: a customer is on the way to the agent; `busy`: away with a reason, takes no call. */
export type AgentState = 'ready' | 'reserved' | 'ringing' | 'talk' | 'wrap' | 'busy';
export type AgentOnFloor = { readonly state: AgentState; readonly since: number };

/** A call that nobody has answered yet, as the dialer knows it. `ringingSince` is null until the far end says that it rings. */
export type OpenCall = { readonly id: string; readonly dialledAt: number; readonly ringingSince: number | null };

/** What is known of one list's floor at one moment. Times are milliseconds of one clock, shares are parts of 1. */
export type FloorState = {
  readonly now: number;
  readonly mode: PacingMode;
  readonly agents: readonly AgentOnFloor[];
  readonly calls: readonly OpenCall[];
  /** Answered, and no agent yet: within their two seconds. */
  readonly waiting: number;
  /** Handed to the engine, which has not begun to dial them: no calls yet, none of `calls`, but ordered. */
  readonly queued: number;
  /** How many more calls trunk, account and list allow at this moment, what is queued already taken off. */
  readonly lines: number;
  readonly learned: Learned;
  /** Live answers of the rolling window (docs/pacing.md), and those of them that met no agent in time. */
  readonly window: { readonly answered: number; readonly abandoned: number };
  /** Largest share of live answers that may be abandoned over the window. */
  readonly cap: number;
};

/**
 * Why so many: `for-ready` one call for each agent who waits for one; `ahead` more, for agents who will be free;
 * `covered` calls enough are out; `learning` too little is known to dial ahead; `at-cap` one more abandoned call would
 * break the cap: nobody is dialled ahead; `no-agent` nobody on the floor takes calls; `no-line` the lines are full;
 * `by-agent` in preview the agent's own timer dials.
 */
export const pacingReasons = [
  'for-ready',
  'ahead',
  'covered',
  'learning',
  'at-cap',
  'no-agent',
  'no-line',
  'by-agent',
] as const;
export type PacingReason = (typeof pacingReasons)[number];

export type Decision = {
  /** Calls to begin now. */
  readonly dials: number;
  /** Calls to give up now, by id: a dial that the pacer cancels is no attempt of the customer's. */
  readonly cancel: readonly string[];
  readonly why: PacingReason;
};

export const defaultCap = 0.03;

export const countIn = (agents: readonly AgentOnFloor[], state: AgentState): number =>
  agents.reduce((sum, agent) => sum + (agent.state === state ? 1 : 0), 0);

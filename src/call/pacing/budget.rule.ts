import type { FloorState } from './floor.rule.ts';
import { answersPerShift, type Learned } from './learning.rule.ts';

/** Risk that a further call may carry while neither more nor less was spent than aimed at, and the most and least ever. */
const risk = { usual: 0.02, most: 0.08, least: 0.0005 };
/** So many abandoned calls before the cap, the risk begins to go down to nothing. */
const brakingCalls = 3;

/** Abandoned calls that the window still allows, beyond one that may be on its way. */
const headroom = ({ window, cap }: Pick<FloorState, 'window' | 'cap'>): number =>
  cap * (window.answered + 1) - (window.abandoned + 1);

/** One more abandoned call would break the cap over the window. */
export const atCap = (state: Pick<FloorState, 'window' | 'cap'>): boolean => headroom(state) < 0;

/**
 * What is aimed at. Abandoned calls come by chance, so it lies below the cap by what chance does in a shift: a fifth to
 * a third of the cap on a floor of 5, little on a large one.
 */
export function allowedShare(cap: number, learned: Learned, agents: number): number {
  const answers = answersPerShift(learned, Math.max(agents, 1));
  return Math.max(cap / 2, 0.97 * cap - (3 * Math.sqrt(swing(cap * answers))) / answers);
}

/**
 * The chance of meeting no agent that a further call may carry now. It follows what was spent: each abandoned call lowers
 * it, each live answer raises it a little, so that the share comes out as aimed at whatever the forecast gets wrong.
 */
export function riskAllowed(state: Pick<FloorState, 'cap' | 'learned' | 'window'>, agents: number): number {
  const perShift = state.cap * answersPerShift(state.learned, Math.max(agents, 1));
  const steered = risk.usual * Math.exp(state.learned.credit / swing(perShift));
  const braked = Math.max(0, Math.min(1, headroom(state) / brakingCalls));
  return Math.max(risk.least, Math.min(risk.most, steered)) * braked;
}

/** So many calls too many or too few change the allowed risk by a factor of e. */
const swing = (perShift: number): number => Math.max(2, 0.5 * Math.sqrt(perShift));

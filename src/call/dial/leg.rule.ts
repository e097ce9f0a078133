import type { AgentState } from '../desk/agent-session.rule.ts';

/** The leg to an agent's phone. */
export const legStates = ['down', 'wanted', 'ringing', 'up'] as const;
export type LegState = (typeof legStates)[number];

/** A page asks every few seconds; after so long without it nobody sits there. */
export const browserGoneMs = 45_000;
/** A phone answers by itself, within a second. */
export const legRingSeconds = 20;

const longestRestMs = 60_000;
/** How long a phone that was not there is left alone before it is dialled again, after so many tries in a row. */
export const legRestMs = (tries: number): number => Math.min(longestRestMs, 2_000 * 2 ** tries);

export type LegWork = 'dial' | 'hang-up' | 'none';

/** What is to be done about an agent's leg now: it is up as long as they are at work, whatever they do. */
export function legWork(session: { state: AgentState; legState: LegState; hasLeg: boolean }): LegWork {
  if (session.state === 'away') return session.hasLeg ? 'hang-up' : 'none';
  return session.legState === 'wanted' || session.legState === 'down' ? 'dial' : 'none';
}

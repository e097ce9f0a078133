import type { Disposition } from '../../voice/disposition.rule.ts';

/** One dial, from the row that is committed before anybody is dialled to its end. */
export const attemptStates = ['wanted', 'dialling', 'ringing', 'answered', 'connected', 'ended'] as const;
export type AttemptState = (typeof attemptStates)[number];

/** Only forwards, each at most once: whatever is told twice, late or in another order moves nothing back. */
export const attemptMoves: Readonly<Record<AttemptState, readonly AttemptState[]>> = {
  wanted: ['dialling', 'ended'],
  dialling: ['ringing', 'answered', 'ended'],
  ringing: ['answered', 'ended'],
  answered: ['connected', 'ended'],
  connected: ['ended'],
  ended: [],
};
export const mayMove = (from: AttemptState, to: AttemptState): boolean => attemptMoves[from].includes(to);

/** Nobody has answered yet. */
export const beforeAnswer: readonly AttemptState[] = ['wanted', 'dialling', 'ringing'];

/** A live answer that met nobody in time: the promise is to the person, so the wait is counted from the answer. */
export const connectWithinMs = 2_000;

export type Ending = { disposition: Disposition; isCharged: boolean };
export type DialMode = 'preview' | 'progressive' | 'predictive' | 'ivr';

/**
 * What an end means for the person. The engine says `answered` of every call that was answered; one that met no agent was abandoned,
 * whoever hung up, for the person has heard nobody.
 */
export function endingOf({ state, mode }: { state: AttemptState; mode: DialMode }, told: Disposition): Ending {
  if (state === 'wanted') return { disposition: told === 'cancelled' ? told : 'not-dialled', isCharged: false };
  const metNobody = state === 'answered' && mode !== 'ivr' && (told === 'answered' || told === 'cancelled');
  const disposition = metNobody ? 'abandoned' : told;
  return { disposition, isCharged: chargedOf(disposition) };
}

// What our side, the trunk or the carrier got wrong costs the person no attempt (facts/telephony §5.2).
const chargedOf = (disposition: Disposition): boolean =>
  !['cancelled', 'not-dialled', 'congestion', 'network', 'no-response', 'trunk-auth', 'config'].includes(disposition);

export type Reckoned = 'goes-on' | 'lost' | 'look-again';

/** A dial that was asked for may still be on its way to the engine, sent by a process that has died since. */
export const askGraceMs = 10_000;

/** What becomes of an open attempt when the engine was asked about its leg. */
export function reckon(
  attempt: { state: AttemptState; dialledAt: Date | null },
  found: 'lives' | 'gone' | 'cannot-tell',
  now: Date,
): Reckoned {
  if (found === 'lives') return 'goes-on';
  if (found === 'cannot-tell') return 'look-again';
  const asked = attempt.dialledAt?.getTime() ?? now.getTime();
  return attempt.state === 'dialling' && now.getTime() - asked < askGraceMs ? 'look-again' : 'lost';
}

/** A dial that was wanted and not begun within this time is not begun any more: the person may have been called since. */
export const wantedGraceMs = 30_000;

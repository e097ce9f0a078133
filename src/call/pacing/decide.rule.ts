import { countIn, type Decision, type FloorState } from './floor.rule.ts';
import { predictive } from './predictive.rule.ts';
import { progressive } from './progressive.rule.ts';

/** How many calls to begin now, which to give up, and why. Asked at every change of the floor, and once a second. */
export function decide(state: FloorState): Decision {
  switch (state.mode) {
    case 'preview':
      return {
        dials: 0,
        cancel: [],
        why: countIn(state.agents, 'busy') === state.agents.length ? 'no-agent' : 'by-agent',
      };
    case 'progressive':
      return besideQueue(progressive(state), state.queued);
    case 'predictive':
      return besideQueue(predictive(state), state.queued);
  }
}

/** What waits in the engine's queue is no call yet: it rings nowhere. But it was ordered, and is not ordered twice. */
function besideQueue(decision: Decision, queued: number): Decision {
  if (queued === 0 || decision.dials === 0) return decision;
  const dials = Math.max(0, decision.dials - queued);
  return { ...decision, dials, why: dials === 0 ? 'covered' : decision.why };
}

import { atCap, riskAllowed } from './budget.rule.ts';
import { tooMany } from './cancel.rule.ts';
import { countIn, type Decision, type FloorState } from './floor.rule.ts';
import { forecast } from './forecast.rule.ts';
import { progressive } from './progressive.rule.ts';

/** Too little is known before so many live answers of this list. */
const answersToLearn = 30;
/** Against a forecast gone wrong: no more open calls for an agent than the trade allows anywhere. */
const mostCallsPerAgent = 15;

/**
 * Calls go out ahead of agents becoming free, one by one as long as the next one's chance of meeting no agent stays within
 * what the cap still allows. Never fewer than progressive pacing dials.
 */
export function predictive(state: FloorState): Decision {
  const least = progressive(state);
  const working = state.agents.length - countIn(state.agents, 'busy');
  if (working === 0 || least.why === 'no-line') return least;
  if (state.window.answered < answersToLearn) return { ...least, why: 'learning' };
  if (atCap(state)) return withCancelled({ ...least, why: 'at-cap' }, state);
  const most = Math.min(state.lines, mostCallsPerAgent * working - state.calls.length);
  const allowed = riskAllowed(state, working);
  const ahead = forecast(state);
  let dials = 0;
  while (dials < most && ahead.risk() <= allowed) {
    ahead.add();
    dials += 1;
  }
  return dials > least.dials ? { dials, cancel: [], why: 'ahead' } : withCancelled(least, state);
}

const withCancelled = (decision: Decision, state: FloorState): Decision =>
  decision.dials > 0 ? decision : { ...decision, cancel: tooMany(state) };

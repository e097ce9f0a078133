import { allThatMay } from './cancel.rule.ts';
import { countIn, type Decision, type FloorState } from './floor.rule.ts';

/** One call for each agent who waits for one: who answers finds an agent waiting, as long as no agent goes away meanwhile. */
export function progressive({ now, agents, calls, waiting, lines }: FloorState): Decision {
  const working = agents.length - countIn(agents, 'busy');
  if (working === 0) return { dials: 0, cancel: allThatMay({ calls, now }), why: 'no-agent' };
  const wanted = Math.max(0, countIn(agents, 'ready') - calls.length - waiting);
  const dials = Math.max(0, Math.min(wanted, lines));
  if (wanted === 0) return { dials, cancel: [], why: 'covered' };
  return { dials, cancel: [], why: lines <= 0 ? 'no-line' : 'for-ready' };
}

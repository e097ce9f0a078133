import { countIn, type FloorState, type OpenCall } from './floor.rule.ts';
import { forecast } from './forecast.rule.ts';

/** A telephone that has begun to ring rings for so long before we hang up: 15 seconds or four rings (16 CFR 310.4(b)(4)). */
const leastRingMs = 15_000;
/** Who answers now rather meets no agent than one. Lower limits give up calls that would have come right: docs/adr/0077. */
const riskTooHigh = 0.5;
/** The floor is looked at again in a second. */
const mostAtOnce = 3;

/** Calls to give up because more are out than agents will be free for. None that would end a telephone's ringing early. */
export function tooMany(state: FloorState): string[] {
  const spare = state.calls.length - Math.max(0, countIn(state.agents, 'ready') - state.waiting);
  const ids: string[] = [];
  let calls = state.calls;
  for (const { id } of mayEnd(state).slice(0, Math.min(spare, mostAtOnce))) {
    if (forecast({ ...state, calls }).risk() <= riskTooHigh) break;
    ids.push(id);
    calls = calls.filter((call) => call.id !== id);
  }
  return ids;
}

/** Nobody is left who could take a call. */
export const allThatMay = (state: Pick<FloorState, 'calls' | 'now'>): string[] => mayEnd(state).map(({ id }) => id);

function mayEnd({ calls, now }: Pick<FloorState, 'calls' | 'now'>): OpenCall[] {
  return calls
    .filter(({ ringingSince }) => ringingSince === null || now - ringingSince >= leastRingMs)
    .toSorted(silentFirst);
}

/** Those that do not ring yet, the youngest first; then those that ring longest. */
const silentFirst = (a: OpenCall, b: OpenCall): number =>
  a.ringingSince === null || b.ringingSince === null
    ? Number(a.ringingSince !== null) - Number(b.ringingSince !== null) || b.dialledAt - a.dialledAt
    : a.ringingSince - b.ringingSince;

import { describe, expect, test } from 'vitest';
import {
  agentStates,
  breakSecondsLeft,
  defaultBreakLimits,
  placesIn,
  refusalOfMove,
  stateAfterCall,
  type AgentState,
} from '../../../../src/call/desk/agent-session.rule.ts';

/** Rows: from; columns: to. `x`: legal. */
const legal = `
           away busy ready calling talking wrap-up
  away       -    x    -      -       -       -
  busy       x    x    x      -       -       -
  ready      x    x    -      x       x       -
  calling    x    x    x      -       x       x
  talking    -    -    -      -       -       x
  wrap-up    x    x    x      -       -       -`;

describe('an agent’s moves', () => {
  const [head = '', ...rows] = legal.trim().split('\n');
  const columns = head.trim().split(/\s+/) as AgentState[];
  const cases = rows.flatMap((row) => {
    const [from, ...marks] = row.trim().split(/\s+/);
    return marks.map((mark, index) => [from as AgentState, columns[index] as AgentState, mark === 'x'] as const);
  });
  test('the table names every pair', () => {
    expect(cases).toHaveLength(agentStates.length ** 2);
  });
  test.each(cases)('%s to %s: %s', (from, to, may) => {
    expect(refusalOfMove({ state: from, legState: 'up' }, to)).toBe(may ? null : 'illegal');
  });
});

test.each([
  ['up', null],
  ['ringing', 'phone-down'],
  ['wanted', 'phone-down'],
  ['down', 'phone-down'],
] as const)('with the phone %s an agent becomes ready: %s', (legState, expected) => {
  expect(refusalOfMove({ state: 'busy', legState }, 'ready')).toBe(expected);
});

test('after a call an agent goes where they asked to, else back to the queue, but never ready without a phone', () => {
  expect(stateAfterCall({ legState: 'up' }, null)).toEqual({ state: 'ready', reason: null });
  expect(stateAfterCall({ legState: 'down' }, null)).toEqual({ state: 'busy', reason: 'phone-gone' });
  expect(stateAfterCall({ legState: 'up' }, { state: 'busy', reason: 'break' })).toEqual({
    state: 'busy',
    reason: 'break',
  });
  expect(stateAfterCall({ legState: 'down' }, { state: 'away', reason: 'signed-out' })).toEqual({
    state: 'away',
    reason: 'signed-out',
  });
});

const at = (time: string) => new Date(`2026-11-30T${time}+08:00`);
test.each([
  ['busy', 'break', '10:00:00', 900],
  ['busy', 'break', '10:14:59', 1],
  ['busy', 'break', '10:16:00', -60],
  ['busy', 'phone-gone', '10:05:00', null],
  ['ready', null, '10:05:00', null],
] as const)('%s (%s) since ten, at %s: %s seconds left', (state, reason, now, left) => {
  expect(breakSecondsLeft({ state, reason, since: at('10:00:00') }, defaultBreakLimits, at(now))).toBe(left);
});

test('places for breaks are those of the unit, else those of the house', () => {
  const limits = { ...defaultBreakLimits, places: 3, placesOf: { 夜班: 0 } };
  expect(placesIn(limits, '夜班')).toBe(0);
  expect(placesIn(limits, '早班')).toBe(3);
});

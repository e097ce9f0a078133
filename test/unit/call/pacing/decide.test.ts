import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decide } from '../../../../src/call/pacing/decide.rule.ts';
import { countIn, pacingReasons } from '../../../../src/call/pacing/floor.rule.ts';
import { agentsIn, anyFloor, callsOut, floor } from './floor.ts';

describe('on any floor', () => {
  test('dials are a whole number from none to the lines that are left, for a reason of the set', () => {
    fc.assert(
      fc.property(anyFloor(), (state) => {
        const { dials, why } = decide(state);
        expect(Number.isInteger(dials) && dials >= 0 && dials <= state.lines).toBe(true);
        expect(pacingReasons).toContain(why);
      }),
    );
  });

  test('nobody is dialled where nobody takes calls', () => {
    fc.assert(
      fc.property(anyFloor(), (state) => {
        const away = state.agents.map((agent) => ({ ...agent, state: 'busy' as const }));
        expect(decide({ ...state, agents: away })).toMatchObject({ dials: 0, why: 'no-agent' });
      }),
    );
  });

  test('the pacer dials nobody in preview', () => {
    fc.assert(
      fc.property(anyFloor('preview'), (state) => {
        expect(decide(state).dials).toBe(0);
      }),
    );
  });

  test('predictive never dials fewer than progressive', () => {
    fc.assert(
      fc.property(anyFloor('predictive'), (state) => {
        expect(decide(state).dials).toBeGreaterThanOrEqual(decide({ ...state, mode: 'progressive' }).dials);
      }),
    );
  });

  test('at the cap no call goes out that has no ready agent of its own', () => {
    fc.assert(
      fc.property(anyFloor('predictive'), fc.integer({ min: 30, max: 5_000 }), (state, answered) => {
        const window = { answered, abandoned: Math.floor(state.cap * (answered + 1)) };
        const { dials } = decide({ ...state, window });
        expect(dials).toBeLessThanOrEqual(Math.max(0, countIn(state.agents, 'ready') - state.calls.length));
      }),
    );
  });

  test('what the engine has queued is not dialling yet, and is not ordered twice', () => {
    fc.assert(
      fc.property(anyFloor(), (state) => {
        const { dials } = decide({ ...state, queued: 0 });
        expect(decide(state).dials).toBe(Math.max(0, dials - state.queued));
      }),
    );
  });

  test('a call is cancelled only if it is open, and never one that rings for less than 15 seconds', () => {
    fc.assert(
      fc.property(anyFloor(), (state) => {
        for (const id of decide(state).cancel) {
          const call = state.calls.find((each) => each.id === id);
          expect(call).toBeDefined();
          if (call?.ringingSince != null) expect(state.now - call.ringingSince).toBeGreaterThanOrEqual(15_000);
        }
      }),
    );
  });
});

describe('the reason', () => {
  test.each([
    ['one agent ready, nobody dialled', { agents: agentsIn('ready', 1), mode: 'progressive' }, 1, 'for-ready'],
    [
      'as many calls as ready agents',
      { agents: agentsIn('ready', 2), calls: callsOut(2), mode: 'progressive' },
      0,
      'covered',
    ],
    [
      'someone who answered waits for that agent',
      { agents: agentsIn('ready', 1), waiting: 1, mode: 'progressive' },
      0,
      'covered',
    ],
    ['all lines in use', { agents: agentsIn('ready', 3), lines: 0 }, 0, 'no-line'],
    ['nobody there', {}, 0, 'no-agent'],
    [
      'too few answers to know the list',
      { agents: agentsIn('ready', 3), window: { answered: 29, abandoned: 0 } },
      3,
      'learning',
    ],
    ['the cap is reached', { agents: agentsIn('ready', 3), window: { answered: 1_000, abandoned: 30 } }, 3, 'at-cap'],
    ['agents wait for the next call in preview', { agents: agentsIn('ready', 3), mode: 'preview' }, 0, 'by-agent'],
  ] as const)('%s', (_, changed, dials, why) => {
    expect(decide(floor(changed))).toMatchObject({ dials, why });
  });

  test('five ready agents and a third of the calls answered: more calls than agents go out', () => {
    const { dials, why } = decide(floor({ agents: agentsIn('ready', 5) }));
    expect(why).toBe('ahead');
    expect(dials).toBeGreaterThan(5);
  });

  test('agents who are about to finish their wrap-up are dialled for before they are ready', () => {
    const agents = [...agentsIn('wrap', 10, 25_000), ...agentsIn('talk', 10, 60_000)];
    expect(decide(floor({ agents }))).toMatchObject({ why: 'ahead' });
    expect(decide(floor({ agents, mode: 'progressive' })).dials).toBe(0);
  });
});

describe('calls that are given up', () => {
  const silent = callsOut(30, 1_000);
  const ringing = callsOut(30, 10_000);

  test.each([
    ['not one that rings, however many do', ringing, agentsIn('talk', 5), 0],
    ['a few at a time of those that do not ring yet, where agents will not be free', silent, agentsIn('talk', 5), 3],
    ['none where an agent is ready for each', callsOut(5, 1_000), agentsIn('ready', 5), 0],
    ['all that do not ring yet, where the last agent has gone', silent, agentsIn('busy', 5), 30],
    ['none that rings, where the last agent has gone', ringing, agentsIn('busy', 5), 0],
    ['those that have rung for long, where the last agent has gone', callsOut(2, 18_000), agentsIn('busy', 5), 2],
  ])('%s', (_, calls, agents, count) => {
    expect(decide(floor({ calls, agents })).cancel).toHaveLength(count);
  });
});

test('what the window holds decides where the cap is: one more abandoned call must fit', () => {
  const agents = agentsIn('ready', 5);
  const why = (answered: number, abandoned: number) => decide(floor({ agents, window: { answered, abandoned } })).why;
  expect(why(999, 29)).not.toBe('at-cap');
  expect(why(998, 29)).toBe('at-cap');
});

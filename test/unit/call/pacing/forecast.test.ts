import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { forecast } from '../../../../src/call/pacing/forecast.rule.ts';
import { include, noneYet, shortChance } from '../../../../src/call/pacing/spread.rule.ts';
import { agentsIn, anyFloor, callsOut, floor } from './floor.ts';

const anyChances = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 8 });
const spreadOf = (chances: readonly number[]) => {
  const spread = noneYet();
  for (const chance of chances) include(spread, chance);
  return spread;
};

/** Every way in which things may happen or not, one by one. */
const everyWay = (chances: readonly number[]): { happened: number; chance: number }[] =>
  chances.reduce(
    (ways, chance) =>
      ways.flatMap((way) => [
        { happened: way.happened + 1, chance: way.chance * chance },
        { happened: way.happened, chance: way.chance * (1 - chance) },
      ]),
    [{ happened: 0, chance: 1 }],
  );

test('the chance of meeting nobody is that of counting every way one by one', () => {
  fc.assert(
    fc.property(anyChances, anyChances, fc.integer({ min: -2, max: 6 }), (agents, calls, ready) => {
      let expected = 0;
      for (const freed of everyWay(agents)) {
        for (const answered of everyWay(calls)) {
          if (answered.happened >= ready + freed.happened) expected += freed.chance * answered.chance;
        }
      }
      expect(shortChance(ready, spreadOf(agents), spreadOf(calls))).toBeCloseTo(expected, 4);
    }),
  );
});

test('the risk is a chance, and each further call leaves it as it is or raises it', () => {
  fc.assert(
    fc.property(anyFloor('predictive'), (state) => {
      const ahead = forecast(state);
      let before = 0;
      for (let n = 0; n < 5; n += 1) {
        const risk = ahead.risk();
        expect(risk).toBeGreaterThanOrEqual(before - 1e-5);
        expect(risk).toBeLessThanOrEqual(1 + 1e-5);
        before = risk;
        ahead.add();
      }
    }),
  );
});

const besideOne = (agoMs: number) =>
  forecast(floor({ agents: agentsIn('ready', 1), calls: callsOut(1, agoMs) })).risk();

test('a call whose time to be answered is nearly over weighs less than a fresh one', () => {
  expect(besideOne(24_000)).toBeLessThan(besideOne(0));
});

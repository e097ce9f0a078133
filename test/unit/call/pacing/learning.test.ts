import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { meanSeconds } from '../../../../src/call/pacing/duration.rule.ts';
import { learn, newLearning, type Learned, type Observation } from '../../../../src/call/pacing/learning.rule.ts';
import { randomFrom } from '../../../../bench/pacing/random.ts';
import { anyObservation } from './floor.ts';

const stored = (known: Learned): Learned => JSON.parse(JSON.stringify(known)) as Learned;
const many = (count: number, of: (index: number) => Observation): Learned =>
  Array.from({ length: count }, (_, index) => of(index)).reduce(learn, newLearning());

describe('what was learned', () => {
  test('goes on from its stored text as if there had been no restart', () => {
    fc.assert(
      fc.property(fc.array(anyObservation), fc.array(anyObservation), (before, after) => {
        const living = before.reduce(learn, newLearning());
        expect(after.reduce(learn, stored(living))).toEqual(after.reduce(learn, living));
      }),
    );
  });

  test('is a number wherever it holds one, whatever was seen', () => {
    fc.assert(
      fc.property(fc.array(anyObservation), (seen) => {
        const known = seen.reduce(learn, newLearning());
        const text = JSON.stringify(known);
        expect(text).not.toContain('null');
        expect(known.answers.long.share).toBeGreaterThanOrEqual(0);
        expect(known.answers.long.share).toBeLessThanOrEqual(1);
      }),
    );
  });

  test('does not change what it was learned from', () => {
    const known = newLearning();
    const text = JSON.stringify(known);
    learn(known, { kind: 'answered', afterMs: 12_000 });
    learn(known, { kind: 'talked', lastedMs: 12_000 });
    expect(JSON.stringify(known)).toBe(text);
  });

  test('a guess of the talk gives way to what is seen', () => {
    const known = many(500, () => ({ kind: 'talked', lastedMs: 300_000 }));
    expect(meanSeconds(known.talk)).toBeCloseTo(300, -1);
  });

  test('answers that become rare in one hour are believed within a hundred calls', () => {
    const random = randomFrom('answers');
    const call = (share: number): Observation => ({
      kind: random() < share ? 'answered' : 'failed',
      afterMs: 12_000,
    });
    const before = Array.from({ length: 2_000 }, () => call(0.45)).reduce(learn, newLearning());
    expect(before.answers.long.share).toBeCloseTo(0.45, 1);
    const after = Array.from({ length: 100 }, () => call(0.15)).reduce(learn, before);
    expect(after.answers.long.share).toBeLessThan(0.25);
  });
});

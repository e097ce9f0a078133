import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  askGraceMs,
  attemptMoves,
  attemptStates,
  endingOf,
  mayMove,
  reckon,
  type AttemptState,
} from '../../../../src/call/dial/attempt.rule.ts';
import { createLegQueues } from '../../../../src/call/dial/leg-queue.ts';
import { legRestMs, legWork } from '../../../../src/call/dial/leg.rule.ts';
import { dispositions } from '../../../../src/voice/disposition.rule.ts';

const now = new Date('2026-11-28T02:00:00Z');
const before = (ms: number): Date => new Date(now.getTime() - ms);

test('whatever is told in whichever order, a call moves forwards only, and ends once', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...attemptStates), { maxLength: 30 }), (told) => {
      const been: AttemptState[] = ['wanted'];
      for (const to of told) if (mayMove(been.at(-1) as AttemptState, to)) been.push(to);
      expect(new Set(been).size).toBe(been.length);
      expect(been.map((state) => attemptStates.indexOf(state))).toEqual(
        been.map((state) => attemptStates.indexOf(state)).toSorted((a, b) => a - b),
      );
    }),
  );
  expect(attemptMoves.ended).toEqual([]);
});

test.each([
  ['answered', 'progressive', 'answered', 'abandoned', true],
  ['answered', 'preview', 'cancelled', 'abandoned', true],
  ['answered', 'ivr', 'answered', 'answered', true],
  ['connected', 'progressive', 'answered', 'answered', true],
  ['ringing', 'progressive', 'cancelled', 'cancelled', false],
  ['ringing', 'preview', 'busy', 'busy', true],
  ['dialling', 'preview', 'lost', 'lost', true],
  ['dialling', 'preview', 'congestion', 'congestion', false],
  ['dialling', 'preview', 'trunk-auth', 'trunk-auth', false],
  ['wanted', 'preview', 'cancelled', 'cancelled', false],
  ['wanted', 'preview', 'lost', 'not-dialled', false],
] as const)('%s, %s, told %s: %s, charged %s', (state, mode, told, disposition, isCharged) => {
  expect(endingOf({ state, mode }, told)).toEqual({ disposition, isCharged });
});

test('nobody who was never dialled is charged an attempt, whatever is told', () => {
  for (const told of dispositions) expect(endingOf({ state: 'wanted', mode: 'preview' }, told).isCharged).toBe(false);
});

test.each([
  ['dialling', askGraceMs - 1, 'gone', 'look-again'],
  ['dialling', askGraceMs, 'gone', 'lost'],
  ['ringing', 0, 'gone', 'lost'],
  ['connected', 0, 'gone', 'lost'],
  ['connected', 0, 'lives', 'goes-on'],
  ['ringing', 60_000, 'cannot-tell', 'look-again'],
] as const)('%s, dialled %i ms ago, the engine says %s: %s', (state, ms, found, verdict) => {
  expect(reckon({ state, dialledAt: before(ms) }, found, now)).toBe(verdict);
});

test.each([
  ['busy', 'wanted', false, 'dial'],
  ['busy', 'down', false, 'dial'],
  ['wrap-up', 'down', false, 'dial'],
  ['ready', 'up', true, 'none'],
  ['ready', 'ringing', true, 'none'],
  ['away', 'up', true, 'hang-up'],
  ['away', 'down', false, 'none'],
  ['away', 'wanted', false, 'none'],
] as const)('an agent who is %s with the phone %s (leg: %s): %s', (state, legState, hasLeg, work) => {
  expect(legWork({ state, legState, hasLeg })).toBe(work);
});

test('a phone that does not answer is called less and less often, but at least each minute', () => {
  const rests = Array.from({ length: 12 }, (_, tries) => legRestMs(tries));
  expect(rests).toEqual(rests.toSorted((a, b) => a - b));
  expect(rests.at(-1)).toBe(60_000);
});

test('what is heard of one leg is worked off in its order, and another leg does not wait', async () => {
  const queues = createLegQueues();
  const done: string[] = [];
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  void queues.run('a', async () => {
    await held;
    done.push('a1');
  });
  void queues.run('a', async () => void done.push('a2'));
  await queues.run('b', async () => void done.push('b1'));
  expect(done).toEqual(['b1']);
  release();
  await queues.drained();
  expect(done).toEqual(['b1', 'a1', 'a2']);
});

import * as fc from 'fast-check';
import type { FloorState, PacingMode } from '../../../../src/call/pacing/floor.rule.ts';
import { learn, newLearning, type Learned, type Observation } from '../../../../src/call/pacing/learning.rule.ts';

export const now = 10_000_000;

export const anyObservation: fc.Arbitrary<Observation> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('answered' as const, 'failed' as const),
    afterMs: fc.integer({ min: 0, max: 90_000 }),
  }),
  fc.record({
    kind: fc.constantFrom('talked' as const, 'wrapped' as const),
    lastedMs: fc.integer({ min: 0, max: 3_600_000 }),
  }),
  fc.record({
    kind: fc.constantFrom('connected' as const, 'abandoned' as const),
    allowedShare: fc.double({ min: 0.001, max: 0.1, noNaN: true }),
  }),
);

const anyLearned: fc.Arbitrary<Learned> = fc
  .array(anyObservation, { maxLength: 60 })
  .map((seen) => seen.reduce(learn, newLearning()));

const since = fc.integer({ min: 0, max: 900_000 }).map((ago) => now - ago);

/** Any floor, also those that no house would have. */
export const anyFloor = (mode?: PacingMode): fc.Arbitrary<FloorState> =>
  fc.record({
    now: fc.constant(now),
    mode: mode ? fc.constant(mode) : fc.constantFrom('preview', 'progressive', 'predictive'),
    agents: fc.array(
      fc.record({ state: fc.constantFrom('ready', 'reserved', 'ringing', 'talk', 'wrap', 'busy'), since }),
      { maxLength: 40 },
    ),
    calls: fc
      .array(fc.record({ dialledAt: since, ringingSince: fc.option(since) }), { maxLength: 40 })
      .map((calls) => calls.map((call, index) => ({ ...call, id: String(index) }))),
    waiting: fc.integer({ min: 0, max: 5 }),
    queued: fc.integer({ min: 0, max: 50 }),
    lines: fc.integer({ min: 0, max: 200 }),
    learned: anyLearned,
    window: fc
      .record({ answered: fc.integer({ min: 0, max: 5_000 }), share: fc.double({ min: 0, max: 0.06, noNaN: true }) })
      .map(({ answered, share }) => ({ answered, abandoned: Math.floor(answered * share) })),
    cap: fc.constantFrom(0.005, 0.01, 0.03, 0.05),
  });

/** A floor in order, to change one thing of. */
export const floor = (changed: Partial<FloorState> = {}): FloorState => ({
  now,
  mode: 'predictive',
  agents: [],
  calls: [],
  waiting: 0,
  queued: 0,
  lines: 1_000,
  learned: newLearning(),
  window: { answered: 1_000, abandoned: 10 },
  cap: 0.03,
  ...changed,
});

export const agentsIn = (state: FloorState['agents'][number]['state'], count: number, agoMs = 0) =>
  Array.from({ length: count }, () => ({ state, since: now - agoMs }));

export const callsOut = (count: number, agoMs = 0) =>
  Array.from({ length: count }, (_, index) => ({
    id: `call ${index}`,
    dialledAt: now - agoMs,
    ringingSince: agoMs > 3_000 ? now - agoMs + 3_000 : null,
  }));

import { allowedShare } from '../../src/call/pacing/budget.rule.ts';
import { decide } from '../../src/call/pacing/decide.rule.ts';
import { countIn, defaultCap, type PacingMode } from '../../src/call/pacing/floor.rule.ts';
import { learn, newLearning } from '../../src/call/pacing/learning.rule.ts';
import type { Pacer, Seen } from './simulator.ts';

const lines = Number.MAX_SAFE_INTEGER;
const openFor = ({ agents, calls, waiting }: Seen): number => countIn(agents, 'ready') - calls.length - waiting;

/** The product's own rule, with the memory that the product would keep. */
export function ours(mode: PacingMode, cap = defaultCap): Pacer {
  let learned = newLearning();
  let agents = 0;
  const window = { answered: 0, abandoned: 0 };
  return {
    decide: (seen) => {
      agents = seen.agents.length;
      return decide({ ...seen, mode, queued: 0, lines, learned, window, cap });
    },
    observe: (happened) => {
      if (happened.kind !== 'connected' && happened.kind !== 'abandoned') {
        learned = learn(learned, happened);
        return;
      }
      window.answered += 1;
      if (happened.kind === 'abandoned') window.abandoned += 1;
      learned = learn(learned, { kind: happened.kind, allowedShare: allowedShare(cap, learned, agents) });
    },
  };
}

export const twoLines = (): Pacer => ({
  decide: (seen) => ({
    dials: Math.max(0, 2 * (countIn(seen.agents, 'ready') - seen.waiting) - seen.calls.length),
    cancel: [],
  }),
  observe: () => undefined,
});

const law = { everyMs: 15_000, fillMs: 3_000, most: 4, enough: 50, drops: 0.03 };

/**
 * The published control law of VICIdial's ADAPT_HARD_LIMIT (facts in docs/benchmarks.md), intensity and difference 0:
 * a reconstruction, not VICIdial. Its agents are those that are ready or talk, its lines those that ring or talk.
 */
export function vicidial(): Pacer {
  let level = 1;
  let [answered, abandoned] = [0, 0];
  let lastMinute: { at: number; abandoned: boolean }[] = [];
  let [sampledAt, adaptedAt, filledAt] = [0, 0, 0];
  let samples: { spare: number; agents: number }[] = [];

  function adapt(now: number): void {
    adaptedAt = now;
    const mean = (of: (sample: { spare: number; agents: number }) => number): number =>
      samples.reduce((sum, sample) => sum + of(sample), 0) / Math.max(1, samples.length);
    const agents = mean((sample) => sample.agents);
    if (agents > 0) level *= 1 + mean((sample) => sample.spare) / agents;
    samples = [];
    lastMinute = lastMinute.filter(({ at }) => at > now - 60_000);
    const drops = lastMinute.filter((each) => each.abandoned).length;
    if (lastMinute.length > 20 && drops > lastMinute.length / 2) level /= 2;
    if (answered > law.enough && abandoned / answered > law.drops) level = 1;
    level = Math.max(1, Math.min(law.most, level));
  }

  return {
    decide: (seen) => {
      const talking = countIn(seen.agents, 'talk');
      const agents = countIn(seen.agents, 'ready') + talking;
      if (seen.now >= sampledAt + 1_000) {
        sampledAt = seen.now;
        samples.push({ spare: openFor({ ...seen, calls: [] }), agents });
      }
      if (seen.now >= adaptedAt + law.everyMs) adapt(seen.now);
      if (seen.now < filledAt + law.fillMs) return { dials: 0, cancel: [] };
      filledAt = seen.now;
      const busy = talking + seen.waiting + seen.calls.length;
      return { dials: Math.max(0, Math.floor(level * agents) - busy), cancel: [] };
    },
    observe: ({ kind }, now) => {
      if (kind !== 'connected' && kind !== 'abandoned') return;
      answered += 1;
      if (kind === 'abandoned') abandoned += 1;
      lastMinute.push({ at: now, abandoned: kind === 'abandoned' });
    },
  };
}

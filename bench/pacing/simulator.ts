import type { AgentOnFloor, AgentState, Decision, OpenCall } from '../../src/call/pacing/floor.rule.ts';
import { lognormal, randomFrom } from './random.ts';
import { scenarios, world, type ScenarioName } from './scenario.ts';
import { createTimeline } from './timeline.ts';

/** What a dialer sees of its floor; never what the simulator has drawn. */
export type Seen = {
  readonly now: number;
  readonly agents: readonly AgentOnFloor[];
  readonly calls: readonly OpenCall[];
  readonly waiting: number;
};
export type Happened =
  | { kind: 'answered'; afterMs: number }
  | { kind: 'failed'; afterMs: number }
  | { kind: 'talked'; lastedMs: number }
  | { kind: 'wrapped'; lastedMs: number }
  | { kind: 'connected' }
  | { kind: 'abandoned' };
export type Pacer = {
  readonly decide: (seen: Seen) => Pick<Decision, 'dials' | 'cancel'>;
  readonly observe: (happened: Happened, now: number) => void;
};

export type Shift = {
  readonly talkShare: number;
  readonly occupiedShare: number;
  readonly answered: number;
  readonly abandoned: number;
  readonly abandonedShare: number;
  readonly dialsPerConnect: number;
  readonly cancelled: number;
  readonly gapP95: number;
};

type Agent = { state: AgentState; since: number };
type Call = OpenCall & { ringingSince: number | null; open: boolean };
export type Run = { scenario: ScenarioName; agents: number; seed: number; hours?: number };

/** One shift after an hour of warm-up, in simulated time. The same run and pacer give the same shift. */
export function simulate({ scenario: name, agents: count, seed, hours = world.hours }: Run, pacer: Pacer): Shift {
  const scenario = scenarios[name];
  const random = randomFrom(`pacing ${name} ${count} ${seed}`);
  const timeline = createTimeline();
  const from = world.warmUpHours * 3_600_000;
  const until = from + hours * 3_600_000;
  const agents: Agent[] = Array.from({ length: count }, () => ({ state: 'ready', since: 0 }));
  const calls = new Map<string, Call>();
  const waiting: (() => boolean)[] = [];
  const sum = { talk: 0, wrap: 0, answered: 0, abandoned: 0, dials: 0, cancelled: 0, connected: 0 };
  const gaps: number[] = [];
  let now = 0;
  let dialled = 0;
  const measured = (): boolean => now >= from && now < until;
  const within = (since: number): number => Math.max(0, Math.min(now, until) - Math.max(since, from));
  const after = (seconds: number, act: () => void): void => timeline.plan(now + seconds * 1_000, act);

  function connect(agent: Agent): void {
    pacer.observe({ kind: 'connected' }, now);
    if (measured()) {
      sum.connected += 1;
      gaps.push((now - agent.since) / 1_000);
    }
    turn(agent, 'talk');
    after(lognormal(random, scenario.talkSeconds, world.talkVariation), () => {
      sum.talk += within(agent.since);
      pacer.observe({ kind: 'talked', lastedMs: now - agent.since }, now);
      turn(agent, 'wrap');
      after(lognormal(random, scenario.wrapSeconds, world.wrapVariation), () => {
        sum.wrap += within(agent.since);
        pacer.observe({ kind: 'wrapped', lastedMs: now - agent.since }, now);
        turn(agent, 'ready');
        while (agent.state === 'ready' && waiting.length > 0) if (waiting.shift()?.()) connect(agent);
      });
    });
  }

  function turn(agent: Agent, state: AgentState): void {
    agent.state = state;
    agent.since = now;
  }

  function answer(): void {
    if (measured()) sum.answered += 1;
    const agent = longestReady(agents);
    if (agent) return connect(agent);
    const since = now;
    let patient = true;
    const taken = (): boolean => patient && !(patient = false);
    waiting.push(taken);
    after(world.patience, () => {
      if (!patient) return;
      patient = false;
      waiting.splice(waiting.indexOf(taken), 1);
      if (since >= from && since < until) sum.abandoned += 1;
      pacer.observe({ kind: 'abandoned' }, now);
    });
  }

  function dial(): void {
    const call: Call = { id: String((dialled += 1)), dialledAt: now, ringingSince: null, open: true };
    calls.set(call.id, call);
    if (measured()) sum.dials += 1;
    const fate = fateOf(random, scenario.answerShare(Math.floor(now / 3_600_000)));
    const whileOpen = (act: () => void) => () => {
      if (call.open) act();
    };
    if (fate.rings)
      after(
        world.setUp,
        whileOpen(() => void (call.ringingSince = now)),
      );
    after(
      world.setUp + fate.after,
      whileOpen(() => {
        close(call);
        pacer.observe({ kind: fate.answered ? 'answered' : 'failed', afterMs: now - call.dialledAt }, now);
        if (fate.answered) answer();
      }),
    );
  }

  function close(call: Call): void {
    call.open = false;
    calls.delete(call.id);
  }

  function pace(): void {
    const decision = pacer.decide({ now, agents, calls: [...calls.values()], waiting: waiting.length });
    for (const id of decision.cancel) {
      const call = calls.get(id);
      if (!call) throw new Error(`The pacer cancels call ${id}, which is not open.`);
      close(call);
      if (measured()) sum.cancelled += 1;
    }
    for (let n = 0; n < decision.dials; n += 1) dial();
  }

  const tick = (): void => after(1, tick);
  tick();
  pace();
  for (let next = timeline.take(); next && next.at < until + world.patience * 1_000; next = timeline.take()) {
    now = next.at;
    next.act();
    pace();
  }
  for (const { state, since } of agents) {
    now = until;
    if (state === 'talk') sum.talk += within(since);
    if (state === 'wrap') sum.wrap += within(since);
  }
  const paid = count * hours * 3_600_000;
  return {
    talkShare: sum.talk / paid,
    occupiedShare: (sum.talk + sum.wrap) / paid,
    answered: sum.answered,
    abandoned: sum.abandoned,
    abandonedShare: sum.abandoned / Math.max(1, sum.answered),
    dialsPerConnect: sum.dials / Math.max(1, sum.connected),
    cancelled: sum.cancelled,
    gapP95: gaps.toSorted((a, b) => a - b)[Math.floor(gaps.length * 0.95)] ?? 0,
  };
}

const longestReady = (agents: readonly Agent[]): Agent | undefined =>
  agents.reduce<Agent | undefined>(
    (best, agent) => (agent.state === 'ready' && (!best || agent.since < best.since) ? agent : best),
    undefined,
  );

/** What becomes of a call, in seconds after its set-up. */
function fateOf(random: () => number, answerShare: number): { answered: boolean; rings: boolean; after: number } {
  const { ring, busy, invalid } = world;
  if (random() < answerShare) {
    let after = lognormal(random, ring.mean, ring.variation);
    // The share of answers is of calls that ring no longer than the limit.
    while (after > ring.limit) after = lognormal(random, ring.mean, ring.variation);
    return { answered: true, rings: true, after };
  }
  const kind = random();
  if (kind < busy.share) return { answered: false, rings: false, after: busy.after };
  if (kind < busy.share + invalid.share) return { answered: false, rings: false, after: invalid.after };
  return { answered: false, rings: true, after: ring.limit };
}

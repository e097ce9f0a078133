import { endedBy, knownUntil, type Duration } from './duration.rule.ts';
import type { AgentState, FloorState } from './floor.rule.ts';
import { oldestAge, type Learned } from './learning.rule.ts';
import { include, noneYet, shortChance, type Spread } from './spread.rule.ts';

/** Who answers and waits no longer than this has met an agent in time. */
const graceSeconds = 2;
/** A call that is dialled now is looked at in so many moments, each as likely as the others for its answer to come in. */
const moments = 8;
/** The end of a talk is looked for in steps of so many seconds. */
const stepSeconds = 2;

/** Chances within the next half minute, and what a further call would do to them. */
export type Forecast = {
  /** Chance that a further call, if answered, meets no agent in time. */
  readonly risk: () => number;
  /** One more call is out from now on. */
  readonly add: () => void;
};

/** Who becomes free and who answers before a call that is dialled now is answered, each as a distribution. */
export function forecast({ now, agents, calls, waiting, learned }: FloorState): Forecast {
  const known = prepare(learned);
  const ready = agents.reduce((sum, { state }) => sum + (state === 'ready' ? 1 : 0), -waiting);
  const freed = known.at.map(noneYet);
  for (const { state, since } of agents) includeAgent(freed, known, state, (now - since) / 1_000);
  const answered = known.at.map(noneYet);
  for (const { dialledAt } of calls) includeCall(answered, known, (now - dialledAt) / 1_000);
  return {
    risk: () => {
      let sum = 0;
      for (let m = 0; m < moments; m += 1) sum += shortChance(ready, freed[m]!, answered[m]!);
      return sum / moments;
    },
    add: () => includeCall(answered, known, 0),
  };
}
type Spreads = readonly Spread[];

/** One more agent, who is free by each moment or is not; one who is ready now is counted apart. */
function includeAgent(freed: Spreads, { at, wrap, afterTalk }: Known, state: AgentState, elapsed: number): void {
  if (state === 'ready' || state === 'busy') return;
  if (state === 'wrap') {
    const from = Math.min(elapsed, knownUntil(wrap));
    const gone = endedBy(wrap, from);
    for (let m = 0; m < moments; m += 1) {
      include(freed[m]!, (endedBy(wrap, from + at[m]! + graceSeconds) - gone) / (1 - gone));
    }
    return;
  }
  const place = state === 'talk' ? Math.min(gridPlace(elapsed), gridPoints - 1.001) : 0;
  const below = Math.floor(place);
  const [low, high] = [afterTalk(below), afterTalk(below + 1)];
  for (let m = 0; m < moments; m += 1) include(freed[m]!, low[m]! + (high[m]! - low[m]!) * (place - below));
}

/** Between these lengths of a talk chances are drawn as straight lines: 0 s, 1.4 s, 3.3 s, … half an hour. */
const gridPoints = 22;
const gridGrowth = 1.35;
const gridSeconds = (place: number): number => 4 * (gridGrowth ** place - 1);
const gridPlace = (seconds: number): number => Math.log(seconds / 4 + 1) / Math.log(gridGrowth);

/** What is asked again and again while nothing new has been learned. */
type Known = {
  /** Seconds from now at which a call that is dialled now may be answered: each as likely as the others. */
  readonly at: readonly number[];
  readonly wrap: Duration;
  /** By moment, the chance that whoever has talked for `gridSeconds(place)` is free. */
  readonly afterTalk: (place: number) => readonly number[];
  readonly ages: Ages;
};
const prepared = new WeakMap<Learned, Known>();

function prepare(learned: Learned): Known {
  const before = prepared.get(learned);
  if (before) return before;
  const { talk, wrap } = learned;
  const ages = cumulated(learned);
  const at = Array.from({ length: moments }, (_, index) => whenShare(ages.answered, (index + 0.5) / moments));
  const steps = Math.ceil(((at.at(-1) ?? 0) + graceSeconds) / stepSeconds);
  // By moment and step: a talk that ended in the middle of the step has its wrap-up behind it.
  const wrapped = at.map((seconds) =>
    Array.from({ length: steps }, (_, step) => endedBy(wrap, seconds + graceSeconds - (step + 0.5) * stepSeconds)),
  );
  const grid: (readonly number[])[] = [];
  const afterTalk = (place: number): readonly number[] =>
    (grid[place] ??= freeAfterTalk(talk, wrapped, Math.min(gridSeconds(place), knownUntil(talk))));
  const known = { at, wrap, afterTalk, ages };
  prepared.set(learned, known);
  return known;
}

function freeAfterTalk(talk: Duration, wrapped: readonly (readonly number[])[], from: number): number[] {
  const chances = Array.from({ length: moments }, () => 0);
  let before = endedBy(talk, from);
  const left = 1 - before;
  for (let step = 0; step < (wrapped[0]?.length ?? 0); step += 1) {
    const after = endedBy(talk, from + (step + 1) * stepSeconds);
    for (let m = 0; m < moments; m += 1) chances[m] = chances[m]! + ((after - before) / left) * wrapped[m]![step]!;
    before = after;
  }
  return chances;
}

/** One more call, so many seconds old, that is answered by each moment or is not. */
function includeCall(answered: Spreads, { at, ages }: Known, age: number): void {
  const { share } = ages;
  const gone = shareBy(ages.answered, age);
  const open = share * (1 - gone) + (1 - share) * (1 - shareBy(ages.failed, age));
  if (open < 1e-6) return;
  for (let m = 0; m < moments; m += 1) {
    include(answered[m]!, (share * (shareBy(ages.answered, age + at[m]!) - gone)) / open);
  }
}

/** Shares of calls that ended by each whole second, of those that are answered and of those that are not. */
type Ages = { readonly answered: readonly number[]; readonly failed: readonly number[]; readonly share: number };

function cumulated({ ring, answers }: Learned): Ages {
  return { answered: runningShare(ring.answered), failed: runningShare(ring.failed), share: answers.long.share };
}

function runningShare(ages: readonly number[]): number[] {
  const by = [0];
  for (let age = 0; age < oldestAge; age += 1) by.push(by[age]! + ages[age]!);
  const total = by[oldestAge]!;
  return by.map((each) => each / total);
}

function shareBy(by: readonly number[], seconds: number): number {
  if (seconds >= oldestAge) return 1;
  const below = Math.floor(seconds);
  return by[below]! + (by[below + 1]! - by[below]!) * (seconds - below);
}

function whenShare(by: readonly number[], share: number): number {
  let above = 1;
  while (above < oldestAge && by[above]! < share) above += 1;
  const [low, high] = [by[above - 1]!, by[above]!];
  return above - 1 + (high > low ? (share - low) / (high - low) : 0);
}

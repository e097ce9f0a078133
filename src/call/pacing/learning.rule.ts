import { guessDuration, meanSeconds, seenDuration, type Duration } from './duration.rule.ts';

/** What the pacer has learned of one list. Plain JSON: it is stored with the list, and a restart goes on from it. */
export type Learned = {
  readonly talk: Duration;
  readonly wrap: Duration;
  readonly ring: RingAges;
  readonly answers: AnswerShare;
  /** Abandoned calls still to spend (above 0) or spent too many (below), counted since learning began. */
  readonly credit: number;
};

/** How old calls were, in whole seconds since they were dialled, when they were answered or came to nothing. */
export type RingAges = { readonly answered: readonly number[]; readonly failed: readonly number[] };

/** Share of calls that are answered: a long memory, and a short one that tells when the long one no longer holds. */
export type AnswerShare = { readonly long: Counted; readonly short: Counted };
type Counted = { readonly weight: number; readonly share: number };

export type Observation =
  | { readonly kind: 'answered'; readonly afterMs: number }
  /** Busy, invalid, rang out: whatever ended without an answer and was not cancelled by us. */
  | { readonly kind: 'failed'; readonly afterMs: number }
  | { readonly kind: 'talked'; readonly lastedMs: number }
  | { readonly kind: 'wrapped'; readonly lastedMs: number }
  /** A live answer met an agent in time, or did not. */
  | { readonly kind: 'connected' | 'abandoned'; readonly allowedShare: number };

export const oldestAge = 60;
const memory = { durations: 600, ages: 1_500, longAnswers: 400, shortAnswers: 50 };
const furthestCredit = 20;

/** Before the first call: guesses that a few dozen observations outweigh. */
export function newLearning(): Learned {
  return {
    talk: guessDuration(90, 1, 5),
    wrap: guessDuration(20, 0.7, 5),
    ring: { answered: guessAges(5, 25), failed: guessAges(20, 40) },
    answers: { long: { weight: 10, share: 0.3 }, short: { weight: 10, share: 0.3 } },
    credit: -2,
  };
}

const guessAges = (from: number, to: number): number[] =>
  Array.from({ length: oldestAge }, (_, age) => (age >= from && age < to ? 10 / (to - from) : 0));

export function learn(known: Learned, seen: Observation): Learned {
  switch (seen.kind) {
    case 'talked':
      return { ...known, talk: seenDuration(known.talk, seen.lastedMs / 1_000, memory.durations) };
    case 'wrapped':
      return { ...known, wrap: seenDuration(known.wrap, seen.lastedMs / 1_000, memory.durations) };
    case 'answered':
      return {
        ...known,
        ring: { ...known.ring, answered: seenAge(known.ring.answered, seen.afterMs) },
        answers: seenAnswer(known.answers, 1),
      };
    case 'failed':
      return {
        ...known,
        ring: { ...known.ring, failed: seenAge(known.ring.failed, seen.afterMs) },
        answers: seenAnswer(known.answers, 0),
      };
    case 'connected':
    case 'abandoned': {
      const credit = known.credit + seen.allowedShare - (seen.kind === 'abandoned' ? 1 : 0);
      return { ...known, credit: Math.max(-furthestCredit, Math.min(furthestCredit, credit)) };
    }
  }
}

/** Live answers that so many agents take in a shift of eight hours, at the pace that is usual. */
export const answersPerShift = ({ talk, wrap }: Learned, agents: number): number =>
  (agents * 8 * 3_600) / (1.25 * (meanSeconds(talk) + meanSeconds(wrap)));

function seenAge(ages: readonly number[], afterMs: number): number[] {
  const age = Math.max(0, Math.min(oldestAge - 1, Math.floor(afterMs / 1_000)));
  const total = ages.reduce((sum, each) => sum + each, 0);
  const kept = total + 1 > memory.ages ? (memory.ages - 1) / total : 1;
  return ages.map((each, index) => each * kept + (index === age ? 1 : 0));
}

/**
 * The long memory steadies the share; where the short one is further from it than chance explains, the hour or the list
 * has changed and the long one begins again from the short.
 */
function seenAnswer({ long, short }: AnswerShare, answered: 0 | 1): AnswerShare {
  const next = {
    long: counted(long, answered, memory.longAnswers),
    short: counted(short, answered, memory.shortAnswers),
  };
  const { share } = next.long;
  // A mean that forgets at 1/n varies by half of what a mean of n does.
  const deviation = Math.sqrt((share * (1 - share)) / (2 * memory.shortAnswers));
  const changed = short.weight >= memory.shortAnswers && Math.abs(next.short.share - share) > 3.5 * deviation;
  return changed ? { long: { ...next.short }, short: next.short } : next;
}

function counted({ weight, share }: Counted, answered: 0 | 1, most: number): Counted {
  const next = Math.min(weight + 1, most);
  return { weight: next, share: share + (answered - share) / next };
}

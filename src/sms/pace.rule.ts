import { AppError } from '../kernel/app-error.rule.ts';

/** `tokens` may be fractional; `updatedAt` is milliseconds since the epoch. */
export type TokenBucket = { tokens: number; updatedAt: number };

export type Rate = {
  /** Tokens a second, above zero; may be fractional. */
  perSecond: number;
  /** Most tokens that an idle bucket holds, at least 1. */
  burst: number;
};

export type TokenGrant = {
  /** Whole tokens, 0 to `wanted`. */
  granted: number;
  bucket: TokenBucket;
  /** 0 when all were granted; else how long until the missing ones, at most a burst of them, can be had. */
  waitMs: number;
};

// Refilling by fractions leaves 0.9999999 where arithmetic says 1; without the slack a caller would wait again for nothing.
const slack = 1e-6;

export const fullBucket = (rate: Rate, now: number): TokenBucket => ({ tokens: rate.burst, updatedAt: now });

/** Takes what there is, at most `wanted`. A clock that steps back earns nothing, so no instant is paid for twice. */
export function takeTokens(bucket: TokenBucket, rate: Rate, now: number, wanted: number): TokenGrant {
  if (!(rate.perSecond > 0 && Number.isFinite(rate.perSecond) && rate.burst >= 1 && Number.isFinite(rate.burst))) {
    throw new AppError('invalid', 'rate.out-of-range', 'A rate needs perSecond above 0 and burst of at least 1.', {
      ...rate,
    });
  }
  if (!Number.isSafeInteger(wanted) || wanted < 0) {
    throw new AppError('invalid', 'tokens.not-whole', 'Ask for a whole number of tokens, zero or more.', { wanted });
  }
  const updatedAt = Math.max(bucket.updatedAt, now);
  const earned = ((updatedAt - bucket.updatedAt) / 1000) * rate.perSecond;
  const available = Math.min(rate.burst, bucket.tokens + earned);
  const granted = Math.max(0, Math.min(wanted, Math.floor(available + slack)));
  const tokens = available - granted;
  const missing = Math.min(wanted - granted, Math.floor(rate.burst));
  const waitMs = missing === 0 ? 0 : updatedAt - now + Math.ceil(((missing - tokens) / rate.perSecond) * 1000);
  return { granted, bucket: { tokens, updatedAt }, waitMs };
}

/**
 * How long a grant is good for at least, in milliseconds: a call that begins later rests on a new one. So whatever begins within one
 * second was granted within one second and this, and no more than a second's worth is granted in that time. It costs 4 % of the
 * rate; where the database or this process is slow grants must be good for longer, and cost more.
 */
export const grantMs = 40;
const secondMs = 1_000;

/** When grants were given (milliseconds), for how many messages, and how long each is good for; of the last second only. */
export type Grants = readonly (readonly [at: number, count: number, validMs: number])[];

/** What an account, or a campaign, has sent lately: a bucket that spreads messages, and the grants that bound every second. */
export type Pace = TokenBucket & { recent: Grants };

export type PaceGrant = { granted: number; pace: Pace; waitMs: number };

// A fifth of a second's worth at once: enough to keep the pipe full between two claims. Two at least: whoever comes a few
// milliseconds late for every message would lose them for good; what begins in any second is bounded by the grants anyway.
const burstOf = (perSecond: number): number => Math.max(2, Math.ceil(perSecond / 5));

/** Takes leave for at most `wanted` messages, so that in no second more than `perSecond` begin. */
export function takePace(pace: Pace, perSecond: number, now: number, wanted: number, validMs = grantMs): PaceGrant {
  const recent = recentAt(pace.recent, now);
  const room = Math.max(0, perSecond - countOf(recent));
  const spread = takeTokens(pace, { perSecond, burst: burstOf(perSecond) }, now, Math.min(wanted, room));
  const { granted } = spread;
  const missing = Math.min(wanted - granted, burstOf(perSecond));
  return {
    granted,
    pace: { ...spread.bucket, recent: withGrant(recent, now, granted, validMs) },
    waitMs: missing === 0 ? 0 : Math.max(spread.waitMs, roomAfter(recent, perSecond - granted, missing, now)),
  };
}

/** Gives back `lapsed` of the grant given at `from`, whose calls have not begun, and takes leave for them, or some, anew. */
export function renewPace(
  pace: Pace,
  perSecond: number,
  now: number,
  { from, lapsed, wanted, validMs = grantMs }: { from: number; lapsed: number; wanted: number; validMs?: number },
): PaceGrant {
  const kept = pace.recent.map(
    ([at, count, valid]) => [at, at === from ? Math.max(0, count - lapsed) : count, valid] as const,
  );
  const recent = recentAt(kept, now);
  const granted = Math.min(wanted, Math.max(0, perSecond - countOf(recent)));
  return {
    granted,
    pace: { ...pace, recent: withGrant(recent, now, granted, validMs) },
    waitMs: granted === wanted ? 0 : roomAfter(recent, perSecond - granted, 1, now),
  };
}

/**
 * What is known of a grant once its calls have begun: `validMs` is how long they took to. Then it need not be counted for as long
 * as it could have been used; at one message a second that is the difference between nine tenths of the rate and all of it.
 */
export type Spent = { at: number; validMs: number };
export const knowing = (pace: Pace, spent: Spent | null): Pace =>
  spent === null
    ? pace
    : {
        ...pace,
        recent: pace.recent.map(
          ([at, count, validMs]) => [at, count, at === spent.at ? Math.min(validMs, spent.validMs) : validMs] as const,
        ),
      };

/** Those that still count at `now`. A clock that was set back makes the grants of its future count from now on. */
const recentAt = (grants: Grants, now: number): Grants =>
  grants.flatMap(([at, count, validMs]) =>
    count > 0 && now < endOf(at, validMs) ? [[at > now + 2 * secondMs ? now : at, count, validMs] as const] : [],
  );

const endOf = (at: number, validMs: number): number => at + secondMs + validMs;

const countOf = (grants: Grants): number => grants.reduce((sum, [, count]) => sum + count, 0);

const withGrant = (grants: Grants, now: number, granted: number, validMs: number): Grants =>
  granted === 0 ? grants : [...grants, [now, granted, validMs]];

/** Milliseconds until `wanted` fit beside what still counts then. */
function roomAfter(grants: Grants, room: number, wanted: number, now: number): number {
  let free = room - countOf(grants);
  if (free >= wanted) return 0;
  const ends = grants.map(([at, count, validMs]) => [endOf(at, validMs), count] as const);
  for (const [end, count] of ends.toSorted(([a], [b]) => a - b)) {
    free += count;
    if (free >= wanted) return Math.max(1, Math.ceil(end - now));
  }
  return secondMs;
}

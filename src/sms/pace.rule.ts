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

/** Messages that are claimed at once: a fifth of a second's worth. Fewer would cost a transaction for a handful, more would not spread. */
export const portionOf = (perSecond: number): number => Math.max(1, Math.ceil(perSecond / 5));
// A little more fits, or whoever comes late for a portion would lose the rest for good. What begins in any second is bounded by
// the grants anyway.
const burstOf = (perSecond: number): number => Math.max(2, Math.ceil(perSecond * 0.3));

export type Ask = {
  /** Messages that leave is asked for; of a portion at most, unless they are paid for. */
  wanted: number;
  /** How long a grant for so many milliseconds from now is good for. */
  validFor: (aheadMs: number) => number;
  /** A grant may begin so much later than now: it is asked for, and the people are claimed, before its moment has come. */
  aheadMs: number;
  /** Messages of a grant that has lapsed: they were paid for, and only the seconds have to have room for them, or for so many of them. */
  paid?: { least: number } | undefined;
};
export type Rated = { pace: Pace; perSecond: number };
export type Granting = {
  /** When the first of them may begin; `now` or later. Meaningless where nothing is granted. */
  at: number;
  granted: number;
  /** How long to wait before it is asked again; 0 where something is granted. */
  waitMs: number;
  validMs: number;
  /** In the order of those that were asked. */
  paces: Pace[];
};

/**
 * Leave from everybody whose rate counts, at the earliest moment at which all of them grant the least: so in no second do more than
 * `perSecond` of any of them begin. Who asks ahead loses nothing by the time that a claim takes, nor by coming a little late.
 */
export function takeLeaveOf(owners: readonly Rated[], now: number, ask: Ask): Granting {
  const current = owners.map(({ pace, perSecond }) => ({
    perSecond,
    pace: { ...pace, recent: recentAt(pace.recent, now) },
  }));
  const at = unusedMoment(current, earliest(current, now, ask));
  const aheadMs = at - now;
  const validMs = ask.validFor(aheadMs);
  const granted = Math.min(...current.map((owner) => roomOf(owner, at, validMs, ask)));
  if (aheadMs > ask.aheadMs || granted < (ask.paid?.least ?? 1))
    return {
      at,
      granted: 0,
      waitMs: Math.max(5, Math.ceil(aheadMs - ask.aheadMs)),
      validMs: 0,
      paces: pacesOf(current),
    };
  const paces = current.map((owner) => after(owner, at, granted, validMs, ask));
  return { at, granted, waitMs: 0, validMs, paces };
}

const pacesOf = (owners: readonly Rated[]): Pace[] => owners.map(({ pace }) => pace);

/** A grant is known by its moment: no two of one owner share it. */
function unusedMoment(owners: readonly Rated[], from: number): number {
  const used = new Set(owners.flatMap(({ pace }) => pace.recent.map(([at]) => at)));
  let at = from;
  while (used.has(at)) at += 1 / 1_024;
  return at;
}

function after({ pace, perSecond }: Rated, at: number, granted: number, validMs: number, { paid }: Ask): Pace {
  const { tokens, updatedAt } = paid
    ? pace
    : takeTokens(pace, { perSecond, burst: burstOf(perSecond) }, at, granted).bucket;
  return { tokens, updatedAt, recent: withGrant(pace.recent, at, granted, validMs) };
}

function roomOf({ pace, perSecond }: Rated, at: number, validMs: number, { wanted, paid }: Ask): number {
  const room = Math.min(wanted, Math.max(0, Math.floor(perSecond - fullest(pace.recent, at, validMs))));
  return paid ? room : takeTokens(pace, { perSecond, burst: burstOf(perSecond) }, at, room).granted;
}

// Each turn moves past the end of one grant or the refill of one bucket; what takes more turns than that is asked for again.
const mostTurns = 64;
function earliest(owners: readonly Rated[], now: number, { wanted, validFor, paid, aheadMs }: Ask): number {
  const validMs = validFor(0);
  let at = now;
  for (let turn = 0; turn < mostTurns && at - now <= aheadMs + secondMs; turn += 1) {
    const from = at;
    for (const { pace, perSecond } of owners) {
      if (!paid) at += takeTokens(pace, { perSecond, burst: burstOf(perSecond) }, at, wanted).waitMs;
      at = roomFrom(pace.recent, perSecond, at, paid?.least ?? restOf(perSecond, wanted), validMs);
    }
    if (at === from) return at;
  }
  return at;
}

// A second that does not divide into portions has room for a smaller one, which would be lost if it waited to grow.
const restOf = (perSecond: number, portion: number): number => perSecond % portion || Math.min(portion, perSecond);

/**
 * What is known of a grant once its calls have begun: `validMs` is how long they took to. Then it need not be counted for as long
 * as it could have been used; at one message a second that is the difference between nine tenths of the rate and all of it. `unused`: how many were not begun
 * and will not be.
 */
export type Spent = { at: number; validMs: number; unused?: number };
export function knowing(pace: Pace, spent: Spent | null): Pace {
  if (spent === null) return pace;
  const { unused = 0 } = spent;
  return {
    ...pace,
    tokens: pace.tokens + unused,
    recent: pace.recent.map(([at, count, validMs]) =>
      at === spent.at ? [at, Math.max(0, count - unused), Math.min(validMs, spent.validMs)] : [at, count, validMs],
    ),
  };
}

/** A grant whose calls have not begun, all of them or some, and will ask for leave anew: `isPaid`. */
export const lapsing = (pace: Pace, lapsed: { at: number; left: number } | null): Pace =>
  lapsed === null
    ? pace
    : {
        ...pace,
        recent: pace.recent.map(([at, count, validMs]) => [
          at,
          at === lapsed.at ? Math.max(0, count - lapsed.left) : count,
          validMs,
        ]),
      };

/** Those that still count at `now`. A clock that was set back makes the grants of its future count from now on. */
const recentAt = (grants: Grants, now: number): Grants =>
  grants.flatMap(([at, count, validMs]) =>
    count > 0 && now < endOf(at, validMs) ? [[at > now + 2 * secondMs ? now : at, count, validMs] as const] : [],
  );

const endOf = (at: number, validMs: number): number => at + secondMs + validMs;

const withGrant = (grants: Grants, at: number, granted: number, validMs: number): Grants =>
  granted === 0 ? grants : [...grants, [at, granted, validMs]];

/**
 * Most messages that may begin within any one second that a call begun from `at` to `at + validMs` could fall in. Grants lie before
 * `at` and, where others have asked ahead, after it.
 */
function fullest(grants: Grants, at: number, validMs: number): number {
  // A second is fullest where it begins a second before somebody's first moment, just after it.
  const starts = [at, ...grants.map(([from]) => from).filter((from) => from > at && from < at + validMs + secondMs)];
  return Math.max(...starts.map((start) => countWithin(grants, start - secondMs)));
}

/** May begin in the second that comes just after `start`. */
function countWithin(grants: Grants, start: number): number {
  let count = 0;
  for (const [at, messages, validMs] of grants) if (at - secondMs <= start && start < at + validMs) count += messages;
  return count;
}

/** The first moment, `from` or later, at which so many fit. */
function roomFrom(grants: Grants, perSecond: number, from: number, wanted: number, validMs: number): number {
  const fits = (at: number): boolean => fullest(grants, at, validMs) + wanted <= perSecond;
  if (fits(from)) return from;
  const ends = grants.map(([at, , valid]) => endOf(at, valid)).filter((end) => end > from);
  return ends.toSorted((a, b) => a - b).find(fits) ?? from + secondMs;
}

import { AppError } from './app-error.ts';

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

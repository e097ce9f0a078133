/**
 * What is known of how far another clock is ahead of this process's own, in milliseconds: not less than `low`, not more than `high`.
 * `at`: when it was known, by the own one; `since`: when an answer last said it nearly as well.
 */
export type ClockGap = { low: number; high: number; at: number; since?: number };

/** Two clocks part by so much a second at most, while one of them is being set right. */
const driftPerMs = 0.000_5;

// A clock that was set by less than its answers take contradicts nothing: what is known is believed for so long after the last answer
// that was as quick.
const believedMs = 5_000;

/** The other clock showed `shown` at some moment between `askedAt` and `answeredAt` of the own one. */
export const gapOf = (shown: number, askedAt: number, answeredAt: number): ClockGap => ({
  low: shown - answeredAt,
  high: shown - askedAt,
  at: answeredAt,
});

/**
 * What two answers say together. A clock that was set meanwhile makes them contradict each other: then the newer one is right.
 */
export function narrowGap(known: ClockGap | null, fresh: ClockGap): ClockGap {
  if (known === null) return fresh;
  const drift = Math.max(0, fresh.at - known.at) * driftPerMs;
  const low = Math.max(known.low - drift, fresh.low);
  const high = Math.min(known.high + drift, fresh.high);
  const since = fresh.high - fresh.low <= 2 * (known.high - known.low) ? fresh.at : (known.since ?? known.at);
  return low <= high && fresh.at - since <= believedMs ? { low, high, at: fresh.at, since } : fresh;
}

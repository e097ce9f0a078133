import type { LedgerCounts, MessageState } from '../contact/message-state.rule.ts';

/** What a ledger's split is shown as; the parts of one campaign sum to its frozen audience. */
export const ledgerParts = ['delivered', 'failed', 'suppressed', 'unknown', 'pending', 'cancelled', 'expired'] as const;
export type LedgerPart = (typeof ledgerParts)[number];

const partOf: Readonly<Record<MessageState, LedgerPart>> = {
  delivered: 'delivered',
  failed: 'failed',
  suppressed: 'suppressed',
  // Taken by the gateway without a receipt, being asked, or on its way: nobody knows yet.
  claimed: 'unknown',
  accepted: 'unknown',
  unknown: 'unknown',
  pending: 'pending',
  cancelled: 'cancelled',
  expired: 'expired',
};
export const statesOfPart = (part: LedgerPart): MessageState[] =>
  (Object.keys(partOf) as MessageState[]).filter((state) => partOf[state] === part);

export function partsOf(counts: LedgerCounts): Record<LedgerPart, number> {
  const parts = Object.fromEntries(ledgerParts.map((part) => [part, 0])) as Record<LedgerPart, number>;
  for (const [state, count] of Object.entries(counts)) parts[partOf[state as MessageState]] += count;
  return parts;
}

/**
 * Until a campaign has ended, its ledger may stand in part: whoever of `size` has no row yet waits, where their span has not been
 * opened; of the `opened` somebody without a row is lost, and the ledger does not balance.
 */
export function withUnopened(counts: LedgerCounts, size: number, opened: number): LedgerCounts {
  const there = Object.values(counts).reduce((sum, count) => sum + count, 0);
  return { ...counts, pending: counts.pending + Math.max(0, Math.min(size - there, size - opened)) };
}

/** Members handed to the gateway, whatever became of them; `refused` never got past it. */
export const submittedOf = (counts: LedgerCounts): number =>
  counts.claimed + counts.accepted + counts.delivered + counts.failed + counts.unknown;

/** Members of whom a receipt is waited for: taken by the gateway, or on their way to it. */
export const waitingOf = (counts: LedgerCounts): number => counts.accepted + counts.claimed;

/** Members of whom nothing more is to come. */
export const settledOf = (counts: LedgerCounts): number =>
  counts.delivered + counts.failed + counts.suppressed + counts.cancelled + counts.expired;

// Each divides eight hours, so buckets from the epoch on also divide the days of China (UTC+8).
const steps = [1, 5, 15, 60, 300, 900, 3_600, 14_400, 28_800] as const;
const mostPoints = 360;

/** Seconds a point of a chart over so many seconds, so that it has at most 360 of them. */
export const stepFor = (seconds: number): number => steps.find((step) => seconds / step <= mostPoints) ?? 28_800;

/** Start of a bucket in epoch seconds, handed to the gateway, delivered, failed. Buckets in which nothing happened are left out. */
export type SpeedPoint = [at: number, submitted: number, delivered: number, failed: number];

/** Points before `from` as they were, those after as they are now. */
export const mergePoints = (known: readonly SpeedPoint[], fresh: readonly SpeedPoint[], from: number): SpeedPoint[] => [
  ...known.filter(([at]) => at < from),
  ...fresh.filter(([at]) => at >= from),
];

export type DayFigures = { submitted: number; delivered: number; failed: number };

/** Sums by China's days (`2026-09-29`). */
export function daysOf(points: readonly SpeedPoint[]): Record<string, DayFigures> {
  const days: Record<string, DayFigures> = {};
  for (const [at, submitted, delivered, failed] of points) {
    const day = new Date((at + 8 * 3_600) * 1_000).toISOString().slice(0, 10);
    const sum = (days[day] ??= { submitted: 0, delivered: 0, failed: 0 });
    sum.submitted += submitted;
    sum.delivered += delivered;
    sum.failed += failed;
  }
  return days;
}

/** Tenths of a second between handing over and the verdict, rounded down (to whole seconds from a minute on), and how many. */
export type DelayCount = [tenths: number, count: number];

/** The delay in seconds that `share` of all stay under or equal; null when there is none. */
export function delayAt(delays: readonly DelayCount[], share: number): number | null {
  const total = delays.reduce((sum, [, count]) => sum + count, 0);
  if (total === 0) return null;
  let seen = 0;
  for (const [tenths, count] of delays.toSorted(([a], [b]) => a - b)) {
    seen += count;
    if (seen >= total * share) return tenths / 10;
  }
  return null;
}

/** Lower bounds in seconds of the bars of the delay chart. */
export const delayBounds = [0, 2, 5, 10, 30, 60, 300] as const;

/** How many fall from each bound to the next. */
export function delayBars(delays: readonly DelayCount[]): number[] {
  const bars = delayBounds.map(() => 0);
  for (const [tenths, count] of delays) {
    const index = delayBounds.findLastIndex((bound) => tenths >= bound * 10);
    bars[Math.max(0, index)] = (bars[Math.max(0, index)] ?? 0) + count;
  }
  return bars;
}

/** Messages a second over the last `seconds` before `now` (epoch seconds); null when the points are too coarse to say. */
export function recentRate(points: readonly SpeedPoint[], step: number, now: number, seconds: number): number | null {
  if (step > seconds * 2) return null;
  // The bucket that is still filling would read as a slump.
  const until = Math.floor(now / step) * step;
  const from = until - Math.max(step, Math.floor(seconds / step) * step);
  const sum = points.reduce((total, [at, submitted]) => (at >= from && at < until ? total + submitted : total), 0);
  return sum / (until - from);
}

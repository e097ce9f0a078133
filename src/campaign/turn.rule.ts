/** How a campaign's sending is shared out: spans at once, and how early its turns come while others wait (1 first, 5 last). */
export type Turns = { lanes: number; priority: 2 | 3 | 4 };

export type Waiting = {
  /** People still to be written to, and messages a second that campaign and account allow. */
  pending: number;
  perSecond: number;
  /** Until the last moment at which the campaign may send; null when that is not today. */
  leftMs: number | null;
  /** Processes that send now. */
  senders: number;
};

/** Batches a span, and so an activity: few activities for a million people, and still several at once for ten thousand. */
export const batchesPerSpan = (batches: number): number => Math.max(1, Math.min(8, Math.ceil(batches / 8)));

const perLane = 100;
const lanesOfOneSender = 4;
const small = 1_000;
const bulk = 50_000;

/**
 * A slow campaign takes one place and leaves the others to others; from 100 a second on one more covers the end of a span and the start of
 * the next, which a second's worth would be lost in. Three spans keep one sender process busy; the fourth covers the end
 * of one and the start of the next. Urgent is what is small or needs more than half of the time that is left: it goes before
 * bulk, which has the whole day.
 */
export function turnsFor({ pending, perSecond, leftMs, senders }: Waiting): Turns {
  const most = lanesOfOneSender * Math.max(1, senders);
  const lanes = perSecond < perLane ? 1 : Math.min(most, Math.ceil(perSecond / perLane) + 1);
  const neededMs = (pending / perSecond) * 1_000;
  const isUrgent = pending <= small || (leftMs !== null && neededMs > leftMs / 2);
  return { lanes, priority: isUrgent ? 2 : pending < bulk ? 3 : 4 };
}

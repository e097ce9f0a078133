import { AppError } from '../kernel/app-error.rule.ts';

export type CostInput = {
  /** Number of recipients by the number of segments their message takes: `{ 1: 900, 2: 100 }`. */
  recipientsBySegments: Readonly<Record<number, number>>;
  /** Thousandths of a yuan: 45 is ¥0.045. */
  pricePerSegmentMilliYuan: number;
};

/** `costFen` is rounded up once, on the total: a ceiling must never be below the bill. */
export type CostEstimate = { segments: number; costFen: number };

/** Throws AppError `cost.not-whole` when a count or the price is negative, fractional or beyond exact integers. */
export function estimateCost({ recipientsBySegments, pricePerSegmentMilliYuan }: CostInput): CostEstimate {
  let segments = 0;
  for (const [perMessage, recipients] of Object.entries(recipientsBySegments)) {
    segments += whole('segments', Number(perMessage)) * whole('recipients', recipients);
  }
  const milliYuan = whole('segments', segments) * whole('pricePerSegmentMilliYuan', pricePerSegmentMilliYuan);
  return { segments, costFen: Math.ceil(whole('cost', milliYuan) / 10) };
}

/** Most segments that a ceiling pays for. */
export const segmentsWithin = (ceilingFen: number, pricePerSegmentMilliYuan: number): number =>
  pricePerSegmentMilliYuan === 0 ? Number.MAX_SAFE_INTEGER : Math.floor((ceilingFen * 10) / pricePerSegmentMilliYuan);

/** How many of `next`, in order, the room still pays for. */
export function affordable(next: readonly number[], room: number): number {
  let spent = 0;
  const over = next.findIndex((segments) => (spent += segments) > room);
  return over === -1 ? next.length : over;
}

/** What so many segments cost, rounded up as a bill is compared with a ceiling. */
export const costOf = (segments: number, pricePerSegmentMilliYuan: number): number =>
  Math.ceil((segments * pricePerSegmentMilliYuan) / 10);

function whole(field: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new AppError('invalid', 'cost.not-whole', `Give ${field} as a whole number, zero or more.`, { field, value });
}

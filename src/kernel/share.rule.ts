/**
 * Shares of a whole in hundredths of a percent, by largest remainder: they sum to exactly 10,000 whenever the parts sum to
 * something, so that percentages with two decimals add up to 100.00 % on screen. All zero when there is nothing to share.
 */
export function sharesOf(parts: readonly number[]): number[] {
  const total = parts.reduce((sum, part) => sum + part, 0);
  if (total <= 0) return parts.map(() => 0);
  // Whole numbers throughout: a product of two counts passes 2^53 only beyond 9 * 10^11 people.
  const exact = parts.map((part) => ({ floor: Math.floor((part * 10_000) / total), rest: (part * 10_000) % total }));
  const missing = 10_000 - exact.reduce((sum, { floor }) => sum + floor, 0);
  const byRest = exact.map(({ rest }, index) => ({ rest, index })).toSorted((a, b) => b.rest - a.rest);
  const raised = new Set(byRest.slice(0, missing).map(({ index }) => index));
  return exact.map(({ floor }, index) => floor + (raised.has(index) ? 1 : 0));
}

/** `5947` to `59.47`. */
export const formatShare = (hundredths: number): string => (hundredths / 100).toFixed(2);

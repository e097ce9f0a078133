/** How many texts have which length, and who is the first with it. */
export type LengthTally = Map<number, { count: number; seq: number }>;

export function tallyLength(tally: LengthTally, length: number, seq: number): void {
  const seen = tally.get(length);
  if (seen) seen.count += 1;
  else tally.set(length, { count: 1, seq });
}

/** Who gets the shortest, the usual (most frequent length, the longer of equals) and the longest text. Null of nobody. */
export function samplesOf(tally: LengthTally) {
  const lengths = [...tally.keys()].toSorted((a, b) => a - b);
  const countAt = (length: number): number => tally.get(length)?.count ?? 0;
  const usual = lengths.reduce((best, length) => (countAt(length) >= countAt(best) ? length : best), lengths[0] ?? 0);
  const placeOf = (length: number) => ({ seq: tally.get(length)?.seq ?? 0, length });
  const [shortest, longest] = [lengths[0], lengths.at(-1)];
  if (shortest === undefined || longest === undefined) return null;
  return { shortest: placeOf(shortest), usual: placeOf(usual), longest: placeOf(longest) };
}

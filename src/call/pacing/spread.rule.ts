/** How a number is spread of things that may happen, each with a chance of its own (Poisson binomial): `spread[n]` of n. */
export type Spread = number[];

/** More at once than this is as good as this many. */
const most = 64;
const negligible = 1e-6;

export const noneYet = (): Spread => [1];

/** One more thing may happen with this chance. */
export function include(spread: Spread, chance: number): void {
  if (chance < negligible) return;
  const not = 1 - chance;
  const end = spread.length - 1;
  const last = spread[end]! * chance;
  for (let n = end; n > 0; n -= 1) spread[n] = spread[n]! * not + spread[n - 1]! * chance;
  spread[0] = spread[0]! * not;
  if (last <= negligible) return;
  if (spread.length < most) spread.push(last);
  else spread[end] = spread[end]! + last;
}

/** Chance that as many have answered as there are agents for: ready now or free by then. Whoever answers next finds nobody. */
export function shortChance(ready: number, freed: Spread, answered: Spread): number {
  let atLeast = 1;
  let counted = 0;
  let sum = 0;
  for (let n = 0; n < freed.length && ready + n < answered.length; n += 1) {
    for (; counted < ready + n; counted += 1) atLeast -= answered[counted]!;
    sum += freed[n]! * Math.max(0, atLeast);
  }
  return sum;
}

/** How long something lasts, in seconds: a lognormal, known by the moments of its logarithm. Plain JSON. */
export type Duration = { readonly weight: number; readonly logMean: number; readonly logVariance: number };

/** A guess before anything was seen, worth `weight` observations. */
export function guessDuration(meanSeconds: number, variation: number, weight: number): Duration {
  const logVariance = Math.log(1 + variation * variation);
  return { weight, logMean: Math.log(meanSeconds) - logVariance / 2, logVariance };
}

/** What lasts `seconds` was seen once more. Beyond `memory` observations the oldest fade. */
export function seenDuration(known: Duration, seconds: number, memory: number): Duration {
  const weight = Math.min(known.weight + 1, memory);
  const log = Math.log(Math.max(seconds, 0.1));
  const away = log - known.logMean;
  const logMean = known.logMean + away / weight;
  const logVariance = known.logVariance + (away * (log - logMean) - known.logVariance) / weight;
  return { weight, logMean, logVariance: Math.max(logVariance, 0.01) };
}

export const meanSeconds = ({ logMean, logVariance }: Duration): number => Math.exp(logMean + logVariance / 2);

/** Share of all that has ended after `seconds`. */
export const endedBy = ({ logMean, logVariance }: Duration, seconds: number): number =>
  seconds <= 0 ? 0 : normalShare((Math.log(seconds) - logMean) / Math.sqrt(logVariance));

/** Beyond four deviations nothing was learned that could be divided by: who is there counts as just arrived there. */
const furthest = 4;
export const knownUntil = ({ logMean, logVariance }: Duration): number =>
  Math.exp(logMean + furthest * Math.sqrt(logVariance));

// A decision asks for this some thousand times: a table with straight lines between is exact to 1e-6.
const reach = 6;
const perUnit = 256;
const table = Float64Array.from({ length: 2 * reach * perUnit + 2 }, (_, index) => exactShare(index / perUnit - reach));

function normalShare(x: number): number {
  if (x <= -reach) return 0;
  if (x >= reach) return 1;
  const place = (x + reach) * perUnit;
  const below = Math.floor(place);
  const low = table[below] ?? 0;
  return low + ((table[below + 1] ?? 1) - low) * (place - below);
}

/** Share of a standard normal below `x`, exact to 1e-7 (Abramowitz and Stegun 26.2.17). */
function exactShare(x: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(x));
  const poly = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  const above = (Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)) * poly;
  return x >= 0 ? 1 - above : above;
}

/**
 * A draw in [0, 1) that depends on nothing but the seed and its keys (cyrb53, 53 bits).
 * No generator state: the order and the concurrency of calls cannot change who gets which fate.
 */
export function draw(seed: number, purpose: string, ...keys: readonly string[]): number {
  let text = purpose;
  for (const key of keys) text += `|${key}`;
  return hash53(text, seed) / 2 ** 53;
}

/** A 53-bit hash of `text`. */
export function hash53(text: string, seed = 0): number {
  let high = 0xdeadbeef ^ seed;
  let low = 0x41c6ce57 ^ seed;
  for (let index = 0; index < text.length; index++) {
    const char = text.charCodeAt(index);
    high = Math.imul(high ^ char, 2654435761);
    low = Math.imul(low ^ char, 1597334677);
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  return 4294967296 * (2097151 & low) + (high >>> 0);
}

/** The key of `weights` that the draw `u` in [0, 1) falls on. Throws when no weight is above zero. */
export function pick<Key extends string>(weights: Readonly<Partial<Record<Key, number>>>, u: number): Key {
  const entries = Object.entries(weights) as [Key, number][];
  let left = u * entries.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [key, weight] of entries) {
    left -= weight;
    if (left < 0) return key;
  }
  throw new Error('Weights need at least one value above zero.');
}

/** A fixed number of milliseconds, a uniform range, or a log-normal spread cut at `maxMs`. */
export type Delay = number | { minMs: number; maxMs: number } | { medianMs: number; sigma: number; maxMs: number };

/** Whole milliseconds of `delay` for the draw `u` in [0, 1). */
export function delayFor(delay: Delay, u: number): number {
  if (typeof delay === 'number') return delay;
  if ('minMs' in delay) return Math.floor(delay.minMs + u * (delay.maxMs - delay.minMs));
  return Math.min(delay.maxMs, Math.floor(delay.medianMs * Math.exp(delay.sigma * normalQuantile(u))));
}

/** Inverse of the logistic approximation to the normal curve: within 2 % of a standard deviation, ample for a delay. */
function normalQuantile(u: number): number {
  const inside = Math.min(Math.max(u, 1e-6), 1 - 1e-6);
  return Math.log(inside / (1 - inside)) / 1.702;
}

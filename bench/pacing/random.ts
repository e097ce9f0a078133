/** Uniform numbers in [0, 1) from a text: the same text, the same numbers (xmur3 and sfc32). */
export function randomFrom(text: string): () => number {
  let h = 1779033703 ^ text.length;
  for (const letter of text) {
    h = Math.imul(h ^ (letter.codePointAt(0) ?? 0), 3432918353);
    h = (h << 13) | (h >>> 19);
  }
  const seed = (): number => {
    h = Math.imul(h ^ (h >>> 16), 2246822507);
    h = Math.imul(h ^ (h >>> 13), 3266489909);
    h ^= h >>> 16;
    return h >>> 0;
  };
  let [a, b, c, d] = [seed(), seed(), seed(), seed()];
  const next = (): number => {
    const sum = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    c |= 0;
    return (sum >>> 0) / 2 ** 32;
  };
  for (let n = 0; n < 20; n += 1) next();
  return next;
}

/** A lognormal by its mean and its coefficient of variation. */
export function lognormal(random: () => number, mean: number, variation: number): number {
  const variance = Math.log(1 + variation * variation);
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Math.exp(Math.log(mean) - variance / 2 + normal * Math.sqrt(variance));
}

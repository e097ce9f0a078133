export type DiffPart = { kind: 'same' | 'gone' | 'new'; text: string };

// A variable changes as a whole; everything else letter by letter, surrogate pairs kept together.
const tokensOf = (text: string): string[] => text.match(/\{\{[^{}]*\}\}|[\s\S]/gu) ?? [];

/** What stays, goes and comes between two texts: `same` and `gone` together are the earlier one, `same` and `new` the later. Quadratic: for texts of a few thousand letters. */
export function diffText(earlier: string, later: string): DiffPart[] {
  const [left, right] = [tokensOf(earlier), tokensOf(later)];
  const width = right.length + 1;
  // common[i * width + j]: length of the longest common run of tokens from i and j on.
  const common = new Uint32Array((left.length + 1) * width);
  const commonAt = (i: number, j: number): number => common[i * width + j] ?? 0;
  for (let i = left.length - 1; i >= 0; i -= 1)
    for (let j = right.length - 1; j >= 0; j -= 1)
      common[i * width + j] =
        left[i] === right[j] ? commonAt(i + 1, j + 1) + 1 : Math.max(commonAt(i + 1, j), commonAt(i, j + 1));

  const parts: DiffPart[] = [];
  const add = (kind: DiffPart['kind'], text: string): void => {
    const last = parts.at(-1);
    if (last?.kind === kind) last.text += text;
    else parts.push({ kind, text });
  };
  let [i, j] = [0, 0];
  while (i < left.length || j < right.length) {
    const [gone, come] = [left[i], right[j]];
    if (gone !== undefined && gone === come) {
      add('same', gone);
      i += 1;
      j += 1;
    } else if (gone !== undefined && (come === undefined || commonAt(i + 1, j) >= commonAt(i, j + 1))) {
      add('gone', gone);
      i += 1;
    } else if (come !== undefined) {
      add('new', come);
      j += 1;
    }
  }
  return parts;
}

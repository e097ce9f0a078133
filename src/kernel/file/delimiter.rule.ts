const candidates = [',', ';', '\t', '|'] as const;
// What a Chinese keyboard gives where somebody typed the file by hand.
const typed = ['，', '；'] as const;
const headBytes = 65_536;

export type Sniffed = { delimiter: string; skipped: number; chunks: AsyncIterable<Buffer> };

/** How the first line that is not blank is separated, by what stands in it most outside quotation marks; `skipped` lines say so. */
export async function sniffDelimiter(source: AsyncIterable<Buffer>): Promise<Sniffed> {
  const rest = source[Symbol.asyncIterator]();
  let head: Buffer = Buffer.alloc(0);
  let ended = false;
  let text = '';
  while (!firstRecord(text).whole && !ended && head.length < headBytes) {
    const next = await rest.next();
    if (next.done) ended = true;
    else head = Buffer.concat([head, next.value]);
    text = head.toString('utf8');
  }
  const said = /^sep=([^\r\n])(?:\r\n|\n|\r|$)/i.exec(text);
  if (said) head = head.subarray(Buffer.byteLength(said[0]));
  const first = said?.[1] ?? mostOf(firstRecord(text).bare);
  async function* chunks(): AsyncGenerator<Buffer> {
    try {
      yield head;
      for (let next = ended ? null : await rest.next(); next && !next.done; next = await rest.next()) yield next.value;
    } finally {
      await rest.return?.();
    }
  }
  return { delimiter: first, skipped: said ? 1 : 0, chunks: chunks() };
}

/** The first record that is not blank, without what stands in quotation marks. */
function firstRecord(text: string): { bare: string; whole: boolean } {
  let bare = '';
  let quoted = false;
  for (const character of text) {
    if (character === '"') quoted = !quoted;
    else if (!quoted && (character === '\n' || character === '\r')) {
      if (/\S/.test(bare)) return { bare, whole: true };
      bare = '';
      continue;
    }
    if (character === '"' || !quoted) bare += character;
  }
  return { bare, whole: false };
}

function mostOf(bare: string): string {
  const count = (mark: string): number => bare.split(mark).length - 1;
  const best = (marks: readonly string[]): string =>
    marks.reduce((most, mark) => (count(mark) > count(most) ? mark : most), marks[0] ?? ',');
  const plain = best(candidates);
  if (count(plain) > 0) return plain;
  const byHand = best(typed);
  return count(byHand) > 0 ? byHand : ',';
}

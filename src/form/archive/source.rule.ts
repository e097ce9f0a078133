const chunkBytes = 1_048_576;
const [quote, backslash, comma, colon] = [0x22, 0x5c, 0x2c, 0x3a];
const [openList, closeList, openObject, closeObject] = [0x5b, 0x5d, 0x7b, 0x7d];
const isOpen = (byte: number): boolean => byte === openList || byte === openObject;
const isClose = (byte: number): boolean => byte === closeList || byte === closeObject;

/** A file of any length, of which some bytes are wanted at a time. Throws where it cannot be read. */
export type ByteSource = { readonly length: number; read(from: number, to: number): Uint8Array };

export const bytesOf = (bytes: Uint8Array): ByteSource => ({
  length: bytes.length,
  read: (from, to) => bytes.subarray(from, to),
});

export const bufferOf = (source: ByteSource, from: number, to: number): Buffer => {
  const bytes = source.read(from, to);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
};

export function* chunksOf(source: ByteSource, from: number, to: number): Generator<[bytes: Buffer, at: number]> {
  for (let at = from; at < to; at += chunkBytes) yield [bufferOf(source, at, Math.min(to, at + chunkBytes)), at];
}

/** Where the items of a list stand: `from` behind its bracket, `to` at the one that closes it. */
export type Span = { from: number; to: number };

/**
 * Where the list of `file[outer][inner]` stands. Null where it is not there exactly once under names that are written plainly, or
 * is not closed as it should be: then the file is not as Waihu writes it, and is read whole.
 */
export function findList(source: ByteSource, outer: string, inner: string): Span | null {
  const names: (string | null)[] = [];
  const found: Span[] = [];
  let [depth, quoted, escaped, plain] = [0, false, false, true];
  // Names are short, and those of two levels are wanted: what the ledger's rows hold is not gathered at all.
  let text: number[] = [];
  let last: string | null = null;
  let open: number | null = null;
  for (const [chunk, at] of chunksOf(source, 0, source.length)) {
    for (let index = 0; index < chunk.length; index += 1) {
      const byte = chunk[index] as number;
      if (quoted) {
        if (byte === quote && !escaped) {
          quoted = false;
          if (depth <= 2) last = Buffer.from(text).toString('latin1');
        } else if (depth <= 2 && text.length < 16) text.push(byte);
        escaped = byte === backslash && !escaped;
      } else if (byte === quote) {
        quoted = true;
        escaped = false;
        if (depth <= 2) text = [];
      } else if (byte === colon) {
        names[depth] = last;
        if (depth <= 2 && last?.includes('\\')) plain = false;
      } else if (isOpen(byte)) {
        if (byte === openList && depth === 2 && names[1] === outer && names[2] === inner && last === inner)
          open = at + index + 1;
        depth += 1;
        last = null;
      } else if (isClose(byte)) {
        depth -= 1;
        if (depth === 2 && open !== null) {
          if (byte === closeObject) return null;
          found.push({ from: open, to: at + index });
          open = null;
        }
        last = null;
      } else if (byte === comma) last = null;
    }
  }
  return plain && found.length === 1 && open === null ? (found[0] as Span) : null;
}

/** A list of a file that is read again from it each time, item by item. Throws where an item is not JSON. */
export class ListInFile implements Iterable<unknown> {
  readonly #source: ByteSource;
  readonly #span: Span;
  constructor(source: ByteSource, span: Span) {
    this.#source = source;
    this.#span = span;
  }

  *[Symbol.iterator](): Generator {
    const texts = itemsIn(this.#source, this.#span);
    for (const text of texts) yield JSON.parse(text);
  }
}

/** The texts between the commas of a list; none where there is nothing but blanks. */
function* itemsIn(source: ByteSource, { from, to }: Span): Generator<string> {
  let [depth, quoted, escaped, some] = [0, false, false, false];
  // What has been read of the item that a chunk ends in.
  let begun: Buffer[] = [];
  for (const [chunk] of chunksOf(source, from, to)) {
    let start = 0;
    for (let index = 0; index < chunk.length; index += 1) {
      const byte = chunk[index] as number;
      if (quoted) {
        if (byte === quote && !escaped) quoted = false;
        escaped = byte === backslash && !escaped;
      } else if (byte === quote) [quoted, escaped] = [true, false];
      else if (isOpen(byte)) depth += 1;
      else if (isClose(byte)) depth -= 1;
      else if (byte === comma && depth === 0) {
        yield Buffer.concat([...begun, chunk.subarray(start, index)]).toString('utf8');
        [begun, start, some] = [[], index + 1, true];
      }
    }
    // Copied: the source may use its bytes again.
    begun.push(Buffer.from(chunk.subarray(start)));
  }
  const rest = Buffer.concat(begun).toString('utf8');
  if (some || rest.trim() !== '') yield rest;
}

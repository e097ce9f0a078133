import { isAscii, isUtf8 } from 'node:buffer';
import iconv from 'iconv-lite';
import { fileFault } from './fault.ts';

export const encodings = ['utf-8', 'gb18030'] as const;
export type Encoding = (typeof encodings)[number];

// How much is looked at from the first byte that is not ASCII on. Two-byte GB18030 can look like UTF-8 for a name or two.
const windowBytes = 65_536;
const sliceBytes = 65_536;
const bom = Buffer.of(0xef, 0xbb, 0xbf);

export type DecodedFile = {
  /** The file as UTF-8 without its byte order mark, in slices of at most a few 64 KiB. */
  chunks: AsyncIterable<Buffer>;
  /** What it turned out to be; pure ASCII counts as UTF-8. Known once `chunks` has ended. */
  encoding(): Encoding;
};

/**
 * Decides between UTF-8 and GB18030 where they first differ: up to the first byte that is not ASCII both read the same.
 * A file that was taken for UTF-8 and stops being it is refused with its line; `stated` overrules the guess.
 */
export function decodeFile(source: AsyncIterable<Uint8Array>, stated?: Encoding): DecodedFile {
  let encoding: Encoding | undefined = stated;
  async function* chunks(): AsyncGenerator<Buffer> {
    const slices = slicesOf(source);
    let head = await readAtLeast(slices, Buffer.alloc(0), 4);
    refuseForeign(head);
    if (head.subarray(0, 3).equals(bom)) {
      encoding = 'utf-8';
      head = head.subarray(3);
    }
    const check = utf8Checker();
    while (encoding === undefined) {
      const at = firstNonAscii(head);
      if (at >= 0) {
        const window = await readAtLeast(slices, head.subarray(at), windowBytes);
        head = Buffer.concat([head.subarray(0, at), window]);
        encoding = isUtf8(window.subarray(0, window.length - cutTail(window))) ? 'utf-8' : 'gb18030';
        break;
      }
      yield check(head);
      const next = await slices.next();
      if (next.done) return;
      head = next.value;
    }
    const rest = prepend(head, slices);
    yield* encoding === 'gb18030' ? fromGb18030(rest) : checkedUtf8(rest, check);
  }
  return { chunks: chunks(), encoding: () => encoding ?? 'utf-8' };
}

function refuseForeign(head: Buffer): void {
  if (head.length === 0) throw fileFault('import.empty');
  if (head.subarray(0, 4).equals(Buffer.from('PK\u0003\u0004', 'latin1'))) throw fileFault('import.not-csv');
  const mark = head.length > 1 ? head.readUInt16BE(0) : 0;
  if (mark === 0xfffe || mark === 0xfeff) throw fileFault('import.encoding-unsupported');
}

async function* fromGb18030(slices: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const decoder = iconv.getDecoder('gb18030');
  for await (const slice of slices) yield Buffer.from(decoder.write(slice));
  // A character cut off at the end of the file comes out as U+FFFD, which the row check refuses.
  yield Buffer.from(decoder.end() ?? '');
}

async function* checkedUtf8(slices: AsyncIterable<Buffer>, check: Utf8Check): AsyncGenerator<Buffer> {
  for await (const slice of slices) yield check(slice);
  yield check(Buffer.alloc(0), true);
}

type Utf8Check = (slice: Buffer, end?: boolean) => Buffer;

/** Lets whole characters through, keeps a cut one for the next call, and counts lines so that a fault can name its own. */
function utf8Checker(): Utf8Check {
  let kept: Buffer = Buffer.alloc(0);
  let line = 1;
  return (slice, end = false) => {
    const bytes = kept.length === 0 ? slice : Buffer.concat([kept, slice]);
    const whole = end ? bytes : bytes.subarray(0, bytes.length - cutTail(bytes));
    if (!isUtf8(whole)) throw fileFault('import.encoding-broken', { line: line + linesBeforeFault(whole) });
    kept = bytes.subarray(whole.length);
    line += countLines(whole);
    return whole;
  };
}

const newline = 0x0a;
const countLines = (bytes: Buffer): number => {
  let count = 0;
  for (let at = bytes.indexOf(newline); at >= 0; at = bytes.indexOf(newline, at + 1)) count += 1;
  return count;
};
function linesBeforeFault(bytes: Buffer): number {
  let start = 0;
  for (let lines = 0; ; lines += 1) {
    const end = bytes.indexOf(newline, start);
    if (end < 0 || !isUtf8(bytes.subarray(start, end))) return lines;
    start = end + 1;
  }
}

/** Bytes at the end that are the beginning of a character of which the rest has not come. */
function cutTail(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] as number;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? back : 0;
  }
  return 0;
}

const firstNonAscii = (bytes: Buffer): number => (isAscii(bytes) ? -1 : bytes.findIndex((byte) => byte >= 0x80));

async function* slicesOf(source: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  for await (const chunk of source) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    for (let at = 0; at < bytes.length; at += sliceBytes) yield bytes.subarray(at, at + sliceBytes);
  }
}

async function readAtLeast(slices: AsyncGenerator<Buffer>, start: Buffer, bytes: number): Promise<Buffer> {
  const parts = [start];
  for (let length = start.length; length < bytes;) {
    const next = await slices.next();
    if (next.done) break;
    parts.push(next.value);
    length += next.value.length;
  }
  return Buffer.concat(parts);
}

async function* prepend(head: Buffer, rest: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  yield head;
  yield* rest;
}

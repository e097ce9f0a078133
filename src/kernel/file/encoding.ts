import iconv from 'iconv-lite';
import type { Encoding } from './encoding-survey.rule.ts';
import { fileFault } from './fault.rule.ts';

/** The file as UTF-8 without its byte order mark. Throws `import.encoding-broken` where UTF-16 is cut or torn. */
export async function* decodeFile(
  source: AsyncIterable<Uint8Array>,
  { encoding, markBytes }: { encoding: Encoding; markBytes: number },
): AsyncGenerator<Buffer> {
  const bytes = withoutMark(source, markBytes);
  if (encoding === 'utf-8') {
    yield* bytes;
    return;
  }
  const decoder = iconv.getDecoder(encoding, { stripBOM: false });
  const wide = encoding !== 'gb18030';
  let line = 1;
  let length = 0;
  let half = '';
  for await (const chunk of wide ? bytes : inWholeLines(bytes)) {
    length += chunk.length;
    const text = half + decoder.write(chunk);
    // Half of a pair waits for the other: apart they are no characters.
    half = /[\uD800-\uDBFF]$/.exec(text)?.[0] ?? '';
    const whole = text.slice(0, text.length - half.length);
    if (wide) line = checkedLines(whole, line);
    yield Buffer.from(whole);
  }
  if (wide && (half !== '' || length % 2 === 1)) throw fileFault('import.encoding-broken', { line });
  yield Buffer.from(decoder.end() ?? '');
}

const linesIn = (part: string): number => part.match(/\n|\r(?!\n)/g)?.length ?? 0;

/** Counts lines on. */
function checkedLines(text: string, line: number): number {
  const torn = text.isWellFormed()
    ? -1
    : text.search(/[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/);
  if (torn >= 0) throw fileFault('import.encoding-broken', { line: line + linesIn(text.slice(0, torn)) });
  return line + linesIn(text);
}

// iconv-lite loses its place where a character of four bytes is cut twice; a line end is inside none.
const longestLine = 1_048_576;
async function* inWholeLines(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let kept: Buffer = Buffer.alloc(0);
  for await (const chunk of source) {
    const data = kept.length === 0 ? chunk : Buffer.concat([kept, chunk]);
    const end = Math.max(data.lastIndexOf(0x0a), data.lastIndexOf(0x0d)) + 1;
    const cut = end === 0 && data.length > longestLine ? data.length : end;
    if (cut > 0) yield data.subarray(0, cut);
    kept = data.subarray(cut);
  }
  if (kept.length > 0) yield kept;
}

async function* withoutMark(source: AsyncIterable<Uint8Array>, markBytes: number): AsyncGenerator<Buffer> {
  let left = markBytes;
  for await (const chunk of source) {
    const skipped = Math.min(left, chunk.length);
    left -= skipped;
    if (skipped < chunk.length) {
      const data = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      yield data.subarray(skipped);
    }
  }
}

/** The first lines of a file, for somebody to choose between readings: `bytes` may end in the middle of a character. */
export function previewLines(bytes: Buffer, encoding: Encoding, limit: number): string[] {
  const text = encoding === 'utf-8' ? new TextDecoder('utf-8').decode(bytes) : iconv.decode(bytes, encoding);
  const lines = text.split(/\r\n|\n|\r/);
  const plain = lines.findIndex((line) => !/^[\p{ASCII}]*$/u.test(line));
  // The header and the lines from the first that tells the readings apart.
  const from = Math.max(1, plain);
  return [lines[0] ?? '', ...lines.slice(from, from + limit - 1)].map((line) =>
    // Enough to see the characters by; numbers are nobody's business here.
    line.slice(0, 200).replaceAll(/\d{5,}/g, (digits) => `${digits.slice(0, 3)}****`),
  );
}

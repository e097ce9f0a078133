import { createHash } from 'node:crypto';
import { canonicalJson } from './digest.rule.ts';

const chunkLength = 65_536;
const uncounted: ReadonlySet<string> = new Set(['digest', 'seal']);

/** Where the bytes of a file or of its digest go, in order. */
export type Sink = (chunk: Buffer) => void;

/**
 * Writes the canonical file of `object` (RFC 8785 and a final newline) to `sink` in pieces: one string of a million rows would
 * be held three times over. Returns the SHA-256, hex, of the canonical JSON of `object` without its members `digest` and `seal`.
 */
export function writeCanonical(object: Readonly<Record<string, unknown>>, sink: Sink): string {
  const hash = createHash('sha256');
  const separators = { file: '{', digest: '{' };
  for (const key of Object.keys(object).sort()) {
    const counted = !uncounted.has(key);
    sink(Buffer.from(separators.file));
    separators.file = ',';
    if (counted) {
      hash.update(separators.digest);
      separators.digest = ',';
    }
    for (const chunk of memberChunks(key, object[key])) {
      sink(chunk);
      if (counted) hash.update(chunk);
    }
  }
  sink(Buffer.from(separators.file === '{' ? '{}\n' : '}\n'));
  return hash.update(separators.digest === '{' ? '{}' : '}').digest('hex');
}

function* memberChunks(key: string, value: unknown): Generator<Buffer> {
  let text = `${canonicalJson(key)}:`;
  for (const piece of pieces(value, 2)) {
    text += piece;
    if (text.length < chunkLength) continue;
    yield Buffer.from(text);
    text = '';
  }
  yield Buffer.from(text);
}

/** Cuts objects and arrays down to `depth` levels, where the long lists are; the library writes what lies below. */
function* pieces(value: unknown, depth: number): Generator<string> {
  if (depth === 0 || typeof value !== 'object' || value === null) {
    yield canonicalJson(value);
    return;
  }
  let separator = '';
  // Lists need not be in memory: one that is read from a file as it is walked is as good.
  if (Symbol.iterator in value) {
    yield '[';
    for (const item of value as Iterable<unknown>) {
      yield separator;
      yield* pieces(item, depth - 1);
      separator = ',';
    }
    yield ']';
    return;
  }
  yield '{';
  for (const key of Object.keys(value).sort()) {
    yield `${separator}${canonicalJson(key)}:`;
    yield* pieces((value as Record<string, unknown>)[key], depth - 1);
    separator = ',';
  }
  yield '}';
}

/** Bytes of strict base64url: no padding, no foreign characters, spare bits zero. Null for anything else. */
export function readBase64url(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : null;
}

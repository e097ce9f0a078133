/** A body as text. `damaged` when bytes of it could not be read in the encoding that fits best. */
export type PushText = { text: string; encoding: 'utf-8' | 'utf-16' | 'gb18030'; damaged: boolean };

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
const gb18030 = new TextDecoder('gb18030');
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const strictGb18030 = new TextDecoder('gb18030', { fatal: true });

/**
 * How a pushed body may be read, the likeliest first; the caller takes the first that is JSON. RFC 8259 wants UTF-8 and lets a
 * reader skip a byte order mark; providers' gateways in China also push GBK, with or without saying so. Judged on the whole body:
 * one bad byte among good UTF-8 leaves it UTF-8.
 */
export function readingsOf(bytes: Uint8Array, contentType: string | null): PushText[] {
  const wide = wideReading(bytes);
  if (wide) return [wide];
  const body = startsWith(bytes, [0xef, 0xbb, 0xbf]) ? bytes.subarray(3) : bytes;
  const asUtf8 = reading('utf-8', body, strictUtf8, utf8);
  const asGb = reading('gb18030', body, strictGb18030, gb18030);
  return prefersGb(asUtf8, asGb, contentType) ? [asGb, asUtf8] : [asUtf8, asGb];
}

function prefersGb(asUtf8: PushText, asGb: PushText, contentType: string | null): boolean {
  const declaredGb = /charset\s*=\s*"?\s*(gb[\w-]*|x-gbk|cp936|ms936|windows-936)/i.test(contentType ?? '');
  // Pairs of GBK can pass for two-byte UTF-8 (Ë, Ж); Chinese in UTF-8 has three bytes a character and cannot be meant otherwise.
  if (!asUtf8.damaged) return declaredGb && !asGb.damaged && !/[\u0800-\u{10ffff}]/u.test(asUtf8.text);
  const good = countOf(asUtf8.text, /[\u0800-\ufffc\u{10000}-\u{10ffff}]/gu);
  const bad = countOf(asUtf8.text, /\ufffd/gu);
  return bad >= good;
}

function wideReading(bytes: Uint8Array): PushText | null {
  const name = startsWith(bytes, [0xff, 0xfe]) ? 'utf-16le' : startsWith(bytes, [0xfe, 0xff]) ? 'utf-16be' : null;
  if (name === null) return null;
  return reading('utf-16', bytes.subarray(2), new TextDecoder(name, { fatal: true }), new TextDecoder(name));
}

function reading(
  encoding: PushText['encoding'],
  bytes: Uint8Array,
  strict: InstanceType<typeof TextDecoder>,
  lenient: InstanceType<typeof TextDecoder>,
): PushText {
  try {
    return { text: strict.decode(bytes), encoding, damaged: false };
  } catch {
    return { text: lenient.decode(bytes), encoding, damaged: true };
  }
}

const startsWith = (bytes: Uint8Array, start: readonly number[]): boolean =>
  start.every((byte, place) => bytes[place] === byte);

const countOf = (text: string, what: RegExp): number => text.match(what)?.length ?? 0;

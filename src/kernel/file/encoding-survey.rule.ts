import { isAscii, isUtf8 } from 'node:buffer';
import iconv from 'iconv-lite';

export const encodings = ['utf-8', 'gb18030', 'utf-16le', 'utf-16be'] as const;
export type Encoding = (typeof encodings)[number];

/**
 * What the bytes of a whole file say of its encoding: one, or `broken` at the line of the first byte that does not fit the
 * encoding that the rest is in, or `unclear` between those that fit.
 */
export type EncodingAnswer =
  | { kind: 'known'; encoding: Encoding; markBytes: number }
  | { kind: 'broken'; encoding: Encoding; line: number }
  | { kind: 'unclear'; choices: Encoding[] }
  | { kind: 'foreign' };

export type EncodingSurvey = {
  add(chunk: Uint8Array): void;
  /** Of the whole file; `stated` is believed as far as the bytes allow. */
  answer(stated?: Encoding): EncodingAnswer;
};

type Tally = {
  /** Lines that read well as UTF-8 and badly as GB18030, and the other way round. */
  utf8: number;
  gb: number;
  /** Lines that GB18030 allows and UTF-8 does not, of characters that hardly anybody writes. */
  doubtfulGb: number;
  /** Lines of letters like é in UTF-8 that may be Chinese in GB18030. */
  either: number;
  firstUtf8: number;
  firstNotUtf8: number;
  firstNotGb: number;
};

const sureLines = 1_000;
// A line that long is no line of a table (import.row-too-long): it is cut at a plain character.
const maxLineBytes = 1_048_576;

/** Reads the file line by line as it passes, in memory for one line; neither encoding has a line end inside a character. */
export function surveyEncoding(): EncodingSurvey {
  const tally: Tally = { utf8: 0, gb: 0, doubtfulGb: 0, either: 0, firstUtf8: 0, firstNotUtf8: 0, firstNotGb: 0 };
  const wide = wideSurvey();
  let kept: Buffer = Buffer.alloc(0);
  let line = 1;
  let head: Buffer = Buffer.alloc(0);
  let bytes = 0;

  const judge = (from: Buffer): void => {
    if (!isAscii(from)) judgeLine(tally, from, line);
  };
  const take = (data: Buffer): void => {
    let start = 0;
    // So many lines leave no doubt: from there on a piece of good UTF-8 is passed as a whole.
    const plain = tally.utf8 > sureLines && isUtf8(data.subarray(0, data.lastIndexOf(newline) + 1));
    let cr = data.indexOf(carriage);
    for (let lf = data.indexOf(newline); ;) {
      // CR LF ends at its LF; a CR at the very end may be half of one, which the next piece tells.
      if (cr >= 0 && (lf === cr + 1 || cr < start)) cr = data.indexOf(carriage, cr + 1);
      const alone = cr >= 0 && cr < data.length - 1 && data[cr + 1] !== newline && (lf < 0 || cr < lf);
      const end = alone ? cr : lf;
      if (end < 0) break;
      if (!plain) judge(data.subarray(start, end));
      line += 1;
      start = end + 1;
      if (alone) cr = data.indexOf(carriage, start);
      else lf = data.indexOf(newline, start);
    }
    kept = Buffer.from(data.subarray(start));
    if (kept.length <= maxLineBytes) return;
    const cut = kept.findLastIndex((byte) => byte < 0x30);
    judge(kept.subarray(0, cut < 0 ? kept.length : cut));
    kept = cut < 0 ? Buffer.alloc(0) : kept.subarray(cut);
  };

  return {
    add(chunk) {
      const data = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      if (head.length < 4) head = Buffer.concat([head, data.subarray(0, 4 - head.length)]);
      wide.add(data, bytes);
      bytes += data.length;
      take(kept.length === 0 ? data : Buffer.concat([kept, data]));
    },
    answer(stated) {
      judge(kept);
      kept = Buffer.alloc(0);
      const mark = markOf(head);
      if (mark === 'foreign') return { kind: 'foreign' };
      if (mark) return mark.encoding === 'utf-8' ? utf8With(tally, 3) : { kind: 'known', ...mark };
      const wideAs = wide.answer(bytes);
      if (wideAs === 'foreign' && stated === undefined) return { kind: 'foreign' };
      const encoding = stated ?? (wideAs === 'foreign' ? null : wideAs);
      if (encoding === 'utf-8') return utf8With(tally, 0);
      if (encoding === 'gb18030')
        return tally.firstNotGb > 0
          ? { kind: 'broken', encoding, line: tally.firstNotGb }
          : { kind: 'known', encoding, markBytes: 0 };
      if (encoding) return { kind: 'known', encoding, markBytes: 0 };
      return decide(tally);
    },
  };
}

const utf8With = ({ firstNotUtf8: line }: Tally, markBytes: number): EncodingAnswer =>
  line > 0 ? { kind: 'broken', encoding: 'utf-8', line } : { kind: 'known', encoding: 'utf-8', markBytes };

function decide(tally: Tally): EncodingAnswer {
  const { utf8, gb, doubtfulGb, either, firstUtf8, firstNotUtf8, firstNotGb } = tally;
  if (firstNotUtf8 === 0) {
    // Nothing but letters like é: a short Chinese file can look so.
    if (utf8 === 0 && either > 0 && firstNotGb === 0) return { kind: 'unclear', choices: ['utf-8', 'gb18030'] };
    return utf8With(tally, 0);
  }
  // Most lines say what the file is; a line of the other kind is the broken one.
  if (utf8 > gb) return utf8With(tally, 0);
  if (firstNotGb > 0)
    return { kind: 'broken', encoding: gb > 0 ? 'gb18030' : 'utf-8', line: gb > 0 ? firstNotGb : firstNotUtf8 };
  if (utf8 > 0) return { kind: 'broken', encoding: 'gb18030', line: firstUtf8 };
  if (doubtfulGb > gb) return { kind: 'unclear', choices: ['gb18030'] };
  return { kind: 'known', encoding: 'gb18030', markBytes: 0 };
}

function judgeLine(tally: Tally, bytes: Buffer, line: number): void {
  const gb = readGb(bytes);
  if (!gb) tally.firstNotGb ||= line;
  if (!isUtf8(bytes)) {
    tally.firstNotUtf8 ||= line;
    if (!gb) return;
    if (gb.common * 2 >= gb.all) tally.gb += 1;
    else tally.doubtfulGb += 1;
    return;
  }
  const utf8 = readUtf8(bytes);
  // Chinese text read the wrong way is of characters that hardly anybody writes.
  if (gb && utf8.common * gb.all < gb.common * utf8.all) tally.either += 1;
  else if (utf8.long > 0 || !gb) {
    tally.utf8 += 1;
    tally.firstUtf8 ||= line;
  } else tally.either += 1;
}

/** The 3,755 characters of everyday Chinese (GB 2312, level 1), and its punctuation. */
const common = new Uint8Array(65_536);
for (let lead = 0xa1; lead <= 0xd7; lead += 1) {
  if (lead > 0xa3 && lead < 0xb0) continue;
  for (let trail = 0xa1; trail <= 0xfe; trail += 1) {
    const unit = iconv.decode(Buffer.of(lead, trail), 'gb18030').charCodeAt(0);
    if (unit !== 0xfffd) common[unit] = 1;
  }
}

/** Counts the characters of more than one byte; null where a byte fits none. */
function readGb(bytes: Buffer): { all: number; common: number } | null {
  let all = 0;
  let usual = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    const lead = bytes[at] as number;
    if (lead < 0x80) continue;
    if (lead === 0x80 || lead === 0xff) return null;
    const next = bytes[at + 1] ?? 0;
    all += 1;
    if (next >= 0x30 && next <= 0x39) {
      const third = bytes[at + 2] ?? 0;
      const fourth = bytes[at + 3] ?? 0;
      if (third < 0x81 || third === 0xff || fourth < 0x30 || fourth > 0x39) return null;
      at += 3;
    } else {
      if (next < 0x40 || next === 0x7f || next === 0xff) return null;
      if (next >= 0xa1 && ((lead >= 0xb0 && lead <= 0xd7) || (lead >= 0xa1 && lead <= 0xa3))) usual += 1;
      at += 1;
    }
  }
  return { all, common: usual };
}

/** Of valid UTF-8; `long` are characters of three or four bytes. */
function readUtf8(bytes: Buffer): { all: number; common: number; long: number } {
  let all = 0;
  let usual = 0;
  let long = 0;
  for (const character of bytes.toString('utf8')) {
    const unit = character.charCodeAt(0);
    if (unit < 0x80) continue;
    all += 1;
    if (unit >= 0x800) long += 1;
    if (common[unit] === 1) usual += 1;
  }
  return { all, common: usual, long };
}

const newline = 0x0a;
const carriage = 0x0d;
function markOf(head: Buffer): { encoding: Encoding; markBytes: number } | 'foreign' | null {
  const [a, b, c, d] = head;
  if (a === 0xef && b === 0xbb && c === 0xbf) return { encoding: 'utf-8', markBytes: 3 };
  if (a === 0xff && b === 0xfe) return c === 0 && d === 0 ? 'foreign' : { encoding: 'utf-16le', markBytes: 2 };
  if (a === 0xfe && b === 0xff) return { encoding: 'utf-16be', markBytes: 2 };
  return null;
}

/** UTF-16 without its mark: every second byte of digits and commas is zero. */
function wideSurvey() {
  const zeros = [0, 0];
  return {
    add(data: Buffer, before: number): void {
      for (let at = data.indexOf(0); at >= 0; at = data.indexOf(0, at + 1)) zeros[(before + at) % 2]! += 1;
    },
    answer(bytes: number): Encoding | 'foreign' | null {
      const [even = 0, odd = 0] = zeros;
      if ((even + odd) * 10 < bytes) return null;
      if (bytes % 2 === 0 && odd > even * 20) return 'utf-16le';
      if (bytes % 2 === 0 && even > odd * 20) return 'utf-16be';
      return 'foreign';
    },
  };
}

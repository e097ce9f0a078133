import { createChainIndex } from './chain-index.ts';
import { hash53 } from './draw.ts';
import { renderTemplate } from './registry.ts';

/** One accepted message as it is stored. `text` and `sign` are numbers given by `internText` and `internSign`. */
export interface LedgerRow {
  phone: number;
  outId: string;
  /** Numeric part of the BizId of the call. */
  call: number;
  acceptedAt: number;
  text: number;
  sign: number;
  /** The TemplateParam as it came, '' when absent: texts are rendered when somebody reads them. */
  param: string;
  segments: number;
  delivered: boolean;
  errCode: string;
  /** Instant of the carrier's verdict. */
  reportAt: number;
  /** The verdict is never pushed. */
  lost: boolean;
}

/** A template's text at the time it was used: later edits must not change what was said. */
export interface TemplateText {
  /** Texts of kind code have their own per-number ceilings. */
  isCode: boolean;
  code: string;
  parts: readonly string[];
}

export type Ledger = ReturnType<typeof createLedger>;

const textHash = (text: string) => hash53(text) % 4294967296;

/** Numbers of one list differ in their last digits only, so the high bits of the product are folded into the low ones. */
function phoneHash(phone: number): number {
  const product = Math.imul(phone % 4294967296, 2654435761);
  return (product ^ (product >>> 15)) >>> 0;
}

const CHUNK = 2 ** 22;
const DELIVERED = 1;
const LOST = 2;
const SETTLED = 4;

/**
 * Every accepted message, in columns: about 80 bytes a row beside the texts of `outId` and `param`, so that a million rows
 * stay near 200 MB and outside the garbage collector's work.
 */
export function createLedger() {
  const byPhone = createChainIndex();
  const byOutId = createChainIndex();
  const texts: TemplateText[] = [];
  const signs: string[] = [];
  const codes: string[] = [];
  const codeNumbers = new Map<string, number>();
  const repeats = new Map<number, number>();
  let capacity = 0;
  let size = 0;
  let distinct = 0;
  // phone, call, acceptedAt, reportAt, position of the text
  let wide = new Float64Array(0);
  // outId length, param length, template text, sign, error code, segments and flags
  let narrow = new Uint32Array(0);
  const WIDE = 5;
  const NARROW = 6;
  let chunks: Buffer[] = [];
  let chunkEnd = CHUNK;

  function grow() {
    capacity = Math.max(4096, capacity * 2);
    const wider = new Float64Array(capacity * WIDE);
    wider.set(wide);
    wide = wider;
    const narrower = new Uint32Array(capacity * NARROW);
    narrower.set(narrow);
    narrow = narrower;
  }

  function write(text: string): { at: number; length: number } {
    const length = Buffer.byteLength(text);
    if (length > CHUNK) throw new RangeError('A single message cannot exceed 4 MiB.');
    if (chunkEnd + length > CHUNK) {
      chunks.push(Buffer.allocUnsafe(CHUNK));
      chunkEnd = 0;
    }
    const at = (chunks.length - 1) * CHUNK + chunkEnd;
    chunks.at(-1)?.write(text, chunkEnd);
    chunkEnd += length;
    return { at, length };
  }

  const read = (at: number, length: number) =>
    chunks[Math.floor(at / CHUNK)]?.toString('utf8', at % CHUNK, (at % CHUNK) + length) ?? '';
  const wideAt = (row: number, column: number) => wide[row * WIDE + column] ?? 0;
  const narrowAt = (row: number, column: number) => narrow[row * NARROW + column] ?? 0;
  const phoneAt = (row: number) => wideAt(row, 0);
  const outIdAt = (row: number) => read(wideAt(row, 4), narrowAt(row, 0));

  function intern(code: string): number {
    const known = codeNumbers.get(code);
    if (known !== undefined) return known;
    codeNumbers.set(code, codes.length);
    return codes.push(code) - 1;
  }

  const ledger = {
    get size() {
      return size;
    },
    get distinctPhones() {
      return distinct;
    },
    /** Numbers with more than one accepted message → how many. */
    repeats: repeats as ReadonlyMap<number, number>,
    texts: texts as readonly TemplateText[],
    signs: signs as readonly string[],

    /** The number of this template text, new when its code or content is. */
    internText(text: TemplateText): { index: number; isNew: boolean } {
      const content = text.parts.join('\0');
      const index = texts.findLastIndex(
        (known) => known.code === text.code && known.isCode === text.isCode && known.parts.join('\0') === content,
      );
      return index >= 0 ? { index, isNew: false } : { index: texts.push(text) - 1, isNew: true };
    },

    internSign(name: string): { index: number; isNew: boolean } {
      const index = signs.indexOf(name);
      return index >= 0 ? { index, isNew: false } : { index: signs.push(name) - 1, isNew: true };
    },

    /** Adds a message; returns its row number. */
    append(row: LedgerRow): number {
      if (size === capacity) grow();
      const index = size++;
      // Written in one piece so that a row never spans two chunks.
      const { at, length } = write(row.outId + row.param);
      const outIdLength = Buffer.byteLength(row.outId);
      wide.set([row.phone, row.call, row.acceptedAt, row.reportAt, at], index * WIDE);
      const flags = (row.delivered ? DELIVERED : 0) | (row.lost ? LOST : 0);
      narrow.set(
        [outIdLength, length - outIdLength, row.text, row.sign, intern(row.errCode), (row.segments << 8) | flags],
        index * NARROW,
      );
      let earlier = 0;
      byPhone.visit(phoneHash(row.phone), (other) => phoneAt(other) === row.phone && ++earlier > 1);
      if (earlier === 0) distinct++;
      else repeats.set(row.phone, (repeats.get(row.phone) ?? 1) + 1);
      byPhone.add(phoneHash(row.phone));
      byOutId.add(textHash(row.outId));
      return index;
    },

    row(index: number): LedgerRow {
      const at = wideAt(index, 4);
      const flags = narrowAt(index, 5);
      return {
        phone: phoneAt(index),
        outId: outIdAt(index),
        call: wideAt(index, 1),
        acceptedAt: wideAt(index, 2),
        text: narrowAt(index, 2),
        sign: narrowAt(index, 3),
        param: read(at + narrowAt(index, 0), narrowAt(index, 1)),
        segments: flags >>> 8,
        delivered: (flags & DELIVERED) !== 0,
        errCode: codes[narrowAt(index, 4)] ?? '',
        reportAt: wideAt(index, 3),
        lost: (flags & LOST) !== 0,
      };
    },

    phoneAt,
    outIdAt,
    acceptedAt: (index: number) => wideAt(index, 2),
    reportAt: (index: number) => wideAt(index, 3),
    textAt: (index: number) => narrowAt(index, 2),
    signAt: (index: number) => narrowAt(index, 3),
    /** Its receipt needs no further push: acknowledged or given up. */
    settled: (index: number) => (narrowAt(index, 5) & SETTLED) !== 0,
    settle(index: number) {
      narrow[index * NARROW + 5] = narrowAt(index, 5) | SETTLED;
    },

    /** Rows of one number, newest first, until `visit` answers true. */
    visitPhone(phone: number, visit: (index: number) => boolean) {
      byPhone.visit(phoneHash(phone), (index) => phoneAt(index) === phone && visit(index));
    },

    /** Rows sent under one out id, newest first. */
    rowsOfOutId(outId: string): number[] {
      const rows: number[] = [];
      byOutId.visit(textHash(outId), (index) => {
        if (outIdAt(index) === outId) rows.push(index);
        return false;
      });
      return rows;
    },

    /** What the handset showed, with the signature in its brackets. */
    rendered(row: LedgerRow): string {
      const values = row.param === '' ? {} : (JSON.parse(row.param) as Record<string, string>);
      return `【${signs[row.sign] ?? ''}】${renderTemplate(texts[row.text]?.parts ?? [], values)}`;
    },

    clear() {
      byPhone.clear();
      byOutId.clear();
      repeats.clear();
      texts.length = 0;
      signs.length = 0;
      size = 0;
      distinct = 0;
      chunks = [];
      chunkEnd = CHUNK;
    },
  };
  return ledger;
}

/** The BizId text of a call number: digits and a caret, as the real ones. */
export const bizIdOf = (call: number) => `${call}^0`;

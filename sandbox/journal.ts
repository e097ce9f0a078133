import { createReadStream, existsSync, mkdirSync } from 'node:fs';
import { open, truncate, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { Ledger, LedgerRow, TemplateText } from './ledger.ts';

const FLUSH_MS = 20;

/** One line of the journal: a template text, a signature, an accepted message, or rows whose receipts are settled. */
type Entry =
  | ['text', TemplateText]
  | ['sign', string]
  | ['message', ...(string | number | boolean)[]]
  | ['settled', ...number[]];

/** Keeps the ledger on disk, so that a restarted sandbox still bears witness. */
export interface Journal {
  text: (text: TemplateText) => void;
  sign: (name: string) => void;
  message: (row: LedgerRow) => void;
  settled: (rows: readonly number[]) => void;
  /** Resolves when everything handed in so far is in the file. */
  flush: () => Promise<void>;
  reset: () => Promise<void>;
  close: () => Promise<void>;
}

const nothing = async () => undefined;

/** A journal that keeps nothing, for a sandbox without a data folder. */
export const silentJournal: Journal = {
  text: () => undefined,
  sign: () => undefined,
  message: () => undefined,
  settled: () => undefined,
  flush: nothing,
  reset: nothing,
  close: nothing,
};

/** Reads `accepted.ndjson` of `folder` into `ledger`, then opens it for appending. Rejects when a line is not readable. */
export async function openJournal(folder: string, ledger: Ledger): Promise<Journal> {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'accepted.ndjson');
  if (existsSync(path)) await truncate(path, await load(path, ledger));
  return writeTo(await open(path, 'a'));
}

function writeTo(file: FileHandle): Journal {
  let lines: string[] = [];
  let timer: NodeJS.Timeout | null = null;
  // Chained, so that lines reach the file in the order in which they happened.
  let written: Promise<unknown> = Promise.resolve();

  function flush(): Promise<void> {
    if (timer) clearTimeout(timer);
    timer = null;
    if (lines.length > 0) {
      const text = lines.join('');
      lines = [];
      written = written.then(() => file.appendFile(text));
    }
    return written.then(() => undefined);
  }

  function add(entry: Entry) {
    lines.push(`${JSON.stringify(entry)}\n`);
    // A full disk must end the sandbox loudly: a witness that forgets is worse than none.
    timer ??= setTimeout(() => void flush(), FLUSH_MS);
  }

  return {
    text: (text) => add(['text', text]),
    sign: (name) => add(['sign', name]),
    message: (row) =>
      add([
        'message',
        row.phone,
        row.outId,
        row.call,
        row.acceptedAt,
        row.text,
        row.sign,
        row.param,
        row.segments,
        row.delivered,
        row.errCode,
        row.reportAt,
        row.lost,
      ]),
    settled: (rows) => add(['settled', ...rows]),
    flush,
    async reset() {
      await flush();
      await file.truncate(0);
    },
    async close() {
      await flush();
      await file.close();
    },
  };
}

/** Applies every whole line; returns the bytes they take. A torn last line is what a kill leaves behind, and is cut off. */
async function load(path: string, ledger: Ledger): Promise<number> {
  let bytes = 0;
  let rest: Buffer = Buffer.alloc(0);
  for await (const piece of createReadStream(path, { highWaterMark: 2 ** 20 })) {
    const data = Buffer.concat([rest, piece as Buffer]);
    const end = data.lastIndexOf(10) + 1;
    for (const line of data.toString('utf8', 0, end).split('\n')) if (line) apply(JSON.parse(line) as Entry, ledger);
    bytes += end;
    rest = data.subarray(end);
  }
  return bytes;
}

function apply(entry: Entry, ledger: Ledger) {
  if (entry[0] === 'text') ledger.internText(entry[1]);
  else if (entry[0] === 'sign') ledger.internSign(entry[1]);
  else if (entry[0] === 'settled') for (const row of entry.slice(1) as number[]) ledger.settle(row);
  else {
    const [, phone, outId, call, acceptedAt, text, sign, param, segments, delivered, errCode, reportAt, lost] =
      entry as [
        'message',
        number,
        string,
        number,
        number,
        number,
        number,
        string,
        number,
        boolean,
        string,
        number,
        boolean,
      ];
    ledger.append({
      phone,
      outId,
      call,
      acceptedAt,
      text,
      sign,
      param,
      segments,
      delivered,
      errCode,
      reportAt,
      lost,
    });
  }
}

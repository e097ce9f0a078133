import { readRecords } from '../../kernel/file/csv.ts';
import type { CsvRecord } from '../../kernel/file/whole-records.rule.ts';
import { decodeFile } from '../../kernel/file/encoding.ts';
import type { Encoding } from '../../kernel/file/encoding-survey.rule.ts';
import { fileFault } from '../../kernel/file/fault.rule.ts';
import { readSheet, sheetNames } from '../../kernel/file/sheet.ts';
import { batchOf, type Batch } from './batch.rule.ts';
import { readHeader, readHeadings, type Column, type ImportKind, type Mapping } from './column.rule.ts';

/** How the bytes of a file are to be read. */
export type FileSource =
  | { as: 'text'; encoding: Encoding; markBytes: number }
  | { as: 'xlsx'; sheet: string | undefined };

export type Reading = {
  importId: string;
  kind: ImportKind;
  source: FileSource;
  /** Codes by what a file may write for them. */
  topics: ReadonlyMap<string, string>;
};

/** What the reader asks of whoever has the file and the database; each is awaited before it goes on. */
export type ReadingDesk = {
  pieces: AsyncIterable<Buffer>;
  mappingOf(headings: string[]): Promise<Mapping | undefined>;
  /** One batch is kept while the next is read; a third waits, which is what bounds memory. */
  keep(batch: Batch): Promise<void>;
};
export type Read = { columns: Column[]; sheets: string[] };

/** Reads a file to its end. Throws the faults of src/kernel/file/fault.rule.ts. */
export async function readBatches({ importId, kind, source, topics }: Reading, desk: ReadingDesk): Promise<Read> {
  const { sheets, records } = await open(source, desk.pieces);
  let columns: Column[] | null = null;
  let kept: Promise<void> = Promise.resolve();
  const keep = async (taken: Batch): Promise<void> => {
    await kept;
    kept = desk.keep(taken);
    kept.catch(() => undefined);
  };
  try {
    const batch = batchOf(importId, kind, topics);
    for await (const some of records) {
      for (const record of some) {
        if (columns !== null) batch.add(columns, record);
        else columns = readHeader(kind, record.cells, record.line, await desk.mappingOf(readHeadings(record.cells)));
      }
      if (batch.isFull()) await keep(batch.take());
    }
    if (columns === null) throw fileFault('import.empty');
    await keep(batch.take());
    await kept;
    return { columns, sheets };
  } finally {
    // Rows that come after a failure would be staged for ever.
    await kept.catch(() => undefined);
  }
}

type Opened = { sheets: string[]; records: AsyncIterable<CsvRecord[]> };

async function open(source: FileSource, pieces: AsyncIterable<Buffer>): Promise<Opened> {
  if (source.as === 'text') return { sheets: [], records: readRecords(decodeFile(pieces, source)) };
  const bytes = await wholeFile(pieces);
  const sheets = await sheetNames(bytes);
  const sheet = source.sheet ?? sheets[0] ?? '';
  if (!sheets.includes(sheet)) throw fileFault('import.sheet-missing');
  return { sheets, records: readSheet(bytes, sheet) };
}

/** A workbook's index stands at its end: it is read from memory, so its size is bounded. */
const maxSheetBytes = 100 * 1024 ** 2;

async function wholeFile(source: AsyncIterable<Buffer>): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of source) {
    length += piece.length;
    if (length > maxSheetBytes) throw fileFault('import.sheet-too-large');
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

import { parse, type CsvError } from 'csv-parse/sync';
import { sniffDelimiter } from './delimiter.rule.ts';
import { fileFault } from './fault.rule.ts';
import { recordCutter, type CsvRecord, type RecordText } from './whole-records.rule.ts';

/** Longest record in bytes: what one missing quotation mark may swallow before the file is refused. */
export const maxRecordBytes = 65_536;

/**
 * Reads RFC 4180 with any of the three line ends, separated as its first line is, some records at a time. Blank lines are
 * left out but counted, and so is Excel's `sep=;`.
 * Throws `import.quote-unclosed`, `import.quote-misplaced`, `import.row-too-long` with the line where the record starts:
 * after a broken quotation mark nobody can say where the next row begins, so the file as a whole is refused.
 */
export async function* readRecords(source: AsyncIterable<Buffer>): AsyncGenerator<CsvRecord[]> {
  const { delimiter, skipped, chunks } = await sniffDelimiter(source);
  const reader = recordReader(delimiter, 1 + skipped);
  const cutter = recordCutter(delimiter, maxRecordBytes);
  for await (const lines of inLines(chunks)) {
    const records = cutter.add(lines.toString('utf8')).flatMap(reader);
    if (records.length > 0) yield records;
  }
  const records = cutter.end().flatMap(reader);
  if (records.length > 0) yield records;
}

/** Gives the records of each text; the lines are counted on from one to the next. */
function recordReader(delimiter: string, firstLine: number) {
  let line = firstLine;
  const take = (records: CsvRecord[], cells: string[], lines: number): void => {
    if (cells.some((cell) => cell.trim() !== '')) records.push({ line, cells });
    line += lines;
  };
  const quoted = (text: string): CsvRecord[] => {
    const records: CsvRecord[] = [];
    try {
      parse(text, {
        delimiter,
        record_delimiter: ['\r\n', '\n', '\r'],
        relax_column_count: true,
        max_record_size: maxRecordBytes,
        // The parser's own line count takes CRLF inside quotes for two, and only here is every record seen before a fault.
        on_record: (cells: string[]) => {
          take(records, cells, 1 + cells.reduce((sum, cell) => sum + lineEnds(cell), 0));
          return null;
        },
      });
    } catch (error) {
      throw readable(error as CsvError, line);
    }
    return records;
  };
  // Without a quotation mark a record is a line and a cell is what stands between two delimiters: nine files of ten are
  // read so, in a quarter of the time.
  const plain = (text: string): CsvRecord[] => {
    const records: CsvRecord[] = [];
    const lines = text.includes('\r') ? text.split(/\r\n|\n|\r/) : text.split('\n');
    // Behind the last line end is nothing.
    lines.pop();
    for (const each of lines) {
      if (each.length * 3 > maxRecordBytes && Buffer.byteLength(each) > maxRecordBytes)
        throw fileFault('import.row-too-long', { line });
      take(records, each.split(delimiter), 1);
    }
    return records;
  };
  return ({ kind, text }: RecordText): CsvRecord[] => (kind === 'plain' ? plain(text) : quoted(text));
}

/** Cut at line ends, where no character is cut; a longer line is refused further on. */
async function* inLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let kept: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    const data = kept.length === 0 ? chunk : Buffer.concat([kept, chunk]);
    const end = Math.max(data.lastIndexOf(0x0a), data.lastIndexOf(0x0d)) + 1;
    const cut = end === 0 && data.length > maxRecordBytes * 2 ? data.length : end;
    if (cut > 0) yield data.subarray(0, cut);
    kept = data.subarray(cut);
  }
  if (kept.length > 0) yield kept;
}

const lineEnds = (cell: string): number =>
  cell.includes('\n') || cell.includes('\r') ? (cell.match(/\r\n|\n|\r/g)?.length ?? 0) : 0;

// The parser's message quotes the file, so it is not kept as the cause.
function readable(error: CsvError, line: number): Error {
  const place = { line, ...(typeof error.column === 'number' ? { column: error.column + 1 } : {}) };
  switch (error.code as string) {
    case 'CSV_QUOTE_NOT_CLOSED':
      return fileFault('import.quote-unclosed', place);
    case 'CSV_INVALID_CLOSING_QUOTE':
    case 'INVALID_OPENING_QUOTE':
      return fileFault('import.quote-misplaced', place);
    case 'CSV_MAX_RECORD_SIZE':
      return fileFault('import.row-too-long', place);
    default:
      return error;
  }
}

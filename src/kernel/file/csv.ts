import { parse, type CsvError } from 'csv-parse';
import { sniffDelimiter, withTextFormulas } from './delimiter.rule.ts';
import { fileFault } from './fault.rule.ts';

/** One record of the file; `line` is the line of the file where it starts, from 1. */
export type CsvRecord = { line: number; cells: string[] };

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
  let line = 1 + skipped;
  let records: CsvRecord[] = [];
  const parser = parse({
    delimiter,
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    max_record_size: maxRecordBytes,
    // The parser's own line count takes CRLF inside quotes for two, and only here is every record seen before a fault.
    on_record: (cells: string[]) => {
      if (cells.some((cell) => cell.trim() !== '')) records.push({ line, cells });
      line += 1 + cells.reduce((sum, cell) => sum + lineEnds(cell), 0);
      return null;
    },
  });
  // Each call below gets the fault through its callback.
  parser.on('error', () => undefined);
  parser.resume();
  const settled = (work: (done: (error?: Error | null) => void) => void): Promise<void> =>
    new Promise((resolve, reject) => {
      work((error) => (error ? reject(readable(error as CsvError, line)) : resolve()));
    });
  const take = (): CsvRecord[] => {
    const taken = records;
    records = [];
    return taken;
  };
  try {
    for await (const chunk of withTextFormulas(chunks, delimiter)) {
      await settled((done) => parser.write(chunk, done));
      if (records.length > 0) yield take();
    }
    await settled((done) => parser.end(done));
    if (records.length > 0) yield take();
  } finally {
    parser.destroy();
  }
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

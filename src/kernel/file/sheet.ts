import { colToLetter, readXlsx, streamXlsxRows, type CellValue } from 'hucre/xlsx';
import type { CsvRecord } from './whole-records.rule.ts';
import { fileFault } from './fault.rule.ts';

const batchRows = 1_000;
const maxCells = 256;
// What 100 MB may unpack to: more is a bomb, or a sheet that belongs in a CSV file.
const maxUnpackedBytes = 2 * 1024 ** 3;

/** Names of the sheets that are not hidden, in their order. Throws `import.sheet-unreadable`. */
export async function sheetNames(bytes: Buffer): Promise<string[]> {
  refuseBomb(bytes);
  const names: string[] = [];
  const hidden: string[] = [];
  await readable(
    readXlsx(bytes, {
      sheets: (info) => {
        (info.hidden || info.veryHidden ? hidden : names).push(info.name);
        return false;
      },
    }),
  );
  const found = names.length > 0 ? names : hidden;
  if (found.length === 0) throw fileFault('import.sheet-unreadable');
  return found;
}

/** Rows of one sheet as a person sees them, by the number that stands beside them; blank rows are left out. */
export async function* readSheet(bytes: Buffer, sheet: string): AsyncGenerator<CsvRecord[]> {
  let records: CsvRecord[] = [];
  // A sheet keeps no empty cells at the end of a row: the first row says how many there are.
  let width = 0;
  const rows = streamXlsxRows(bytes, { sheet });
  for (;;) {
    const next = await readable(rows.next());
    if (next.done) break;
    const { index, values } = next.value;
    const cells = values.slice(0, maxCells).map(written);
    if (cells.every((cell) => cell.trim() === '')) continue;
    while (cells.length > width && cells.at(-1) === '') cells.pop();
    width ||= cells.length;
    while (cells.length < width) cells.push('');
    records.push({ line: index + 1, cells });
    if (records.length === batchRows) {
      yield records;
      records = [];
    }
  }
  if (records.length > 0) yield records;
}

/** 0 → A, 26 → AA. */
export const columnLetters = (index: number): string => colToLetter(index);

/** As text. Excel keeps 15 digits: a longer number has lost its last ones, which 6.21226E+18 says. */
function written(value: CellValue): string {
  if (value === null || value === undefined) return '';
  if (value instanceof Date) return writtenDate(value);
  if (typeof value === 'boolean') return value ? 'TRUE' : 'FALSE';
  if (typeof value === 'string') return value;
  if (!Number.isFinite(value)) return '#NUM!';
  if (Math.abs(value) >= 1e15) return Number(value.toPrecision(15)).toExponential().toUpperCase();
  // What a binary fraction adds behind the fifteenth digit is nobody's.
  const short = Number(value.toPrecision(15));
  return Math.abs(short) < 1e-6 && short !== 0 ? short.toFixed(15).replace(/0+$/, '') : String(short);
}

function writtenDate(date: Date): string {
  if (Number.isNaN(date.getTime())) return '#VALUE!';
  // Serial numbers are fractions of a day: a second is sometimes a millisecond short.
  const [day = '', time = ''] = new Date(Math.round(date.getTime() / 1_000) * 1_000)
    .toISOString()
    .slice(0, 19)
    .split('T');
  return time === '00:00:00' ? day : `${day} ${time.endsWith(':00') ? time.slice(0, 5) : time}`;
}

/** The library's messages may quote the file, so they are not kept. */
async function readable<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const name = error instanceof Error ? error.name : '';
    throw fileFault(/encrypt|password/i.test(name) ? 'import.sheet-encrypted' : 'import.sheet-unreadable');
  }
}

/** Adds up what the entries of the archive say they unpack to; the library stops an entry that lies. */
function refuseBomb(bytes: Buffer): void {
  let total = 0;
  const directory = Buffer.of(0x50, 0x4b, 0x01, 0x02);
  for (let at = bytes.indexOf(directory); at >= 0 && at + 46 <= bytes.length; at = bytes.indexOf(directory, at + 46)) {
    total += bytes.readUInt32LE(at + 24);
    if (total > maxUnpackedBytes) throw fileFault('import.sheet-too-large');
  }
}

import { Readable } from 'node:stream';
import iconv from 'iconv-lite';

/** Cells as a CSV file, all quoted. */
export const csvFile = (rows: readonly (readonly string[])[], encoding = 'utf-8'): Readable =>
  fileOf(
    rows.map((cells) => `${cells.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(',')}\r\n`).join(''),
    encoding,
  );

/** Text as an upload. */
export const fileOf = (text: string, encoding = 'utf-8'): Readable => Readable.from([iconv.encode(text, encoding)]);

import { stringify, type Stringifier } from 'csv-stringify';

const starter = /^[=+\-@]$/;

/**
 * A cell that no spreadsheet takes for a formula: an apostrophe goes before what begins like one. Full-width and small forms
 * count as what they look like, since a Chinese Excel reads them so; so does what stands behind blanks that nobody sees.
 */
export function inert(cell: string): string {
  const first = cell.replace(/^[\s\p{Cc}\p{Cf}]+/u, '').slice(0, 1);
  return starter.test(first.normalize('NFKC')) || /^[\t\r\n]/.test(cell) ? `'${cell}` : cell;
}

/** Every CSV that leaves: UTF-8 with its mark, CRLF, every text inert. */
export const csvWriter = (): Stringifier =>
  stringify({ bom: true, record_delimiter: 'windows', cast: { string: inert } });

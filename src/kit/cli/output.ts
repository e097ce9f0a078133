import type { Exit } from './fault.ts';
/** What a command gives back: `data` for --json, `text` for people. */
export type Output = { data: unknown; text: string; exit?: Exit };

// A Chinese character takes two cells of a terminal.
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/g;
const widthOf = (text: string): number => text.length + (text.match(wide)?.length ?? 0);
const pad = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - widthOf(text)));

/** Plain columns; no frame, so that lines can be cut and searched. An empty list says so. */
export function table(
  columns: readonly string[],
  rows: readonly (readonly unknown[])[],
  empty = 'Nothing there.',
): string {
  if (rows.length === 0) return empty;
  const lines = [columns.map((name) => name.toUpperCase()), ...rows.map((row) => row.map(cell))];
  const widths = columns.map((_, index) => Math.max(...lines.map((line) => widthOf(line[index] ?? ''))));
  return lines
    .map((line) =>
      line
        .map((text, index) => pad(text, widths[index] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** `label  value` lines; what is null or undefined is left out. */
export function fields(entries: Readonly<Record<string, unknown>>): string {
  const shown = Object.entries(entries).filter(([, value]) => value !== null && value !== undefined);
  const width = Math.max(0, ...shown.map(([label]) => widthOf(label)));
  return shown.map(([label, value]) => `${pad(label, width)}  ${cell(value)}`).join('\n');
}

// Controls move the cursor, marks of direction turn text around, and what has no width hides: none may decide what is read.
const invisible = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\u2028\u2029]/gu;

/** Text that others wrote, on one line, with everything that a terminal would not show written out. */
export const visible = (text: string): string =>
  text.replaceAll(/\s+/g, ' ').replaceAll(invisible, (mark) => `\\u{${(mark.codePointAt(0) ?? 0).toString(16)}}`);

function cell(value: unknown): string {
  if (value === null || value === undefined) return '-';
  if (typeof value === 'string') return /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value) ? chinaTime(value) : visible(value);
  if (Array.isArray(value)) return value.map(cell).join(', ');
  return visible(JSON.stringify(value));
}

/** `2026-11-22 18:30:05` as a clock in China shows it. */
export function chinaTime(iso: string): string {
  const instant = Date.parse(iso);
  if (Number.isNaN(instant)) return visible(iso);
  const shifted = new Date(instant + 8 * 3_600_000).toISOString();
  return `${shifted.slice(0, 10)} ${shifted.slice(11, 19)}`;
}

export const yuan = (fen: number): string => `¥${(fen / 100).toFixed(2)}`;

import type { CsvRecord } from '../../kernel/file/whole-records.rule.ts';
import type { RowFault } from '../../kernel/file/fault.rule.ts';
import type { Column, ImportKind } from './column.rule.ts';
import { readRow, type StagedRow } from './row.rule.ts';

/** Rows that were read and are not yet staged: the good ones as PostgreSQL's COPY takes them (`stagedColumns`). */
export type Batch = {
  lines: string;
  faults: RowFault[];
  rows: number;
  badRows: number;
  /** Good rows that bring further numbers, and those with land lines among these. */
  withNumbers: number;
  landLines: number;
};
const nothing: Batch = { lines: '', faults: [], rows: 0, badRows: 0, withNumbers: 0, landLines: 0 };

/** Columns of `import_row` in the order of a line of a batch. */
export const stagedColumns = ['import_id', 'line', 'phone', 'payload'] as const;

// A statement for more rows gains nothing, and two batches are all that is held in memory.
const fullRows = 10_000;
const fullLength = 1_048_576;

export type Batching = {
  add(columns: readonly Column[], record: CsvRecord): void;
  isFull(): boolean;
  /** What was added since the last time. */
  take(): Batch;
};

export function batchOf(importId: string, kind: ImportKind, topics: ReadonlyMap<string, string>): Batching {
  let batch: Batch = { ...nothing, faults: [] };
  return {
    add(columns, record) {
      const answer = readRow(kind, columns, topics, record);
      batch.rows += 1;
      if (answer.ok) {
        batch.lines += lineOf(importId, answer.row);
        if (kind === 'customers' && 'numbers' in answer.row.payload) batch.withNumbers += 1;
        if (answer.landLines !== undefined) batch.landLines += 1;
      } else {
        batch.badRows += 1;
        batch.faults.push(...answer.faults);
      }
    },
    isFull: () => batch.rows >= fullRows || batch.lines.length >= fullLength,
    take() {
      const taken = batch;
      batch = { ...nothing, faults: [] };
      return taken;
    },
  };
}

/** JSON writes line ends and tabs as escapes, so only its backslashes mean something else to COPY. */
function lineOf(importId: string, { line, phone, payload }: StagedRow): string {
  const json = JSON.stringify(payload);
  return `${importId}\t${line}\t${phone}\t${json.includes('\\') ? json.replaceAll('\\', String.raw`\\`) : json}\n`;
}

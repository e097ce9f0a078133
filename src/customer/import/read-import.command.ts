import { noteProgress } from './import.db.ts';
import * as rows from './row.db.ts';
import type { IdPlace } from '../person-change.db.ts';
import type { Db } from '../../kernel/sql.db.ts';
import { listTopics } from '../topic.db.ts';
import { readHeader, readHeadings, type Column, type ImportKind, type Mapping } from './column.rule.ts';
import type { CsvRecord } from '../../kernel/file/csv.ts';
import { fileFault, type RowFault } from '../../kernel/file/fault.rule.ts';
import { readRow, type RowAnswer, type StagedRow } from './row.rule.ts';
import { maskPhone } from '../../kernel/phone-mask.rule.ts';

// Rows a statement: larger ones gain nothing, and two of them are all that is held in memory.
const batchRows = 4_000;

export type FileRead = { columns: Column[]; totalRows: number; badRows: number };

/**
 * Reads the file to its end into the staging tables of the import. `mappingOf` says what its headings mean where that is
 * known. Throws the faults of src/kernel/file/fault.rule.ts.
 */
export async function stageFile(
  db: Db,
  file: {
    importId: string;
    kind: ImportKind;
    records: AsyncIterable<CsvRecord[]>;
    mappingOf: (headings: string[]) => Promise<Mapping | undefined>;
  },
): Promise<FileRead> {
  const topics = await topicCodes(db);
  let columns: Column[] | null = null;
  let staging: Staging | null = null;
  try {
    for await (const records of file.records) {
      for (const record of records) {
        if (columns === null) {
          columns = readHeader(file.kind, record.cells, record.line, await file.mappingOf(readHeadings(record.cells)));
          staging = stagingOf(db, file.importId, file.kind, columns);
        } else await staging?.add(readRow(file.kind, columns, topics, record));
      }
    }
    if (columns === null || staging === null) throw fileFault('import.empty');
    const counts = await staging.end();
    if (counts.totalRows === 0) throw fileFault('import.no-rows');
    await rows.refreshStatistics(db);
    return { columns, ...counts };
  } finally {
    await staging?.settled();
  }
}

type Staging = {
  add(answer: RowAnswer): Promise<void>;
  end(): Promise<{ totalRows: number; badRows: number }>;
  /** Resolves when nothing is being written any more: rows that come after a failure would be staged for ever. */
  settled(): Promise<void>;
};

/** Where the staged rows hold the customer id, if the file has one. */
export function idPlaceOf(kind: ImportKind, columns: readonly Column[]): IdPlace | null {
  const column = columns.find(({ field }) => field === 'external-id')?.header;
  if (column === undefined) return null;
  return { key: kind === 'customers' ? 'externalId' : column, column };
}

function stagingOf(db: Db, importId: string, kind: ImportKind, columns: readonly Column[]): Staging {
  const phoneColumn = columns.find(({ field }) => field === 'phone')?.header ?? '';
  const place = idPlaceOf(kind, columns);
  const idIn = ({ payload }: { payload: unknown }): unknown =>
    place === null ? null : (payload as Record<string, unknown>)[place.key] || null;
  let good: StagedRow[] = [];
  let faults: RowFault[] = [];
  let totalRows = 0;
  let badRows = 0;
  let writing: Promise<void> = Promise.resolve();

  const write = async (batch: readonly StagedRow[], found: readonly RowFault[]): Promise<void> => {
    const repeated = batch.length === 0 ? [] : await rows.stageRows(db, importId, batch, place?.key ?? null);
    badRows += repeated.length;
    const duplicates = repeated.map(({ row, firstLine, firstId }): RowFault => {
      const id = idIn(row);
      const reason = id !== null && firstId !== null && id !== firstId ? 'number-of-two' : 'duplicate';
      return { line: row.line, column: phoneColumn, value: maskPhone(row.phone), reason, firstLine };
    });
    if (found.length + duplicates.length > 0) await rows.insertFaults(db, importId, [...found, ...duplicates]);
    await noteProgress(db, importId, { totalRows, badRows });
  };
  // One batch is written while the next is read; a third waits, which is what bounds memory.
  const flush = async (): Promise<void> => {
    await writing;
    writing = write(good, faults);
    writing.catch(() => undefined);
    good = [];
    faults = [];
  };
  return {
    async add(answer) {
      totalRows += 1;
      if (answer.ok) good.push(answer.row);
      else {
        badRows += 1;
        faults.push(...answer.faults);
      }
      if (good.length + faults.length >= batchRows) await flush();
    },
    async end() {
      await flush();
      await writing;
      return { totalRows, badRows };
    },
    settled: () => writing.catch(() => undefined),
  };
}

/** Topics by code, and by a name that only one of them has. */
async function topicCodes(db: Db): Promise<Map<string, string>> {
  const topics = await listTopics(db);
  const byName = Map.groupBy(topics, (topic) => topic.name);
  const unique = [...byName].flatMap(([name, same]) =>
    same.length === 1 ? [[name, same[0]?.code ?? ''] as const] : [],
  );
  return new Map([...unique, ...topics.map(({ code }) => [code, code] as const)]);
}

import { noteProgress } from './import.db.ts';
import { keptBytes, readFile } from './file.db.ts';
import * as rows from './row.db.ts';
import type { IdPlace } from '../person-change.db.ts';
import type { PoolClient } from '../../kernel/sql.db.ts';
import { listTopics } from '../topic.db.ts';
import type { Column, ImportKind, Mapping } from './column.rule.ts';
import { fileFault } from '../../kernel/file/fault.rule.ts';
import type { FileSource } from './records.ts';
import { readFileOf } from './reading.ts';

export type FileRead = {
  columns: Column[];
  sheets: string[];
  totalRows: number;
  badRows: number;
  withNumbers: number;
  landLines: number;
};

/**
 * Reads the file to its end into the staging tables of the import. `mappingOf` says what its headings mean where that is
 * known. Throws the faults of src/kernel/file/fault.rule.ts.
 */
export async function stageFile(
  connection: PoolClient,
  file: {
    importId: string;
    kind: ImportKind;
    source: FileSource;
    mappingOf: (headings: string[]) => Promise<Mapping | undefined>;
  },
): Promise<FileRead> {
  const { importId, kind, source } = file;
  const topics = topicCodes(await listTopics(connection));
  const counts = { totalRows: 0, badRows: 0, withNumbers: 0, landLines: 0 };
  const reading = { importId, kind, source, topics };
  const read = await readFileOf(await keptBytes(connection, importId), reading, {
    pieces: readFile(connection, importId),
    mappingOf: file.mappingOf,
    async keep(batch) {
      counts.totalRows += batch.rows;
      counts.badRows += batch.badRows;
      counts.withNumbers += batch.withNumbers;
      counts.landLines += batch.landLines;
      if (batch.lines !== '') await rows.stageRows(connection, batch.lines);
      if (batch.faults.length > 0) await rows.insertFaults(connection, importId, batch.faults);
      await noteProgress(connection, importId, counts);
    },
  });
  if (counts.totalRows === 0) throw fileFault('import.no-rows');
  await rows.refreshStatistics(connection);
  return { ...read, ...counts };
}

/** Where the staged rows hold the customer id, if the file has one. */
export function idPlaceOf(kind: ImportKind, columns: readonly Pick<Column, 'header' | 'field'>[]): IdPlace | null {
  const column = columns.find(({ field }) => field === 'external-id')?.header;
  if (column === undefined) return null;
  return { key: kind === 'customers' ? 'externalId' : column, column };
}

/** Topics by code, and by a name that only one of them has. */
function topicCodes(topics: Awaited<ReturnType<typeof listTopics>>): Map<string, string> {
  const byName = Map.groupBy(topics, (topic) => topic.name);
  const unique = [...byName].flatMap(([name, same]) =>
    same.length === 1 ? [[name, same[0]?.code ?? ''] as const] : [],
  );
  return new Map([...unique, ...topics.map(({ code }) => [code, code] as const)]);
}

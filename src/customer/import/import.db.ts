import { z } from 'zod';
import { announce } from '../../house/notice/announce.db.ts';
import { fields, Mapping } from './column.rule.ts';
import { encodings } from '../../kernel/file/encoding-survey.rule.ts';
import { forgetFile } from './file.db.ts';
import { execute, many, maybe, one, sql, type Db, type Tx } from '../../kernel/sql.db.ts';
import { lockFamilies } from '../../kernel/locks.ts';

const Fault = z.object({
  code: z.string(),
  line: z.number().optional(),
  column: z.union([z.string(), z.number()]).optional(),
});
export type ImportFault = z.infer<typeof Fault>;
const IdRow = z.object({ id: z.uuid() });
/** What the file does not tell and somebody is asked: how to read its bytes, or which column the phone is. */
const Question = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('encoding'), choices: z.array(z.enum(encodings)) }),
  z.object({ kind: z.literal('columns'), code: z.string(), headers: z.array(z.string()) }),
]);
export type Question = z.infer<typeof Question>;
const Choice = z.object({
  encoding: z.enum(encodings).optional(),
  sheet: z.string().optional(),
  mapping: Mapping.optional(),
});
export type Choice = z.infer<typeof Choice>;
/** What was said when the rows were accepted, and how far that is. */
const Acceptance = z.object({
  by: z.uuid(),
  personChanges: z.enum(['refuse', 'take-over']),
  audienceId: z.uuid().nullable(),
  /** The last line of the file that is done, and how many rows are. */
  line: z.number(),
  rows: z.number(),
  written: z.number(),
  consents: z.number(),
  subscriptions: z.number(),
  heldConsents: z.number(),
  takenOver: z.number(),
  leftAudiences: z.number(),
  /** No's in force that stay with who had the numbers. */
  keptNos: z.number(),
  /** Further numbers that came to customers. */
  numbers: z.number(),
  /** Good rows that something came in between of since the check; they are faults now. */
  leftOut: z.number(),
  members: z.number(),
});
export type Acceptance = z.infer<typeof Acceptance>;
const Options = z.object({
  acceptance: Acceptance.optional(),
  question: Question.optional(),
  /** What was said of the file, by whoever read it again as well. */
  choice: Choice.optional(),
  /** Of a workbook, the sheets that can be chosen. */
  sheets: z.array(z.string()).optional(),
  /** Of the audience that the file becomes. */
  name: z.string().optional(),
  /** Rows whose yes to marketing is not taken because the person said no (see accept-import.ts). */
  heldConsents: z.number().optional(),
  /** Bad rows that give another customer id to a number on record (see person-change.ts). */
  personChanges: z.number().optional(),
  /** Good rows with further numbers, as the file was read; and those whose land lines are kept as further data. */
  withNumbers: z.number().optional(),
  landLines: z.number().optional(),
  /** What an acceptance would write down of them, by today's customers. */
  numbers: z.object({ numbers: z.number(), people: z.number() }).optional(),
  /** Of the bad rows of other people, how many were taken over as new ones. */
  takenOver: z.number().optional(),
});
const Row = z.object({
  id: z.uuid(),
  kind: z.enum(['customers', 'audience']),
  fileName: z.string(),
  options: Options,
  state: z.enum(['reading', 'asking', 'checked', 'accepting', 'accepted', 'discarded', 'failed']),
  encoding: z.string().nullable(),
  columns: z
    .array(
      z.object({
        header: z.string(),
        field: z.string(),
        name: z.string().optional(),
        proposed: z.enum(fields).optional(),
      }),
    )
    .nullable(),
  totalRows: z.number(),
  goodRows: z.number(),
  badRows: z.number(),
  newRows: z.number().nullable(),
  changedRows: z.number().nullable(),
  sameRows: z.number().nullable(),
  resultId: z.uuid().nullable(),
  fault: z
    .string()
    .nullable()
    .transform((text) => (text === null ? null : Fault.parse(JSON.parse(text)))),
  createdBy: z.uuid(),
  createdAt: z.date(),
  finishedAt: z.date().nullable(),
});
export type Import = z.infer<typeof Row>;
const columns = sql`i.id, i.kind, i.file_name as "fileName", i.options, i.state, i.encoding, i.columns, i.total_rows as "totalRows",
  i.good_rows as "goodRows", i.bad_rows as "badRows", i.new_rows as "newRows", i.changed_rows as "changedRows", i.same_rows as "sameRows",
  i.result_id as "resultId", i.fault, i.created_by as "createdBy", i.created_at as "createdAt", i.finished_at as "finishedAt"`;

export const findImport = (db: Db, id: string): Promise<Import | null> =>
  maybe(db, Row, sql`select ${columns} from import i where i.id = ${id}`);

const NamedRow = Row.extend({ createdByName: z.string() });
/** With the name of whoever uploaded it. */
export type NamedImport = z.infer<typeof NamedRow>;
const named = sql`${columns}, p.name as "createdByName" from import i join staff p on p.id = i.created_by`;

export const findNamedImport = (db: Db, id: string): Promise<NamedImport | null> =>
  maybe(db, NamedRow, sql`select ${named} where i.id = ${id}`);

/** Newest first, before the id `before`. */
export const listNamedImports = (db: Db, before: string | null, limit: number): Promise<NamedImport[]> =>
  many(
    db,
    NamedRow,
    sql`select ${named} where ${before}::uuid is null or i.id < ${before} order by i.id desc limit ${limit}`,
  );

/** Locks the row until the transaction ends. */
export const lockImport = (tx: Tx, id: string): Promise<Import | null> =>
  maybe(tx, Row, sql`select ${columns} from import i where i.id = ${id} for update`);

/** Newest first, before the id `before`. */
export const listImports = (db: Db, before: string | null, limit: number): Promise<Import[]> =>
  many(
    db,
    Row,
    sql`select ${columns} from import i where ${before}::uuid is null or i.id < ${before} order by i.id desc limit ${limit}`,
  );

/** Notes why an acceptance does not go on at this moment; it is tried again. */
export async function noteFault(db: Db, id: string, fault: ImportFault): Promise<void> {
  await execute(db, sql`update import set fault = ${JSON.stringify(fault)} where id = ${id} and state = 'accepting'`);
}

/** Reads it again: what was staged goes. */
export async function markReading(tx: Tx, id: string, choice: Choice): Promise<void> {
  await execute(tx, sql`delete from import_row where import_id = ${id}`);
  await execute(tx, sql`delete from import_error where import_id = ${id}`);
  await execute(
    tx,
    sql`update import set state = 'reading', fault = null, total_rows = 0, good_rows = 0, bad_rows = 0,
        options = options - 'question' || ${JSON.stringify({ choice })}::jsonb
      where id = ${id}`,
  );
}

export async function markAsking(tx: Tx, id: string, question: Question): Promise<void> {
  await execute(
    tx,
    sql`update import set state = 'asking', columns = null, options = options || ${JSON.stringify({ question })}::jsonb where id = ${id}`,
  );
}

export type NewImport = Pick<Import, 'id' | 'kind' | 'fileName' | 'options' | 'createdBy' | 'createdAt'>;

export async function insertImport(tx: Tx, row: NewImport): Promise<void> {
  await execute(
    tx,
    sql`insert into import (id, kind, file_name, options, state, created_by, created_at)
      values (${row.id}, ${row.kind}, ${row.fileName}, ${JSON.stringify(row.options)}::jsonb, 'reading', ${row.createdBy}, ${row.createdAt})`,
  );
}

/** How far the reader is, for whoever watches; outside any transaction, or nobody would see it. */
export async function noteProgress(
  connection: Db,
  id: string,
  { totalRows, badRows }: { totalRows: number; badRows: number },
): Promise<void> {
  await execute(
    connection,
    sql`update import set total_rows = ${totalRows}, bad_rows = ${badRows}, good_rows = ${totalRows - badRows} where id = ${id}`,
  );
}

export type Checked = Pick<
  Import,
  'encoding' | 'columns' | 'totalRows' | 'goodRows' | 'badRows' | 'newRows' | 'changedRows' | 'sameRows'
> &
  Required<Pick<Import['options'], CheckedOption>>;
const checkedOptions = ['heldConsents', 'personChanges', 'sheets', 'withNumbers', 'landLines', 'numbers'] as const;
type CheckedOption = (typeof checkedOptions)[number];

export async function markChecked(tx: Tx, id: string, checked: Checked): Promise<void> {
  const options = Object.fromEntries(checkedOptions.map((name) => [name, checked[name]]));
  await execute(
    tx,
    sql`update import set state = 'checked', encoding = ${checked.encoding}, columns = ${JSON.stringify(checked.columns)}::jsonb,
        total_rows = ${checked.totalRows}, good_rows = ${checked.goodRows}, bad_rows = ${checked.badRows}, new_rows = ${checked.newRows},
        changed_rows = ${checked.changedRows}, same_rows = ${checked.sameRows},
        options = options || ${JSON.stringify(options)}::jsonb
      where id = ${id}`,
  );
}

/** Gives false when it was not being read any more. Its staged rows go: nothing may be accepted from half a file. */
export async function markFailed(tx: Tx, id: string, fault: ImportFault, at: Date): Promise<boolean> {
  const { rowCount } = await execute(
    tx,
    sql`update import set state = 'failed', fault = ${JSON.stringify(fault)}, finished_at = ${at} where id = ${id} and state = 'reading'`,
  );
  if (rowCount !== 1) return false;
  await deleteStaged(tx, id);
  await tellOf(tx, id, 'failed', at);
  return true;
}

/** Who uploaded the file may have gone on to other work: a million rows take minutes. */
const tellOf = (tx: Tx, id: string, outcome: 'accepted' | 'failed', at: Date) =>
  announce(tx, { kind: 'import-done', item: { kind: 'import', id }, step: outcome, details: { outcome } }, at);

export async function markEnded(
  tx: Tx,
  id: string,
  state: 'accepted' | 'discarded',
  resultId: string | null,
  at: Date,
): Promise<void> {
  await execute(
    tx,
    sql`update import set state = ${state}, result_id = ${resultId}, finished_at = ${at} where id = ${id}`,
  );
  await deleteStaged(tx, id);
  if (state === 'accepted') await tellOf(tx, id, state, at);
}

const Named = z.object({ id: z.uuid(), fileName: z.string(), at: z.date() });
/** The files behind sources like `import:<id>`, by that source. Other sources, and imports that are gone, are not in it. */
export async function filesOfSources(
  db: Db,
  sources: readonly string[],
): Promise<ReadonlyMap<string, { fileName: string; at: Date }>> {
  const ids = sources.flatMap((source) => /^import:([0-9a-f-]{36})$/.exec(source)?.[1] ?? []);
  if (ids.length === 0) return new Map();
  const rows = await many(
    db,
    Named,
    sql`select id, file_name as "fileName", coalesce(finished_at, created_at) as at from import where id = any(${ids}::uuid[])`,
  );
  return new Map(rows.map(({ id, fileName, at }) => [`import:${id}`, { fileName, at }]));
}
export type SourceFiles = Awaited<ReturnType<typeof filesOfSources>>;

// Personal data is kept no longer than needed: an import that ended one way or the other needs its rows no more.
async function deleteStaged(tx: Tx, id: string): Promise<void> {
  await execute(tx, sql`delete from import_row where import_id = ${id}`);
  await forgetFile(tx, id);
}

/** Held by the reader's connection while it reads, so that a reader that died is told from one that lives. */
export const holdReading = (connection: Db, id: string): Promise<unknown> =>
  execute(connection, sql`select pg_advisory_lock(hashtextextended(${id}::text, ${lockFamilies.reading}))`);
export const releaseReading = (connection: Db, id: string): Promise<unknown> =>
  execute(connection, sql`select pg_advisory_unlock(hashtextextended(${id}::text, ${lockFamilies.reading}))`);

/** Imports in state `reading` whose reader is gone; the transaction keeps others from taking them. */
export async function lockAbandoned(tx: Tx): Promise<string[]> {
  const reading = await many(tx, IdRow, sql`select id from import where state = 'reading' order by id`);
  const abandoned: string[] = [];
  for (const { id } of reading) {
    const { free } = await one(
      tx,
      z.object({ free: z.boolean() }),
      sql`select pg_try_advisory_xact_lock(hashtextextended(${id}::text, ${lockFamilies.reading})) as free`,
    );
    if (free) abandoned.push(id);
  }
  return abandoned;
}

/** Checked before then and neither accepted nor discarded; locked until the transaction ends, those that somebody holds left out. */
export const lockStale = async (tx: Tx, before: Date): Promise<string[]> =>
  (
    await many(
      tx,
      IdRow,
      sql`select id from import where state in ('checked', 'asking') and created_at < ${before} order by id limit 100 for update skip locked`,
    )
  ).map(({ id }) => id);

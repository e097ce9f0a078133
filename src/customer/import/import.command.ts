import { randomUUIDv7 } from 'node:crypto';
import type { Readable } from 'node:stream';
import { z } from 'zod';
import { AppError } from '../../kernel/app-error.rule.ts';
import { record } from '../../house/audit/audit.db.ts';
import * as db from './import.db.ts';
import { keepFile } from './file.db.ts';
import { findMapping, keepMapping } from './mapping.db.ts';
import { countNumbers, refuseNumbersOfOthers } from './further.db.ts';
import { compareCustomers, compareInMemory, compareMembers } from './row.db.ts';
import * as people from '../person-change.db.ts';
import { takeTime, transaction, type Pool, type PoolClient, type Tx } from '../../kernel/sql.db.ts';
import { Mapping } from './column.rule.ts';
import { encodings, surveyEncoding, type EncodingSurvey } from '../../kernel/file/encoding-survey.rule.ts';
import { fileFault, isFileFault } from '../../kernel/file/fault.rule.ts';
import { oneLine } from '../../kernel/field.rule.ts';
import { AudienceName } from '../../audience/audience.command.ts';
import { demand, mutate, type Context } from '../../house/context.ts';
import { describeFile } from './source.command.ts';
import { requireImport, unknownImport } from './view.command.ts';
import { idPlaceOf, stageFile, type FileRead } from './read-import.command.ts';
import { takeReadingSeat } from './reading-seats.ts';

const common = {
  /** Chosen by a page beforehand, so that it can watch its own upload and a second click is no second import. */
  importId: z.uuid().optional(),
  fileName: oneLine(255),
  encoding: z.enum(encodings).optional(),
  sheet: oneLine(100).optional(),
  mapping: Mapping.optional(),
  /** What the file does not tell is asked on its page, instead of refused; and headings are known from the last file. */
  asks: z.boolean().default(false),
};
const Request = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('customers'), ...common }),
  z.object({ kind: z.literal('audience'), name: AudienceName, ...common }),
]);

export const permissionFor = { customers: 'customer:write', audience: 'audience:write' } as const;

/**
 * Stages and checks a file (CSV in any of `encodings`, which the whole of it tells unless `encoding` says it, or .xlsx);
 * customers and audiences stay as they are until `acceptImport`. Gives the dry run. A fault of the whole file is thrown as
 * `invalid` with a code of src/kernel/file/fault.rule.ts and its line and column, after the import is marked failed;
 * `details.importId` names it. Throws `import.exists` when the given `importId` was used before.
 */
export async function readImport(
  ctx: Context,
  input: z.input<typeof Request> & { stream: Readable },
): Promise<db.Import> {
  // A client that goes away before its first byte is read would end the process; the reader hears of it all the same.
  input.stream.on('error', ignore);
  const request = Request.parse(input);
  const { kind, fileName, encoding, sheet, mapping, asks } = request;
  const permission = permissionFor[kind];
  demand(ctx, permission);
  const id = request.importId ?? randomUUIDv7();
  if (request.importId && (await db.findImport(ctx.pool, id))) {
    input.stream.destroy();
    throw new AppError('conflict', 'import.exists', 'This upload was begun already.', { importId: id });
  }
  await clearStaleImports(ctx.pool, ctx.now());
  const choice = defined({ encoding, sheet, mapping });
  try {
    return await whileReading(ctx, id, async (connection) => {
      await mutate(ctx, permission, async (tx) => {
        const options = { choice, ...(request.kind === 'audience' ? { name: request.name } : {}) };
        await db.insertImport(tx, { id, kind, fileName, options, createdBy: ctx.staff.id, createdAt: ctx.now() });
        return { result: null, audit: audit('import.started', id, { kind }) };
      });
      return await orFailed(ctx, id, async () => {
        const survey = surveyEncoding();
        await keepFile(connection, id, input.stream, (piece) => survey.add(piece));
        return readKept(ctx, connection, { id, kind, choice, asks, survey });
      });
    });
  } finally {
    input.stream.destroy();
  }
}

const Again = z.object({
  importId: z.uuid(),
  encoding: common.encoding,
  sheet: common.sheet,
  mapping: common.mapping,
});

/**
 * Reads the kept file of a checked import once more, as somebody says that it is to be read; what its columns mean is kept
 * for the next file with these headings of the same unit. Throws as `readImport`, and `import.not-checked`.
 */
export async function readAgain(ctx: Context, input: z.input<typeof Again>): Promise<db.Import> {
  const { importId: id, ...said } = Again.parse(input);
  const { kind } = await requireImport(ctx.pool, id);
  demand(ctx, permissionFor[kind]);
  return whileReading(ctx, id, async (connection) => {
    const choice = await mutate(ctx, permissionFor[kind], async (tx) => {
      const row = (await db.lockImport(tx, id)) ?? unknownImport(id);
      if (row.state !== 'asking') demandChecked(row);
      const { choice: before = {}, sheets = [] } = row.options;
      const wanted = { ...before, ...defined(said) };
      // Another sheet has other headings.
      if (said.sheet !== undefined && said.sheet !== (before.sheet ?? sheets[0])) delete wanted.mapping;
      await db.markReading(tx, id, wanted);
      return { result: wanted, audit: audit('import.read-again', id, { said: Object.keys(defined(said)) }) };
    });
    return orFailed(ctx, id, () => readKept(ctx, connection, { id, kind, choice, asks: true }));
  });
}

const defined = (choice: { [key in keyof db.Choice]: db.Choice[key] | undefined }): db.Choice =>
  Object.fromEntries(Object.entries(choice).filter(([, value]) => value !== undefined));

/** Holds the import as being read, on a connection of its own. */
async function whileReading<T>(ctx: Context, id: string, work: (connection: PoolClient) => Promise<T>): Promise<T> {
  const leaveSeat = takeReadingSeat(ctx.pool);
  const connection = await ctx.pool.connect().catch((error: unknown) => {
    leaveSeat();
    throw error;
  });
  // A lost connection fails the statement that uses it; without a listener it would end the process.
  connection.on('error', ignore);
  try {
    await db.holdReading(connection, id);
    return await work(connection);
  } finally {
    await db.releaseReading(connection, id).catch(ignore);
    connection.off('error', ignore);
    connection.release();
    leaveSeat();
  }
}

async function orFailed<T>(ctx: Context, id: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw await failed(ctx, id, error);
  }
}

type Kept = { id: string; kind: db.Import['kind']; choice: db.Choice; asks: boolean; survey?: EncodingSurvey };

async function readKept(
  ctx: Context,
  connection: PoolClient,
  { id, kind, choice, asks, survey }: Kept,
): Promise<db.Import> {
  const described = await describeFile(connection, id, choice, survey);
  if (described.kind === 'unclear') {
    if (!asks) throw fileFault('import.encoding-unclear');
    return ask(ctx, id, kind, { kind: 'encoding', choices: described.choices });
  }
  let headings: string[] = [];
  const { unit } = ctx.staff;
  try {
    const read = await stageFile(connection, {
      importId: id,
      kind,
      source: described.source,
      mappingOf: async (found) => {
        headings = found;
        if (asks && choice.mapping) await keepMapping(connection, { unit, kind, headings }, choice.mapping, ctx.now());
        return choice.mapping ?? (asks ? await findMapping(connection, { unit, kind, headings }) : undefined);
      },
    });
    return await check(ctx, id, kind, { ...read, encoding: described.format });
  } catch (error) {
    if (!asks || !(error instanceof AppError) || !askable.has(error.code)) throw error;
    return ask(ctx, id, kind, { kind: 'columns', code: error.code, headers: headings });
  }
}

const askable = new Set(['import.phone-column-missing', 'import.column-duplicate']);

const ask = (ctx: Context, id: string, kind: db.Import['kind'], question: db.Question): Promise<db.Import> =>
  mutate(ctx, permissionFor[kind], async (tx) => {
    await db.markAsking(tx, id, question);
    return { result: await requireImport(tx, id), audit: audit('import.asked', id, { about: question.kind }) };
  });

type Checked = FileRead & { encoding: string };

function check(ctx: Context, id: string, kind: db.Import['kind'], read: Checked): Promise<db.Import> {
  return mutate(ctx, permissionFor[kind], async (tx) => {
    await takeTime(tx);
    await compareInMemory(tx);
    const place = idPlaceOf(kind, read.columns);
    const phoneColumn = read.columns.find(({ field }) => field === 'phone')?.header ?? '';
    const repeated = await people.refuseRepeatedNumbers(tx, id, phoneColumn, place);
    const further = kind === 'customers' ? await people.refuseFurtherNumbers(tx, id, phoneColumn) : 0;
    const doubtful = place ? await people.refuseDoubtfulIds(tx, id, place) : 0;
    const ofOthers = read.withNumbers > 0 ? await refuseNumbersOfOthers(tx, id, phoneColumn, place) : 0;
    const settle = kind === 'customers' ? people.holdPersonChanges : people.refusePersonChanges;
    const personChanges = place ? await settle(tx, id, place) : 0;
    const badRows = read.badRows + repeated + further + doubtful + ofOthers + personChanges;
    const dryRun =
      kind === 'customers' ? await compareCustomers(tx, id, read.withNumbers > 0) : await compareMembers(tx, id);
    const counts = { totalRows: read.totalRows, goodRows: read.totalRows - badRows, badRows, personChanges, ...dryRun };
    const numbers = read.withNumbers > 0 ? await countNumbers(tx, id) : { numbers: 0, people: 0 };
    const { encoding, columns, sheets, withNumbers, landLines } = read;
    await db.markChecked(tx, id, { encoding, columns, sheets, withNumbers, landLines, numbers, ...counts });
    return { result: await requireImport(tx, id), audit: audit('import.checked', id, counts) };
  });
}

/** Marks the import failed and gives what the caller is to see. When the database is gone too, start-up marks it later. */
async function failed(ctx: Context, id: string, error: unknown): Promise<unknown> {
  const known = error instanceof AppError && isFileFault(error.code);
  const fault: db.ImportFault = known ? { code: error.code, ...error.details } : interrupted;
  await transaction(ctx.pool, (tx) => fail(tx, id, fault, ctx.now(), `staff:${ctx.staff.id}`)).catch(ignore);
  return known ? new AppError(error.kind, error.code, error.message, { ...error.details, importId: id }) : error;
}

async function fail(tx: Tx, id: string, fault: db.ImportFault, at: Date, actor: string): Promise<void> {
  if (await db.markFailed(tx, id, fault, at))
    await record(tx, { ...audit('import.failed', id, { code: fault.code }), actor }, at);
}

const interrupted: db.ImportFault = { code: 'import.interrupted' };
const ignore = (): undefined => undefined;
export const audit = (action: string, objectId: string, details: Record<string, unknown>) => ({
  action,
  objectKind: 'import',
  objectId,
  details,
});

/** Marks as failed every import whose reader died; call it at start-up. Gives how many. Living readers are left alone. */
export const failInterruptedImports = (pool: Pool, now = new Date()): Promise<number> =>
  transaction(pool, async (tx) => {
    const abandoned = await db.lockAbandoned(tx);
    for (const id of abandoned) await fail(tx, id, interrupted, now, 'system');
    return abandoned.length;
  });

/** Days that a checked import waits to be accepted: its rows are personal data that nobody uses. */
export const staleAfterDays = 7;

/** Discards what has waited longer; call it at start-up. Gives how many. */
export const clearStaleImports = (pool: Pool, now = new Date()): Promise<number> =>
  transaction(pool, async (tx) => {
    const stale = await db.lockStale(tx, new Date(now.getTime() - staleAfterDays * 86_400_000));
    for (const id of stale) {
      await db.markEnded(tx, id, 'discarded', null, now);
      await record(tx, { ...audit('import.expired', id, { days: staleAfterDays }), actor: 'system' }, now);
    }
    return stale.length;
  });

/** Throws `import.not-checked`. */
export function demandChecked(row: db.Import): void {
  if (row.state === 'checked') return;
  throw new AppError(
    'conflict',
    'import.not-checked',
    `The import is ${row.state}; only a checked one can be accepted or discarded.`,
    {
      importId: row.id,
      state: row.state,
    },
  );
}

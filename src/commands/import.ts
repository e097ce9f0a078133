import { randomUUIDv7 } from 'node:crypto';
import type { Readable } from 'node:stream';
import { z } from 'zod';
import { AppError } from '../domain/app-error.ts';
import * as accept from '../db/accept-import.ts';
import { insertAudience } from '../db/audience.ts';
import { record } from '../db/audit.ts';
import * as db from '../db/import.ts';
import { compareCustomers, compareMembers } from '../db/import-row.ts';
import * as people from '../db/person-change.ts';
import { transaction, type Pool, type Tx } from '../db/sql.ts';
import { encodings } from '../intake/encoding.ts';
import { isFileFault } from '../intake/fault.ts';
import { AudienceName } from './audience.ts';
import { demand, mutate, type Context } from './context.ts';
import { requireImport, unknownImport } from './import-view.ts';
import { takeReadingSeat } from './reading-seats.ts';
import { idPlaceOf, stageFile, type FileRead } from './read-import.ts';
import { oneLine } from '../text/field.ts';

const fileName = oneLine(255);
const encoding = z.enum(encodings).optional();
/** Chosen by a page beforehand, so that it can watch its own upload and a second click is no second import. */
const ownId = z.uuid().optional();
const Request = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('customers'), importId: ownId, fileName, encoding }),
  z.object({ kind: z.literal('audience'), importId: ownId, fileName, encoding, name: AudienceName }),
]);

export const permissionFor = { customers: 'customer:write', audience: 'audience:write' } as const;

/**
 * Stages and checks a CSV file (UTF-8 or GB18030, guessed unless `encoding` says it); customers and audiences stay as they
 * are until `acceptImport`. Gives the dry run. A fault of the whole file is thrown as `invalid` with a code of
 * src/intake/fault.ts and its line and column, after the import is marked failed; `details.importId` names it. Throws
 * `import.exists` when the given `importId` was used before.
 */
export async function readImport(
  ctx: Context,
  input: z.input<typeof Request> & { stream: Readable },
): Promise<db.Import> {
  // A client that goes away before its first byte is read would end the process; the reader hears of it all the same.
  input.stream.on('error', ignore);
  const request = Request.parse(input);
  const permission = permissionFor[request.kind];
  demand(ctx, permission);
  const id = request.importId ?? randomUUIDv7();
  if (request.importId && (await db.findImport(ctx.pool, id))) {
    input.stream.destroy();
    throw new AppError('conflict', 'import.exists', 'This upload was begun already.', { importId: id });
  }
  await clearStaleImports(ctx.pool, ctx.now());
  const leaveSeat = takeReadingSeat(ctx.pool);
  const connection = await ctx.pool.connect().catch((error: unknown) => {
    leaveSeat();
    throw error;
  });
  // A lost connection fails the statement that uses it; without a listener it would end the process.
  connection.on('error', ignore);
  try {
    await db.holdReading(connection, id);
    await mutate(ctx, permission, async (tx) => {
      const options = request.kind === 'audience' ? { name: request.name } : {};
      await db.insertImport(tx, { id, ...request, options, createdBy: ctx.staff.id, createdAt: ctx.now() });
      return { result: null, audit: audit('import.started', id, { kind: request.kind }) };
    });
    try {
      const read = await stageFile(connection, {
        importId: id,
        kind: request.kind,
        stream: input.stream,
        encoding: request.encoding,
      });
      return await check(ctx, id, request.kind, read);
    } catch (error) {
      throw await failed(ctx, id, error);
    }
  } finally {
    input.stream.destroy();
    await db.releaseReading(connection, id).catch(ignore);
    connection.off('error', ignore);
    connection.release();
    leaveSeat();
  }
}

function check(ctx: Context, id: string, kind: db.Import['kind'], read: FileRead): Promise<db.Import> {
  return mutate(ctx, permissionFor[kind], async (tx) => {
    const place = idPlaceOf(kind, read.columns);
    const doubtful = place ? await people.refuseDoubtfulIds(tx, id, place) : 0;
    const settle = kind === 'customers' ? people.holdPersonChanges : people.refusePersonChanges;
    const personChanges = place ? await settle(tx, id, place) : 0;
    const badRows = read.badRows + doubtful + personChanges;
    const dryRun = kind === 'customers' ? await compareCustomers(tx, id) : await compareMembers(tx, id);
    const counts = { totalRows: read.totalRows, goodRows: read.totalRows - badRows, badRows, personChanges, ...dryRun };
    await db.markChecked(tx, id, { encoding: read.encoding, columns: read.columns, ...counts });
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
const audit = (action: string, objectId: string, details: Record<string, unknown>) => ({
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

export type Accepted = {
  /** The audience, when the file was one. */
  audienceId: string | null;
  goodRows: number;
};

const Which = z.object({ importId: z.uuid() });

/** What becomes of rows that give another customer id to a number on record. */
export const personChangeChoices = ['refuse', 'take-over'] as const;
export const Acceptance = Which.extend({ personChanges: z.enum(personChangeChoices).default('refuse') });

/**
 * Takes the checked rows over in one transaction. Accepting twice does one thing and gives one answer.
 * Throws `import.unknown`, `import.not-checked`, `import.external-id-taken`, `import.person-changed-since`,
 * `import.person-awaited`.
 */
export async function acceptImport(ctx: Context, input: z.input<typeof Acceptance>): Promise<Accepted> {
  const { importId, personChanges } = Acceptance.parse(input);
  const { kind } = await requireImport(ctx.pool, importId);
  try {
    return await mutate(ctx, permissionFor[kind], async (tx) => {
      const row = await lock(tx, importId);
      if (row.state === 'accepted') return { result: answer(row), audit: audit('import.accepted-again', importId, {}) };
      demandChecked(row);
      const taken =
        kind === 'customers' ? await takeCustomers(ctx, tx, row, personChanges) : await takeAudience(ctx, tx, row);
      const resultId = 'audienceId' in taken ? taken.audienceId : null;
      await db.markEnded(tx, importId, 'accepted', resultId, ctx.now());
      return {
        result: answer({ ...(await requireImport(tx, importId)), resultId }),
        audit: audit('import.accepted', importId, taken),
      };
    });
  } catch (error) {
    throw externalIdTaken(error) ? takenSince(importId) : error;
  }
}

const answer = (row: db.Import): Accepted => ({ audienceId: row.resultId, goodRows: row.goodRows });

async function takeCustomers(
  ctx: Context,
  tx: Tx,
  { id, options }: db.Import,
  personChanges: (typeof personChangeChoices)[number],
): Promise<accept.AcceptedCustomers & { personChanges: string }> {
  await accept.holdImports(tx);
  const late = await people.countLateChanges(tx, id);
  if (late > 0) throw changedSince(id, late);
  const takesOver = personChanges === 'take-over' && (options.personChanges ?? 0) > 0;
  const awaited = takesOver ? await people.countAwaited(tx, id) : 0;
  if (awaited > 0) throw awaitedStill(id, awaited);
  const taken = await accept.acceptCustomers(tx, id, { takesOver, now: ctx.now() });
  if (takesOver) await db.noteTakenOver(tx, id, taken.takenOver.people);
  return { ...taken, personChanges };
}

const changedSince = (importId: string, rows: number): AppError =>
  new AppError(
    'conflict',
    'import.person-changed-since',
    'Since the file was checked numbers of it got another customer id; upload the file again.',
    { importId, rows },
  );
const awaitedStill = (importId: string, awaited: number): AppError =>
  new AppError(
    'conflict',
    'import.person-awaited',
    'Campaigns that have not ended may still write to people whose numbers are to pass on; wait for them or cancel them.',
    { importId, people: awaited },
  );

async function takeAudience(ctx: Context, tx: Tx, row: db.Import): Promise<{ audienceId: string; members: number }> {
  const audienceId = randomUUIDv7();
  const audience = { id: audienceId, name: row.options.name ?? row.fileName, filter: null, size: row.goodRows };
  await insertAudience(tx, { ...audience, createdBy: ctx.staff.id, createdAt: ctx.now() });
  return { audienceId, members: await accept.acceptMembers(tx, row.id, audienceId) };
}

const externalIdTaken = (error: unknown): boolean =>
  typeof error === 'object' &&
  error !== null &&
  'constraint' in error &&
  error.constraint === 'customer_external_id_key';
// Without its cause: PostgreSQL's names the customer id.
const takenSince = (importId: string): AppError =>
  new AppError(
    'conflict',
    'import.external-id-taken',
    'Since the file was checked another customer got one of its customer ids; upload the file again.',
    { importId },
  );

/** Drops the staged rows. Throws `import.unknown`, `import.not-checked`. */
export async function discardImport(ctx: Context, input: z.input<typeof Which>): Promise<void> {
  const { importId } = Which.parse(input);
  const { kind } = await requireImport(ctx.pool, importId);
  await mutate(ctx, permissionFor[kind], async (tx) => {
    const row = await lock(tx, importId);
    if (row.state !== 'discarded') {
      demandChecked(row);
      await db.markEnded(tx, importId, 'discarded', null, ctx.now());
    }
    return { result: null, audit: audit('import.discarded', importId, { again: row.state === 'discarded' }) };
  });
}

async function lock(tx: Tx, id: string): Promise<db.Import> {
  return (await db.lockImport(tx, id)) ?? unknownImport(id);
}
function demandChecked(row: db.Import): void {
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

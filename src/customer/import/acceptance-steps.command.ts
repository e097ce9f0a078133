import { randomUUIDv7 } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { keepNosOfNobody, takeNumbers, takeOverNumbers } from '../../contact/file-take-over.db.ts';
import { record } from '../../house/audit/audit.db.ts';
import { takeTime, transaction, type Pool, type Tx } from '../../kernel/sql.db.ts';
import { AppError } from '../../kernel/app-error.rule.ts';
import * as people from '../person-change.db.ts';
import * as accept from './accept-import.db.ts';
import * as acceptances from './acceptance.db.ts';
import * as db from './import.db.ts';
import { audit } from './import.command.ts';
import { idPlaceOf } from './read-import.command.ts';
import { takeReadingSeat } from './reading-seats.ts';
import type { Column } from './column.rule.ts';

type House = { pool: Pool; now: () => Date };

// A step holds its rows and the imports' lock for about half a second, and is what a killed process loses.
const rowsAStep = 20_000;
// Each number that passes on is held by a lock of its own, and PostgreSQL has room for some thousands.
const heldAStep = 1_000;

/**
 * Writes the rows of an accepted file to the last one, a step a transaction, unless somebody else does: then it waits for
 * them to be through. Throws what a step throws; the import then keeps a fault, and whoever looks next goes on.
 */
export async function goOnAccepting(house: House, importId: string): Promise<void> {
  while (!closing.has(house.pool) && (await db.findImport(house.pool, importId))?.state === 'accepting') {
    if (await writeAll(house, importId)) return;
    await wait(pauseMs);
  }
}
const pauseMs = 100;

/** Goes on with every accepted file that nobody writes; gives how many. One that fails keeps no other from its end. */
export async function goOnWithAbandoned(house: House, onTrouble?: (error: unknown) => void): Promise<number> {
  let done = 0;
  const faults: unknown[] = [];
  for (const id of await acceptances.listAccepting(house.pool)) {
    try {
      if (await writeAll(house, id)) done += 1;
    } catch (error) {
      faults.push(error);
    }
  }
  for (const fault of faults) {
    if (!onTrouble) throw fault;
    onTrouble(fault);
  }
  return done;
}

/** Looks for them at once and again and again: the process that began may be gone. Stopped, it leaves them after a step. */
export function watchAcceptances(house: House, onTrouble: (error: unknown) => void, everyMs = 15_000) {
  let going: Promise<unknown> = Promise.resolve();
  const look = (): void => {
    going = going.then(() => goOnWithAbandoned(house, onTrouble)).catch(onTrouble);
  };
  look();
  const timer = setInterval(look, everyMs);
  return {
    stop: async (): Promise<void> => {
      clearInterval(timer);
      closing.add(house.pool);
      await going;
    },
  };
}
const closing = new WeakSet<Pool>();

/** Gives false where somebody else writes them. */
async function writeAll(house: House, importId: string): Promise<boolean> {
  const leaveSeat = await seatOf(house.pool);
  const connection = await house.pool.connect().catch((error: unknown) => {
    leaveSeat();
    throw error;
  });
  // A lost connection fails the statement that uses it; without a listener it would end the process.
  connection.on('error', ignore);
  try {
    if (!(await acceptances.tryAccepting(connection, importId))) return false;
    try {
      while (!closing.has(house.pool) && (await patiently(() => takeStep(house, importId))));
      return true;
    } catch (error) {
      await db.noteFault(house.pool, importId, { code: 'import.accept-failed' }).catch(ignore);
      throw error;
    } finally {
      await acceptances.leaveAccepting(connection, importId).catch(ignore);
    }
  } finally {
    connection.off('error', ignore);
    connection.release();
    leaveSeat();
  }
}
const ignore = (): undefined => undefined;

async function seatOf(pool: Pool): Promise<() => void> {
  for (;;) {
    try {
      return takeReadingSeat(pool);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      await wait(pauseMs);
    }
  }
}

/** Deadlock, a lock that was waited for in vain, or somebody who took a customer id in between: the step is taken again. */
const passing = new Set(['40P01', '40001', '55P03', '23505']);

async function patiently<T>(step: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await step();
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : '';
      if (!passing.has(code) || tries === 5) throw error;
      await wait(pauseMs * tries);
    }
  }
}

/** Gives false once none is left, or the import is not being accepted any more. */
function takeStep({ pool, now }: House, importId: string): Promise<boolean> {
  return transaction(pool, async (tx) => {
    await takeTime(tx);
    // Whoever holds this sees what the step before has done, by whatever process; the row stays free for who looks at it.
    await accept.holdImports(tx);
    const row = await db.findImport(tx, importId);
    const acceptance = row?.options.acceptance;
    if (row?.state !== 'accepting' || !acceptance) return false;
    const upTo = await accept.endOfStep(tx, { importId, after: acceptance.line }, { rows: rowsAStep, held: heldAStep });
    if (upTo === null) {
      await end(tx, row, acceptance, now());
      return false;
    }
    const range = { importId, after: acceptance.line, upTo };
    const step = { range, fileName: row.fileName, headings: headingsOf(row), acceptance, now: now() };
    const counts = await (row.kind === 'customers' ? customersOf(tx, step) : membersOf(tx, step));
    await acceptances.noteStep(tx, importId, { ...sum(acceptance, counts), line: upTo });
    return true;
  });
}

type Counts = Omit<db.Acceptance, 'by' | 'personChanges' | 'audienceId' | 'line'>;
const noRows: Counts = {
  rows: 0,
  written: 0,
  consents: 0,
  subscriptions: 0,
  heldConsents: 0,
  takenOver: 0,
  leftAudiences: 0,
  keptNos: 0,
  numbers: 0,
  leftOut: 0,
  members: 0,
};
export const beginning = (said: Pick<db.Acceptance, 'by' | 'personChanges' | 'audienceId'>): db.Acceptance => ({
  ...said,
  ...noRows,
  line: 0,
});

function sum(acceptance: db.Acceptance, step: Partial<Counts>): db.Acceptance {
  const counts = Object.entries(step) as [keyof Counts, number][];
  return { ...acceptance, ...Object.fromEntries(counts.map(([name, n]) => [name, acceptance[name] + n])) };
}

// A file without customer ids names nobody else: then nothing is looked for under this key.
const noPlace: people.IdPlace = { key: '', column: '' };
function headingsOf({ kind, columns, options }: db.Import): accept.Headings {
  const known = (columns ?? []) as Column[];
  const phoneColumn = known.find(({ field }) => field === 'phone')?.header ?? '';
  const bringsNumbers = (options.withNumbers ?? 0) > 0;
  return { ...(idPlaceOf(kind, known) ?? noPlace), phoneColumn, bringsNumbers };
}
const audienceOf = ({ audienceId, members }: db.Acceptance) =>
  audienceId === null ? null : { id: audienceId, size: members };

type Step = {
  range: people.RowRange;
  fileName: string;
  headings: accept.Headings;
  acceptance: db.Acceptance;
  now: Date;
};

async function customersOf(tx: Tx, step: Step): Promise<Partial<Counts>> {
  const { range, headings, acceptance, now } = step;
  const takesOver = acceptance.personChanges === 'take-over';
  await people.dropHeld(tx, range, takesOver ? 'awaited' : 'all');
  await keepNosOfNobody(tx, range, now);
  const taken = takesOver ? await takeOver(tx, step) : {};
  const counts = await accept.acceptCustomers(tx, range, { audience: audienceOf(acceptance), now, headings });
  const numbers = headings.bringsNumbers ? await takeNumbers(tx, range, headings, now) : 0;
  return { ...counts, ...taken, numbers };
}

async function takeOver(tx: Tx, { range, fileName, headings, acceptance, now }: Step): Promise<Partial<Counts>> {
  const held = await people.holdPassing(tx, range, headings);
  const leaving = held.map(({ phone, formerId }) => ({ phone, formerId, newId: randomUUIDv7() }));
  const said = { at: now, by: acceptance.by, source: `import:${range.importId}`, reason: fileName };
  const { leftLists: leftAudiences, keptNos } = await takeOverNumbers(tx, leaving, said);
  await people.forgetPersonChanges(tx, range);
  return { takenOver: leaving.length, leftAudiences, keptNos };
}

async function membersOf(tx: Tx, { range, headings, acceptance }: Step): Promise<Partial<Counts>> {
  const audience = audienceOf(acceptance);
  return audience === null ? {} : accept.acceptMembers(tx, range, { audience, headings });
}

async function end(tx: Tx, { id, kind }: db.Import, acceptance: db.Acceptance, at: Date): Promise<void> {
  const { by, personChanges, audienceId, members, leftOut, numbers } = acceptance;
  if (audienceId !== null) await acceptances.openAudience(tx, audienceId);
  await acceptances.noteCounts(tx, id, acceptance);
  await db.markEnded(tx, id, 'accepted', audienceId, at);
  const { written, consents, subscriptions, heldConsents, takenOver, leftAudiences, keptNos } = acceptance;
  const passedOn = { people: takenOver, leftAudiences, keptNos };
  const customers = { written, consents, subscriptions, heldConsents, personChanges, takenOver: passedOn };
  const taken = {
    ...(kind === 'customers' && customers),
    ...(numbers > 0 && { furtherNumbers: numbers }),
    ...(leftOut > 0 && { leftOut }),
    ...(audienceId !== null && { audienceId, members }),
  };
  const accepted = audit('import.accepted', id, taken);
  await record(tx, { ...accepted, actor: `staff:${by}` }, at);
}

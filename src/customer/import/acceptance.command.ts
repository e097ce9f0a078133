import { randomUUIDv7 } from 'node:crypto';
import { z } from 'zod';
import { AppError } from '../../kernel/app-error.rule.ts';
import * as accept from './accept-import.db.ts';
import { insertAudience } from '../../audience/audience.db.ts';
import * as db from './import.db.ts';
import * as people from '../person-change.db.ts';
import { takeTime, type Tx } from '../../kernel/sql.db.ts';
import { demand, mutate, type Context } from '../../house/context.ts';
import { audit, demandChecked, permissionFor } from './import.command.ts';
import { requireImport, unknownImport } from './view.command.ts';

export type Accepted = {
  /** The audience, when the file was one. */
  audienceId: string | null;
  goodRows: number;
};

const Which = z.object({ importId: z.uuid() });

/** What becomes of rows that give another customer id to a number on record. */
export const personChangeChoices = ['refuse', 'take-over'] as const;
export const Acceptance = Which.extend({
  personChanges: z.enum(personChangeChoices).default('refuse'),
  /** Also makes an audience of the customers that are taken over; a file of kind audience becomes one anyhow. */
  asAudience: z.boolean().default(false),
});

/**
 * Takes the checked rows over in one transaction. Accepting twice does one thing and gives one answer.
 * Throws `import.unknown`, `import.not-checked`, `import.external-id-taken`, `import.person-changed-since`,
 * `import.person-awaited`.
 */
export async function acceptImport(ctx: Context, input: z.input<typeof Acceptance>): Promise<Accepted> {
  const { importId, personChanges, asAudience } = Acceptance.parse(input);
  const { kind } = await requireImport(ctx.pool, importId);
  if (asAudience) demand(ctx, 'audience:write');
  try {
    return await mutate(ctx, permissionFor[kind], async (tx) => {
      await takeTime(tx);
      const row = await lock(tx, importId);
      if (row.state === 'accepted') return { result: answer(row), audit: audit('import.accepted-again', importId, {}) };
      demandChecked(row);
      const taken =
        kind === 'customers'
          ? await takeCustomers(ctx, tx, row, { personChanges, asAudience })
          : await takeAudience(ctx, tx, row);
      const resultId = taken.audienceId ?? null;
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
  { id, options, fileName }: db.Import,
  { personChanges, asAudience }: Pick<z.output<typeof Acceptance>, 'personChanges' | 'asAudience'>,
): Promise<accept.AcceptedCustomers & { personChanges: string; audienceId?: string; members?: number }> {
  await accept.holdImports(tx);
  const late = await people.countLateChanges(tx, id);
  if (late > 0) throw changedSince(id, late);
  const takesOver = personChanges === 'take-over' && (options.personChanges ?? 0) > 0;
  const awaited = takesOver ? await people.countAwaited(tx, id) : 0;
  if (awaited > 0) throw awaitedStill(id, awaited);
  const taken = await accept.acceptCustomers(tx, id, { takesOver, now: ctx.now() });
  if (takesOver) await db.noteTakenOver(tx, id, taken.takenOver.people);
  if (!asAudience) return { ...taken, personChanges };
  const audienceId = randomUUIDv7();
  const name = fileName.replace(/\.(?:csv|txt|xlsx)$/i, '').slice(0, 100) || fileName.slice(0, 100);
  const members = await accept.countTaken(tx, id, { takesOver });
  const audience = { id: audienceId, name, filter: null, size: members };
  await insertAudience(tx, { ...audience, createdBy: ctx.staff.id, createdAt: ctx.now() });
  await accept.acceptTaken(tx, id, audienceId, { takesOver });
  return { ...taken, personChanges, audienceId, members };
}

const changedSince = (importId: string, rows: number): AppError =>
  new AppError(
    'conflict',
    'import.person-changed-since',
    'Since the file was checked numbers of it came to another customer; upload the file again.',
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
  // A number that passes to another customer leaves open lists: not the one that is being made beside it.
  await accept.holdImports(tx);
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
      if (row.state !== 'asking') demandChecked(row);
      await db.markEnded(tx, importId, 'discarded', null, ctx.now());
    }
    return { result: null, audit: audit('import.discarded', importId, { again: row.state === 'discarded' }) };
  });
}

async function lock(tx: Tx, id: string): Promise<db.Import> {
  return (await db.lockImport(tx, id)) ?? unknownImport(id);
}

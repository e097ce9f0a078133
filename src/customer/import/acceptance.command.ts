import { randomUUIDv7 } from 'node:crypto';
import { z } from 'zod';
import { AppError } from '../../kernel/app-error.rule.ts';
import { markAccepting } from './acceptance.db.ts';
import { beginning, goOnAccepting } from './acceptance-steps.command.ts';
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
 * Takes the checked rows over: from here on nothing but their being written ends it, by this process or by another
 * (acceptance-steps.command.ts). Accepting twice does one thing and gives one answer. A row whose number or customer id
 * became another person's since the check is left out and is a fault of the file.
 * Throws `import.unknown`, `import.not-checked`, `import.person-awaited`.
 */
export async function acceptImport(ctx: Context, input: z.input<typeof Acceptance>): Promise<Accepted> {
  const { id } = await markAccepted(ctx, input);
  await goOnAccepting(ctx, id);
  return answer(await requireImport(ctx.pool, id));
}

const answer = (row: db.Import): Accepted => ({ audienceId: row.resultId, goodRows: row.goodRows });

/** The beginning of `acceptImport`, which throws what that throws at once; gives the import as it is then. */
export async function markAccepted(ctx: Context, input: z.input<typeof Acceptance>): Promise<db.Import> {
  const wanted = Acceptance.parse(input);
  const { importId: id, asAudience } = wanted;
  const { kind } = await requireImport(ctx.pool, id);
  if (asAudience) demand(ctx, 'audience:write');
  return mutate(ctx, permissionFor[kind], async (tx) => {
    await takeTime(tx);
    const row = await lock(tx, id);
    if (row.state === 'accepted' || row.state === 'accepting')
      return { result: row, audit: audit('import.accepted-again', id, {}) };
    demandChecked(row);
    const takesOver =
      kind === 'customers' && wanted.personChanges === 'take-over' && (row.options.personChanges ?? 0) > 0;
    const awaited = takesOver ? await people.countAwaited(tx, id) : 0;
    if (awaited > 0) throw awaitedStill(id, awaited);
    const audienceId = kind === 'audience' || asAudience ? await fill(ctx, tx, row) : null;
    const said = { by: ctx.staff.id, personChanges: takesOver ? wanted.personChanges : 'refuse', audienceId } as const;
    await markAccepting(tx, id, beginning(said));
    return {
      result: await requireImport(tx, id),
      audit: audit('import.accept-begun', id, { personChanges: said.personChanges, audienceId }),
    };
  });
}

/** The audience that the rows are to become; nobody sees it before all are in it. */
async function fill(ctx: Context, tx: Tx, { kind, options, fileName, goodRows }: db.Import): Promise<string> {
  const id = randomUUIDv7();
  const ofFile = fileName.replace(/\.(?:csv|txt|xlsx)$/i, '').slice(0, 100) || fileName.slice(0, 100);
  const name = kind === 'audience' ? (options.name ?? fileName) : ofFile;
  const audience = { id, name, filter: null, size: goodRows, createdBy: ctx.staff.id, createdAt: ctx.now() };
  await insertAudience(tx, audience, 'filling');
  return id;
}

const awaitedStill = (importId: string, awaited: number): AppError =>
  new AppError(
    'conflict',
    'import.person-awaited',
    'Campaigns that have not ended may still write to people whose numbers are to pass on; wait for them or cancel them.',
    { importId, people: awaited },
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

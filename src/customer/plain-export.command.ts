import { randomUUIDv7 } from 'node:crypto';
import { z } from 'zod';
import { AppError } from '../kernel/app-error.rule.ts';
import { rightsOf } from '../kernel/permission.rule.ts';
import {
  countWaitingExports,
  decideExport,
  insertExport,
  listExports,
  lockExport,
  takeExport,
  type CustomerExport,
} from './export.db.ts';
import { countCustomers, findCustomerIds } from './search.db.ts';
import { countReveals, insertReveal } from './reveal.db.ts';
import type { Tx } from '../kernel/sql.db.ts';
import { paragraph } from '../kernel/field.rule.ts';
import { demand, demandOwnSession, mutate, unitsFor, type Context } from '../house/context.ts';
import { Browse, filterOf } from './search.command.ts';
import { demandUnrelated } from '../house/key-approval.command.ts';
import { revealsPerHour } from './reveal.command.ts';

/** A request waits so long for somebody to decide, and an approved file so long to be taken. */
export const exportHours = 24;
const Wanted = Browse.omit({ after: true, limit: true }).extend({ reason: paragraph(500, 0) });
const Filter = Browse.omit({ after: true, limit: true });
const hourMs = 3_600_000;
const since = (ctx: Context): Date => new Date(ctx.now().getTime() - exportHours * hourMs);

/**
 * Asks for whole numbers in a file. As many people as the caller might look at one by one within the hour are ready at once
 * and count as looks; for more somebody else decides. Throws `export.reason-short`, `export.own-units-only`.
 */
export async function requestPlainExport(
  ctx: Context,
  input: z.input<typeof Wanted>,
): Promise<{ id: string; ready: boolean; people: number }> {
  const { reason, ...filter } = Wanted.parse(input);
  demandOwnSession(ctx);
  if (unitsFor(ctx, 'customer:reveal') !== '*')
    throw new AppError(
      'denied',
      'export.own-units-only',
      'Whole numbers take the right to look at them, for every unit.',
    );
  if (Array.from(reason).length < 4)
    throw new AppError(
      'invalid',
      'export.reason-short',
      'Say what whole numbers are needed for, in at least 4 characters.',
      {
        field: 'reason',
      },
    );
  const id = randomUUIDv7();
  return mutate(ctx, 'customer:export', async (tx) => {
    const now = ctx.now();
    const people = await countCustomers(tx, filterOf(filter), now);
    const looked = await countReveals(tx, ctx.staff.id, new Date(now.getTime() - hourMs));
    const ready = looked + people <= revealsPerHour;
    await insertExport(tx, {
      id,
      staffId: ctx.staff.id,
      filter,
      reason,
      people,
      requestedAt: now,
      approved: ready || null,
    });
    return {
      result: { id, ready, people },
      audit: {
        action: 'customer.export-requested',
        objectKind: 'export',
        objectId: id,
        details: { ...conditions(filter), people, reason, ready },
      },
    };
  });
}

/** The filter without what somebody typed: that may be a name. */
function conditions({ search, ...named }: z.output<typeof Filter>): Record<string, unknown> {
  const asked = Object.entries(named).filter(([, value]) => value !== null && value !== undefined);
  return { ...Object.fromEntries(asked), typed: Boolean(search) };
}

/** Lets the numbers leave, or not. Nobody decides on a request of their own, nor on one of somebody whom they let in of late. */
export async function decideOnExport(ctx: Context, input: { id: string; approve: boolean }): Promise<CustomerExport> {
  return mutate(ctx, 'export:decide', async (tx) => {
    demandOwnSession(ctx);
    const wanted = await load(tx, input.id);
    if (wanted.staffId === ctx.staff.id)
      throw new AppError('denied', 'export.own', 'Nobody approves an export of their own; somebody else must.');
    if (wanted.approved !== null || wanted.requestedAt <= since(ctx))
      throw new AppError('conflict', 'export.decided', 'This request was decided on or is over.');
    if (input.approve)
      await demandUnrelated(
        tx,
        ctx,
        wanted,
        new AppError(
          'denied',
          'export.gave-way-in',
          'You, or somebody who let you in, gave this person a way in of late; somebody else must decide.',
        ),
      );
    await decideExport(tx, wanted.id, input.approve, ctx.staff.id, ctx.now());
    return {
      result: wanted,
      audit: {
        action: input.approve ? 'customer.export-approved' : 'customer.export-declined',
        objectKind: 'export',
        objectId: wanted.id,
        details: { staffId: wanted.staffId, people: wanted.people },
      },
    };
  });
}

/** Takes the file, once, by who asked for it, within a day. Throws `export.not-ready`, `export.over`, `export.grown`. */
export async function takePlainExport(ctx: Context, id: string): Promise<z.output<typeof Filter>> {
  demandOwnSession(ctx);
  return mutate(ctx, 'customer:export', async (tx) => {
    const now = ctx.now();
    const wanted = await load(tx, id);
    if (wanted.staffId !== ctx.staff.id || unitsFor(ctx, 'customer:reveal') !== '*') throw missing();
    if (!wanted.approved) throw new AppError('conflict', 'export.not-ready', 'Nobody has approved this export.');
    if (wanted.takenAt || (wanted.decidedAt ?? now) <= since(ctx))
      throw new AppError('conflict', 'export.over', 'This file was taken already, or waited too long; ask again.');
    const filter = Filter.parse(wanted.filter);
    if ((await countCustomers(tx, filterOf(filter), now)) > wanted.people)
      throw new AppError('conflict', 'export.grown', 'More people match by now than were approved; ask again.');
    await countLooks(tx, ctx, filter);
    await takeExport(tx, id, now);
    return {
      result: filter,
      audit: {
        action: 'customer.export',
        objectKind: 'export',
        objectId: id,
        details: { ...conditions(filter), people: wanted.people, plain: true, reason: wanted.reason },
      },
    };
  });
}

/** A file of numbers is as many looks; beyond the hour's worth one more changes nothing. */
async function countLooks(tx: Tx, ctx: Context, filter: z.output<typeof Filter>): Promise<void> {
  const ids = await findCustomerIds(tx, filterOf(filter), ctx.now(), revealsPerHour);
  for (const customerId of ids)
    await insertReveal(tx, { id: randomUUIDv7(), customerId, staffId: ctx.staff.id, at: ctx.now() });
}

export type ShownExport = CustomerExport & {
  mine: boolean;
  stands: 'waiting' | 'ready' | 'taken' | 'declined' | 'over';
};

/** The caller's own of the last days, and what waits for their decision. */
export async function browseExports(ctx: Context): Promise<ShownExport[]> {
  demand(ctx, 'customer:read');
  const decides = rightsOf(ctx.staff.grants).has('export:decide');
  const week = new Date(ctx.now().getTime() - 7 * exportHours * hourMs);
  const rows = await listExports(ctx.pool, ctx.staff.id, decides, week);
  return rows.map((row) =>
    Object.assign(row, { mine: row.staffId === ctx.staff.id, stands: standOf(row, since(ctx)) }),
  );
}

function standOf({ approved, takenAt, requestedAt, decidedAt }: CustomerExport, over: Date): ShownExport['stands'] {
  if (takenAt) return 'taken';
  if (approved === false) return 'declined';
  if ((decidedAt ?? requestedAt) <= over) return 'over';
  return approved ? 'ready' : 'waiting';
}

/** How many requests wait for the caller: the count beside the menu entry. */
export async function waitingExports(ctx: Context): Promise<number> {
  return rightsOf(ctx.staff.grants).has('export:decide') ? countWaitingExports(ctx.pool, ctx.staff.id, since(ctx)) : 0;
}

async function load(tx: Tx, id: string): Promise<CustomerExport> {
  const found = await lockExport(tx, id);
  if (!found) throw missing();
  return found;
}
const missing = () => new AppError('missing', 'export.missing', 'There is no such export of yours.');

import { demand, unitsFor, type Context } from '../../house/context.ts';
import { formUnits, searchForms, type ArchivedForm } from '../sign-off.db.ts';
import { withStates } from '../sign-off.command.ts';

export type ArchiveQuery = {
  number?: string | undefined;
  unit?: string | undefined;
  from?: Date | undefined;
  until?: Date | undefined;
  text?: string | undefined;
  /** The form id that the page before ended with. */
  before?: string | undefined;
};

const pageSize = 50;

/** Forms that were ever made, newest first, of units the caller may read. `next` is null on the last page. */
export async function searchArchive(
  ctx: Context,
  query: ArchiveQuery,
): Promise<{ rows: (ArchivedForm & { state: string })[]; next: string | null; units: string[] }> {
  demand(ctx, 'campaign:read');
  const units = unitsFor(ctx, 'campaign:read');
  const found = await searchForms(ctx.pool, { ...query, units, limit: pageSize + 1 });
  const rows = found.slice(0, pageSize);
  return {
    rows: await withStates(ctx, rows),
    next: found.length > pageSize ? (rows.at(-1)?.formId ?? null) : null,
    units: await formUnits(ctx.pool, units),
  };
}

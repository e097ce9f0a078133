import { z } from 'zod';
import { AppError } from '../kernel/app-error.rule.ts';
import { unitsFor, demand, type Context } from '../house/context.ts';
import { findCustomer } from './customer.db.ts';
import { campaignsOf, timelineKinds, timelineOf, type CampaignOfCustomer, type TimelineRow } from './timeline.db.ts';

const Cursor = z.object({
  position: z.iso.datetime(),
  kind: z.enum(timelineKinds),
  ref: z.string().max(200),
});
const Which = z.object({
  customerId: z.uuid(),
  cursor: z.string().max(1_000).nullish(),
  limit: z.number().int().min(1).max(200).default(30),
});

/** `readable`: the caller may open the campaign that it was about. */
export type TimelineEvent = Pick<TimelineRow, 'at' | 'kind' | 'ref' | 'details'> & { readable: boolean };

/**
 * Everything on record about one customer, newest first, over all channels and all numbers while they were theirs. `next` is the `cursor` of the following page.
 * Throws `customer.unknown`, `page.unknown` for a cursor that is none of ours.
 */
export async function customerTimeline(
  ctx: Context,
  input: z.input<typeof Which>,
): Promise<{ events: TimelineEvent[]; next: string | null }> {
  const { customerId, cursor, limit } = Which.parse(input);
  await demandCustomer(ctx, customerId);
  const rows = await timelineOf(ctx.pool, customerId, cursor ? readCursor(cursor) : null, limit + 1);
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const mayRead = readerOf(ctx);
  return {
    events: shown.flatMap((row) => eventFor(row, { mayRead, maySee: seerOf(ctx) })),
    next: rows.length > limit && last ? writeCursor(last) : null,
  };
}

/**
 * Of another unit's campaign only that and when somebody was contacted: the caps count it, so whoever plans the next touch
 * must see it. Which campaign it was, whom it left out and why stays with that unit.
 */
function eventFor(
  { at, kind, ref, details }: TimelineRow,
  { mayRead, maySee }: Record<'mayRead' | 'maySee', (unit: unknown) => boolean>,
): TimelineEvent[] {
  const elsewhere = typeof details['unit'] === 'string' && !maySee(details['unit']);
  if (!elsewhere) return [{ at, kind, ref, details, readable: mayRead(details['unit']) }];
  if (kind !== 'contact') return [];
  const { channel, purpose } = details;
  return [{ at, kind, ref: kind, details: { channel, purpose, elsewhere: true }, readable: false }];
}

export type CampaignsPage = { rows: (CampaignOfCustomer & { readable: boolean })[]; next: number | null };

/** The campaigns of the caller's units that meant this customer, newest first, with what became of it. Throws `customer.unknown`. */
export async function customerCampaigns(
  ctx: Context,
  input: { customerId: string; beforeKey?: number | null; limit?: number },
): Promise<CampaignsPage> {
  const { customerId } = input;
  await demandCustomer(ctx, customerId);
  const limit = input.limit ?? 10;
  const rows = await campaignsOf(ctx.pool, customerId, seenUnits(ctx), input.beforeKey ?? null, limit + 1);
  const shown = rows.slice(0, limit);
  const mayRead = readerOf(ctx);
  return {
    rows: shown.map((row) => ({ ...row, readable: mayRead(row.unit) })),
    next: rows.length > limit ? (shown.at(-1)?.key ?? null) : null,
  };
}

async function demandCustomer(ctx: Context, customerId: string): Promise<void> {
  demand(ctx, 'customer:read');
  if (!(await findCustomer(ctx.pool, customerId)))
    throw new AppError('missing', 'customer.unknown', 'There is no such customer.', { customerId });
}

/** Whose campaigns stand by name on a customer's card: who serves customers of a unit must know what it wrote to them. */
function seenUnits(ctx: Context): '*' | string[] {
  const [served, read] = [unitsFor(ctx, 'customer:read'), unitsFor(ctx, 'campaign:read')];
  return served === '*' || read === '*' ? '*' : [...new Set([...served, ...read])];
}

function seerOf(ctx: Context): (unit: unknown) => boolean {
  const units = seenUnits(ctx);
  return (unit) => typeof unit === 'string' && (units === '*' || units.includes(unit));
}

function readerOf(ctx: Context): (unit: unknown) => boolean {
  const units = unitsFor(ctx, 'campaign:read');
  return (unit) => typeof unit === 'string' && (units === '*' || units.includes(unit));
}

const writeCursor = ({ position, kind, ref }: TimelineRow): string =>
  Buffer.from(JSON.stringify([position, kind, ref])).toString('base64url');

function readCursor(text: string): z.output<typeof Cursor> {
  try {
    const [position, kind, ref] = JSON.parse(Buffer.from(text, 'base64url').toString()) as unknown[];
    return Cursor.parse({ position, kind, ref });
  } catch (error) {
    throw new AppError(
      'invalid',
      'page.unknown',
      'This page of the list is not known; begin at the first.',
      undefined,
      {
        cause: error,
      },
    );
  }
}

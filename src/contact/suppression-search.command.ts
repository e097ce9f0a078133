import { randomUUIDv7 } from 'node:crypto';
import { z } from 'zod';
import { findSearch, saveSearch } from '../customer/kept-search.db.ts';
import { demand, type Context } from '../house/context.ts';
import { readPhone } from '../customer/customer.command.ts';
import { searchesSince } from '../customer/search.command.ts';

const Kept = z.object({ phone: z.string() });

/** Keeps a number that somebody looks for, for an hour, and gives what stands for it in an address. Throws `phone.invalid`. */
export async function keepNumber(ctx: Context, input: string): Promise<string> {
  demand(ctx, 'suppression:read');
  const id = randomUUIDv7();
  const at = ctx.now();
  const filter = { phone: readPhone(input) };
  await saveSearch(ctx.pool, { id, staffId: ctx.staff.id, page: 'suppressions', filter, at }, searchesSince(at));
  return id;
}

/** The number kept under that id by the same person within the hour (E.164); null otherwise. */
export async function keptNumber(ctx: Context, id: string): Promise<string | null> {
  demand(ctx, 'suppression:read');
  const since = searchesSince(ctx.now());
  const kept = await findSearch(ctx.pool, { id, staffId: ctx.staff.id, page: 'suppressions', since });
  return kept === null ? null : Kept.parse(kept).phone;
}

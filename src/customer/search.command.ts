import { randomUUIDv7 } from 'node:crypto';
import { z } from 'zod';
import { maskPhone } from '../kernel/phone-mask.rule.ts';
import { findSearch, saveSearch } from './kept-search.db.ts';
import { findCustomerByPhone, listCustomers, tiers } from './customer.db.ts';
import { roughCount, searchCustomers, type CustomerSearch, type FoundCustomer } from './search.db.ts';
import { normalizeMobile } from '../kernel/phone.rule.ts';
import { demand, type Context } from '../house/context.ts';

export const searchHours = 1;
export const searchesSince = (now: Date): Date => new Date(now.getTime() - searchHours * 3_600_000);

/** What of a search may be kept: how a name begins and the end of a number. */
const Kept = z.object({ name: z.string().optional(), tail: z.string().optional() });
export type KeptSearch = z.infer<typeof Kept>;

export type SearchAnswer = { kind: 'customer'; id: string } | { kind: 'search'; id: string } | { kind: 'nobody' };

const Words = z.string().trim().min(1).max(100);

/**
 * What somebody typed: a whole number or a customer id lead to that customer; four digits, the beginning of a name, or both
 * (`王 8812`) are kept for an hour and listed by `browseCustomers`. Throws nothing for what matches nobody.
 */
export async function lookUpCustomer(ctx: Context, input: string): Promise<SearchAnswer> {
  demand(ctx, 'customer:read');
  const words = Words.parse(input);
  const phone = normalizeMobile(words);
  if (phone.ok) return found(await findCustomerByPhone(ctx.pool, phone.phone));
  const [byExternalId] = await listCustomers(ctx.pool, { externalId: words }, null, 1);
  if (byExternalId) return found(byExternalId);
  const kept = keptOf(words);
  const id = randomUUIDv7();
  const now = ctx.now();
  await saveSearch(
    ctx.pool,
    { id, staffId: ctx.staff.id, page: 'customers', filter: kept, at: now },
    searchesSince(now),
  );
  return { kind: 'search', id };
}

const found = (customer: { id: string } | null): SearchAnswer =>
  customer ? { kind: 'customer', id: customer.id } : { kind: 'nobody' };

/** Four digits at the end, after a space or alone, are the end of a number; the rest begins a name. */
export function keptOf(words: string): KeptSearch {
  const parts = /^(?:(?<name>.*\S)\s+)?(?<tail>\d{4})$/u.exec(words.normalize('NFKC').trim());
  if (!parts) return { name: words };
  const { name, tail } = parts.groups ?? {};
  return { ...(name && { name }), ...(tail && { tail }) };
}

/** What was kept under that id by the same person within the hour; null otherwise. */
export async function keptSearch(ctx: Context, id: string): Promise<KeptSearch | null> {
  demand(ctx, 'customer:read');
  const kept = await findSearch(ctx.pool, {
    id,
    staffId: ctx.staff.id,
    page: 'customers',
    since: searchesSince(ctx.now()),
  });
  return kept === null ? null : Kept.parse(kept);
}

export const Browse = z.object({
  search: z.object({ name: z.string(), tail: z.string() }).partial().nullish(),
  tier: z.enum(tiers).nullish(),
  topic: z.string().max(64).nullish(),
  suppressed: z.boolean().nullish(),
  after: z.uuid().nullish(),
  limit: z.number().int().min(1).max(2_000).default(50),
});

/** As the query takes it. */
export const filterOf = ({
  search,
  tier,
  topic,
  suppressed,
}: Omit<z.output<typeof Browse>, 'after' | 'limit'>): CustomerSearch => ({
  name: search?.name,
  tail: search?.tail,
  tier: tier ?? undefined,
  topic: topic ?? undefined,
  suppressed: suppressed ?? undefined,
});

/** A page of customers after the one with the id `after`, numbers masked: by name when names are looked for, else the newest first. */
export async function browseCustomers(
  ctx: Context,
  input: z.input<typeof Browse>,
): Promise<{ rows: FoundCustomer[]; next: string | null }> {
  const { rows, next } = await browsePlain(ctx, input);
  return { rows: rows.map(masked), next };
}

const masked = (row: FoundCustomer): FoundCustomer => ({
  ...row,
  phone: maskPhone(row.phone),
  further: row.further.map(maskPhone),
});

/** The same with whole numbers, for the export alone. */
export async function browsePlain(
  ctx: Context,
  input: z.input<typeof Browse>,
): Promise<{ rows: FoundCustomer[]; next: string | null }> {
  demand(ctx, 'customer:read');
  const { after, limit, ...wanted } = Browse.parse(input);
  const some = await searchCustomers(ctx.pool, filterOf(wanted), ctx.now(), after ?? null, limit + 1);
  const rows = some.slice(0, limit);
  return { rows, next: some.length > limit ? (rows.at(-1)?.id ?? null) : null };
}

/** How many customers there are; an estimate beyond ten thousand. */
export function countRoughly(ctx: Context): Promise<{ count: number; exact: boolean }> {
  demand(ctx, 'customer:read');
  return roughCount(ctx.pool);
}

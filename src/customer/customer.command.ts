import { z } from 'zod';
import { AppError } from '../kernel/app-error.rule.ts';
import { maskPhone } from '../kernel/phone-mask.rule.ts';
import { consentsOf, type Consent } from './consent.db.ts';
import * as customers from './customer.db.ts';
import { scopeOf } from '../kernel/reach.rule.ts';
import { activeSuppressionsOf, type Suppression } from '../contact/suppression.db.ts';
import { numbersOf, type NumberRow } from './number.db.ts';
import { subscriptionsOf, type Subscription } from './topic.db.ts';
import { normalizeMobile } from '../kernel/phone.rule.ts';
import { demand, type Context } from '../house/context.ts';

/** Keyset pages, newest first: `before` is the `next` of the page before. */
export const Page = z.object({ before: z.uuid().nullish(), limit: z.number().int().min(1).max(500).default(50) });

/** Asks for one row more than the page holds, which tells whether another page follows. */
export async function pageOf<Row extends { id: string }>(
  page: z.output<typeof Page>,
  read: (before: string | null, limit: number) => Promise<Row[]>,
): Promise<{ rows: Row[]; next: string | null }> {
  const found = await read(page.before ?? null, page.limit + 1);
  const rows = found.slice(0, page.limit);
  return { rows, next: found.length > page.limit ? (rows.at(-1)?.id ?? null) : null };
}

/** E.164 of whatever a person typed. Throws `phone.invalid` with the reason, never the number. */
export function readPhone(raw: string): string {
  const read = normalizeMobile(raw);
  if (read.ok) return read.phone;
  throw new AppError('invalid', 'phone.invalid', 'This is not a mobile number of mainland China.', {
    reason: read.reason,
  });
}

/** As everybody sees a customer: `phone` is masked. */
export type CustomerView = customers.Customer;
const view = (customer: customers.Customer): CustomerView => ({ ...customer, phone: maskPhone(customer.phone) });

const Listing = Page.extend({
  phone: z.string().max(60).nullish(),
  externalId: z.string().max(200).nullish(),
  tier: z.enum(customers.tiers).nullish(),
});

/** `phone` in any usual writing; it belongs in a request body, never in an address. */
export async function listCustomers(
  ctx: Context,
  input: z.input<typeof Listing> = {},
): Promise<{ rows: CustomerView[]; next: string | null }> {
  demand(ctx, 'customer:read');
  const { phone, externalId, tier, ...page } = Listing.parse(input);
  const filter = {
    phone: phone ? readPhone(phone) : undefined,
    externalId: externalId ?? undefined,
    tier: tier ?? undefined,
  };
  const { rows, next } = await pageOf(page, (before, limit) =>
    customers.listCustomers(ctx.pool, filter, before, limit),
  );
  return { rows: rows.map(view), next };
}

const masked = (row: Suppression) => ({ ...row, phone: maskPhone(row.phone), scope: scopeOf(row) });

/** As everybody sees a number. */
export const maskedNumber = (row: NumberRow): NumberRow => ({ ...row, phone: maskPhone(row.phone) });

export type CustomerCard = CustomerView & {
  consents: Consent[];
  subscriptions: Subscription[];
  /** In their order. */
  numbers: NumberRow[];
  suppressions: ReturnType<typeof masked>[];
};

/** One customer by id or by number, with what they agreed to and what silences them, phones masked; null when there is none. */
export async function findCustomer(ctx: Context, by: { id: string } | { phone: string }): Promise<CustomerCard | null> {
  demand(ctx, 'customer:read');
  const found =
    'id' in by
      ? await customers.findCustomer(ctx.pool, by.id)
      : await customers.findCustomerByPhone(ctx.pool, readPhone(by.phone));
  if (!found) return null;
  const [consents, subscriptions, numbers, suppressions] = await Promise.all([
    consentsOf(ctx.pool, found.id),
    subscriptionsOf(ctx.pool, found.id),
    numbersOf(ctx.pool, found.id, ctx.now()),
    activeSuppressionsOf(ctx.pool, found.id, ctx.now()),
  ]);
  return {
    ...view(found),
    consents,
    subscriptions,
    numbers: numbers.map(maskedNumber),
    suppressions: suppressions.map(masked),
  };
}

export async function countCustomers(ctx: Context): Promise<customers.CustomerCounts> {
  demand(ctx, 'customer:read');
  return customers.countCustomers(ctx.pool);
}

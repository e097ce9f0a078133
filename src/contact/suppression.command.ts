import { randomUUIDv7 } from 'node:crypto';
import { z } from 'zod';
import { AppError } from '../kernel/app-error.rule.ts';
import { maskPhone } from '../kernel/phone-mask.rule.ts';
import { withdrawConsentByPhone, withdrawConsentOf } from '../customer/consent.db.ts';
import { findCustomer } from '../customer/customer.db.ts';
import type { Tx } from '../kernel/sql.db.ts';
import { suppressionKinds } from './contact.rule.ts';
import {
  contactChannels,
  contactPurposes,
  reachAsked,
  scopeOf,
  suppressionScopes,
  type Reach,
  type SuppressionScope,
} from '../kernel/reach.rule.ts';
import * as db from './suppression.db.ts';
import { mutate, demand, type Context } from '../house/context.ts';
import { Page, pageOf, readPhone } from '../customer/customer.command.ts';
import { paragraph } from '../kernel/field.rule.ts';

/** What is silenced: by the word for it, or by both lists. */
export const ReachFields = z.object({
  scope: z.enum(suppressionScopes).optional(),
  channels: z.array(z.enum(contactChannels)).optional(),
  purposes: z.array(z.enum(contactPurposes)).optional(),
});

/** Throws `suppression.no-reach`. */
export function demandReach(input: z.output<typeof ReachFields>): Reach {
  const reach = reachAsked(input);
  if (reach) return reach;
  throw new AppError(
    'invalid',
    'suppression.no-reach',
    'Say what is silenced: a scope, or at least one channel and one purpose.',
    { field: 'purposes' },
  );
}

const Wanted = ReachFields.extend({
  phone: z.string(),
  kind: z.enum(suppressionKinds),
  reason: paragraph(500),
  expiresAt: z.date().nullish(),
});

/** As everybody sees it: `phone` is masked; `scope` is the word for what it silences, null when there is none. */
export type SuppressionView = db.Suppression & { scope: SuppressionScope | null };
const view = (row: db.Suppression): SuppressionView => ({
  ...row,
  phone: maskPhone(row.phone),
  scope: scopeOf(row),
});

/**
 * Silences a number. When one of the same kind already does so as widely and as long, that one is given and `added` is false.
 * Throws `phone.invalid`, `suppression.expired`, `suppression.no-reach`.
 */
export async function suppress(
  ctx: Context,
  input: z.input<typeof Wanted>,
): Promise<{ suppression: SuppressionView; added: boolean }> {
  const { phone: raw, kind, reason, expiresAt = null, ...asked } = Wanted.parse(input);
  const reach = demandReach(asked);
  const phone = readPhone(raw);
  const createdAt = ctx.now();
  if (expiresAt && expiresAt <= createdAt) {
    throw new AppError(
      'invalid',
      'suppression.expired',
      'The suppression would end before it begins; give a later end or none.',
    );
  }
  return mutate(ctx, 'suppression:write', async (tx) => {
    const id = randomUUIDv7();
    const wanted = {
      id,
      phone,
      kind,
      ...reach,
      source: 'staff',
      reason,
      createdAt,
      createdBy: ctx.staff.id,
      expiresAt,
    };
    const { suppression, added } = await db.insertSuppression(tx, wanted);
    return {
      result: { suppression: view(suppression), added },
      audit: {
        action: 'suppression.added',
        objectKind: 'suppression',
        objectId: suppression.id,
        details: { kind, channels: reach.channels, purposes: reach.purposes, added },
      },
    };
  });
}

const Lift = z.object({ id: z.uuid(), reason: paragraph(500) });

/** Lets the number be reached again; consent stays as it is. Throws `suppression.unknown`, `suppression.already-lifted`. */
export async function liftSuppression(ctx: Context, input: z.input<typeof Lift>): Promise<SuppressionView> {
  const { id, reason } = Lift.parse(input);
  return mutate(ctx, 'suppression:lift', async (tx) => {
    const standing = await db.lockSuppression(tx, id);
    if (!standing) throw new AppError('missing', 'suppression.unknown', 'There is no such suppression.', { id });
    if (standing.liftedAt)
      throw new AppError('conflict', 'suppression.already-lifted', 'Somebody lifted it already.', { id });
    const lifted = { at: ctx.now(), by: ctx.staff.id, reason };
    await db.closeSuppression(tx, id, lifted);
    const result = view({ ...standing, liftedAt: lifted.at, liftedBy: lifted.by, liftReason: reason });
    const { kind, channels, purposes } = standing;
    const details = { kind, channels, purposes };
    return { result, audit: { action: 'suppression.lifted', objectKind: 'suppression', objectId: id, details } };
  });
}

/** Who or what silences: a member of staff, a pasted list, a reply, a receipt, a carrier's refusal of a message. */
export const suppressionSources = ['staff', 'list', 'reply', 'receipt', 'refusal'] as const;

const Listing = Page.extend({
  phone: z.string().nullish(),
  kind: z.enum(suppressionKinds).nullish(),
  source: z.enum(suppressionSources).nullish(),
  active: z.boolean().nullish(),
});

const filterOf = ({ phone, kind, source, active }: z.output<typeof Listing>): db.SuppressionFilter => ({
  phone: phone ? readPhone(phone) : undefined,
  kind: kind ?? undefined,
  source: source ?? undefined,
  active: active ?? undefined,
});

/** `phone` in any usual writing; it belongs in a request body, never in an address. */
export async function listSuppressions(
  ctx: Context,
  input: z.input<typeof Listing> = {},
): Promise<{ rows: SuppressionView[]; next: string | null }> {
  demand(ctx, 'suppression:read');
  const wanted = Listing.parse(input);
  const filter = filterOf(wanted);
  const { rows, next } = await pageOf(wanted, (before, limit) =>
    db.listSuppressions(ctx.pool, filter, ctx.now(), before, limit),
  );
  return { rows: rows.map(view), next };
}

/** As a page shows it: masked, with the names of the people behind it. */
export type NamedSuppressionView = db.NamedSuppression & { active: boolean };
const namedView = (row: db.NamedSuppression, now: Date): NamedSuppressionView => ({
  ...row,
  phone: maskPhone(row.phone),
  active: row.liftedAt === null && (row.expiresAt === null || row.expiresAt > now),
});

/** As `listSuppressions`, with the names of the people behind each row. */
export async function browseSuppressions(
  ctx: Context,
  input: z.input<typeof Listing> = {},
): Promise<{ rows: NamedSuppressionView[]; next: string | null }> {
  demand(ctx, 'suppression:read');
  const wanted = Listing.parse(input);
  const filter = filterOf(wanted);
  const { rows, next } = await pageOf(wanted, (before, limit) =>
    db.listNamedSuppressions(ctx.pool, filter, ctx.now(), before, limit),
  );
  return { rows: rows.map((row) => namedView(row, ctx.now())), next };
}

/** Everything that ever silenced one customer or one of their numbers, newest first. Throws `customer.unknown`. */
export async function suppressionsOfCustomer(ctx: Context, customerId: string): Promise<NamedSuppressionView[]> {
  demand(ctx, 'customer:read');
  const customer = await findCustomer(ctx.pool, customerId);
  if (!customer) throw new AppError('missing', 'customer.unknown', 'There is no such customer.', { customerId });
  const rows = await db.suppressionsOf(ctx.pool, customer.id, 100);
  return rows.map((row) => namedView(row, ctx.now()));
}

const Refusal = ReachFields.extend({
  customerId: z.uuid(),
  reason: paragraph(500),
});

/**
 * A customer said no to one of us: silences the number, and withdraws marketing consent when the no is to marketing.
 * Throws `customer.unknown`, `suppression.no-reach`.
 */
export async function recordRefusal(ctx: Context, input: z.input<typeof Refusal>): Promise<{ added: boolean }> {
  const { customerId, reason, ...asked } = Refusal.parse(input);
  const reach = demandReach(asked);
  return mutate(ctx, 'suppression:write', async (tx) => {
    const customer = await findCustomer(tx, customerId);
    if (!customer) throw new AppError('missing', 'customer.unknown', 'There is no such customer.', { customerId });
    const createdAt = ctx.now();
    const { suppression, added } = await db.insertSuppression(tx, {
      id: randomUUIDv7(),
      phone: customer.phone,
      kind: 'opt-out',
      ...reach,
      source: 'staff',
      reason,
      createdAt,
      createdBy: ctx.staff.id,
      expiresAt: null,
    });
    if (reach.purposes.includes('marketing')) await withdrawConsentByPhone(tx, customer.phone, 'staff', createdAt);
    const { channels, purposes } = reach;
    const details = { suppressionId: suppression.id, channels, purposes, added };
    return {
      result: { added },
      audit: { action: 'customer.refused', objectKind: 'customer', objectId: customerId, details },
    };
  });
}

/** `formerId`: who said it has given the number away since, and whoever has it now has said nothing. */
export type OptOut = { phone: string; reach: Reach; source: string; now: Date; formerId?: string };

/**
 * The person said no: silences the number, and withdraws marketing consent when the no is to marketing, inside the caller's
 * transaction, which also writes the audit row. `phone` is E.164. Repeating it changes nothing. A caller with several numbers
 * goes through them in one order, or two callers may wait for each other.
 */
export async function applyOptOut(
  tx: Tx,
  { phone, reach, source, now, formerId }: OptOut,
): Promise<{ suppressionId: string; added: boolean }> {
  const wanted: db.NewSuppression = {
    id: randomUUIDv7(),
    phone,
    kind: 'opt-out',
    ...reach,
    source,
    reason: null,
    createdAt: now,
    createdBy: null,
    expiresAt: null,
  };
  const { suppression, added } = await db.insertSuppression(tx, wanted, formerId);
  const by = source.split(':')[0] ?? source;
  if (reach.purposes.includes('marketing'))
    await (formerId ? withdrawConsentOf(tx, formerId, by, now) : withdrawConsentByPhone(tx, phone, by, now));
  return { suppressionId: suppression.id, added };
}

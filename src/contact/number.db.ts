import { z } from 'zod';
import type { NumberKind } from '../customer/number.rule.ts';
import { keepFormer, leaveOpenLists } from '../customer/person-change.db.ts';
import { lockFamilies } from '../kernel/locks.ts';
import { execute, many, maybe, sql, type Sql, type Tx } from '../kernel/sql.db.ts';
import { ofTheNumber } from './facts.db.ts';
import { openNumbers } from './reserve.db.ts';

const Held = z.object({ id: z.uuid(), updatedAt: z.date() });
export type HeldCustomer = z.infer<typeof Held>;

/**
 * Holds these customers, in the order of their first numbers as an import does, then all their numbers and `phone`, in the
 * order in which a reservation holds them: a campaign's claim and a change of numbers wait for each other, and never both.
 */
export async function holdNumbers(tx: Tx, customers: readonly string[], phone: string | null): Promise<HeldCustomer[]> {
  // A number that nobody has met has no row to be held yet; it is made before anything is held.
  if (phone !== null) await openNumbers(tx, [phone], 'record');
  const held = await many(
    tx,
    Held,
    sql`select id, updated_at as "updatedAt" from customer where id = any(${[...customers]}::uuid[])
      order by phone for no key update`,
  );
  await execute(
    tx,
    sql`select from phone_number n where n.phone = any(array(
        select phone from phone_number where place > 1 and customer_id = any(${[...customers]}::uuid[])
        union select phone from customer where id = any(${[...customers]}::uuid[])
        union select ${phone}::text where ${phone}::text is not null))
      order by n.phone for no key update`,
  );
  return held;
}

/** Whose the number is; null of nobody's. */
export const findHolder = async (tx: Tx, phone: string): Promise<string | null> =>
  (
    await maybe(
      tx,
      z.object({ customerId: z.uuid().nullable() }),
      sql`select customer_id as "customerId" from phone_number where phone = ${phone}`,
    )
  )?.customerId ?? null;

export type NumberDetails = { kind: NumberKind; validUntil: string | null };

/** The customer's numbers are these, in this order; the first is `customer.phone` as well. */
export async function orderNumbers(tx: Tx, customerId: string, phones: readonly string[], at: Date): Promise<void> {
  await execute(
    tx,
    sql`update phone_number n set place = t.place
      from unnest(${[...phones]}::text[]) with ordinality as t (phone, place) where n.phone = t.phone and n.customer_id = ${customerId}`,
  );
  await execute(tx, sql`update customer set phone = ${phones[0]}, updated_at = ${at} where id = ${customerId}`);
}

export const giveNumber = (tx: Tx, phone: string, customerId: string, { kind, validUntil }: NumberDetails, at: Date) =>
  execute(
    tx,
    // Its place is the last until the numbers are put in order: a first number is `customer.phone` already.
    sql`update phone_number set customer_id = ${customerId}, place = 32000, kind = ${kind}, valid_until = ${validUntil}::date,
        since = ${at}, source = 'staff' where phone = ${phone}`,
  );

export const describeNumber = (tx: Tx, phone: string, { kind, validUntil }: NumberDetails) =>
  execute(tx, sql`update phone_number set kind = ${kind}, valid_until = ${validUntil}::date where phone = ${phone}`);

export const freeNumber = (tx: Tx, phone: string) =>
  execute(
    tx,
    sql`update phone_number set customer_id = null, place = 1, kind = 'mobile', valid_until = null where phone = ${phone}`,
  );

/** Of a row `s` that stands: what is said of the number, not by its holder. */
const saidOfIt: Sql = sql`kind = any(${[...ofTheNumber]}::text[])`;

/**
 * What was done with the number and what its holder said stays with that holder, for whose caps and no's it counts from now on.
 * An opt-out that is just coming in is waited for, or comes after: it is whose the number is then. Open lists from files lose
 * the number: what they say is about the holder.
 */
export async function leaveBehind(tx: Tx, phone: string, formerId: string): Promise<void> {
  await execute(tx, sql`select pg_advisory_xact_lock(hashtextextended(${phone}, ${lockFamilies.suppression}))`);
  await execute(tx, sql`update contact set customer_id = ${formerId} where phone = ${phone} and customer_id is null`);
  await execute(
    tx,
    sql`update suppression set customer_id = ${formerId} where phone = ${phone} and customer_id is null and not (${saidOfIt})`,
  );
  await leaveOpenLists(tx, sql`(select ${phone}::text)`);
}

/** Ends what says that the number is dead. Gives the suppressions that ended. */
export const reviveNumber = (
  tx: Tx,
  phone: string,
  { at, by, reason }: { at: Date; by: string; reason: string },
): Promise<{ id: string }[]> =>
  many(
    tx,
    z.object({ id: z.uuid() }),
    sql`update suppression set lifted_at = ${at}, lifted_by = ${by}, lift_reason = ${reason}
      where phone = ${phone} and kind = 'dead-number' and lifted_at is null and (expires_at is null or expires_at > ${at})
      returning id`,
  );

export type Move = {
  id: string;
  phone: string;
  from: string | null;
  to: string | null;
  at: Date;
  source: string;
  reason: string | null;
};

export const recordMove = (tx: Tx, { id, phone, from, to, at, source, reason }: Move) =>
  execute(
    tx,
    sql`insert into phone_number_move (id, phone, from_customer, to_customer, at, source, reason)
      values (${id}, ${phone}, ${from}, ${to}, ${at}, ${source}, ${reason})`,
  );

/** Ends a customer who has no number left, whose record is kept as evidence. Consents and topics go with it. */
export async function endCustomer(tx: Tx, id: string, to: { newId: string; at: Date; source: string }): Promise<void> {
  await keepFormer(tx, sql`(select ${id}::uuid as id, ${to.newId}::uuid as new_id)`, to);
  await execute(tx, sql`delete from customer where id = ${id}`);
}

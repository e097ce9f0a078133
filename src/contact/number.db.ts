import { z } from 'zod';
import { ofTheNumber, type NumberKind } from '../customer/number.rule.ts';
import { keepFormer, leaveOpenLists } from '../customer/person-change.db.ts';
import { isActive } from '../customer/silence.db.ts';
import { execute, many, maybe, one, sql, type Sql, type Tx } from '../kernel/sql.db.ts';
import { openNumbers } from './reserve.db.ts';
import { holdSuppressions } from './suppression.db.ts';

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

/** Of a suppression row `s`: what is said of the number, not by its holder. */
const saidOfIt: Sql = sql`s.kind = any(${[...ofTheNumber]}::text[])`;

/** A number that leaves whoever has it. */
export type Leaving = { phone: string; formerId: string };

/**
 * What was done with the numbers and what their holders said stays with those holders, for whose caps and no's it counts from
 * now on. An opt-out that is just coming in is waited for, or comes after: it is whose the number is then. Open lists from files
 * lose the numbers: what they say is about the holders. Gives how many places on such lists are gone, and how many no's that were in
 * force are the holders' from now on.
 */
export async function leaveBehind(
  tx: Tx,
  leaving: readonly Leaving[],
  now: Date,
): Promise<{ leftLists: number; keptNos: number }> {
  const phones = leaving.map(({ phone }) => phone);
  const left = sql`unnest(${phones}::text[], ${leaving.map(({ formerId }) => formerId)}::uuid[]) as l (phone, former_id)`;
  await holdSuppressions(tx, phones);
  await execute(
    tx,
    sql`update contact k set customer_id = l.former_id from ${left} where k.phone = l.phone and k.customer_id is null`,
  );
  const { keptNos } = await one(
    tx,
    z.object({ keptNos: z.number() }),
    sql`with kept as (
        update suppression s set customer_id = l.former_id from ${left}
        where s.phone = l.phone and s.customer_id is null and not (${saidOfIt}) returning ${isActive(now)} as active)
      select count(*) filter (where active) as "keptNos" from kept`,
  );
  return { leftLists: await leaveOpenLists(tx, sql`(select l.phone from ${left})`), keptNos };
}

/** Ends what says that the numbers are dead. Gives how many suppressions ended. */
export async function reviveNumbers(
  tx: Tx,
  phones: readonly string[],
  { at, by, reason }: { at: Date; by: string; reason: string },
): Promise<number> {
  const { rowCount } = await execute(
    tx,
    sql`update suppression set lifted_at = ${at}, lifted_by = ${by}, lift_reason = ${reason}
      where phone = any(${[...phones]}::text[]) and kind = 'dead-number' and lifted_at is null
        and (expires_at is null or expires_at > ${at})`,
  );
  return rowCount ?? 0;
}

export type Move = {
  id: string;
  phone: string;
  from: string | null;
  to: string | null;
  at: Date;
  source: string;
  reason: string | null;
};

export const recordMoves = (tx: Tx, moves: readonly Move[]) =>
  execute(
    tx,
    sql`insert into phone_number_move (id, phone, from_customer, to_customer, at, source, reason)
      select * from unnest(${moves.map((m) => m.id)}::uuid[], ${moves.map((m) => m.phone)}::text[],
        ${moves.map((m) => m.from)}::uuid[], ${moves.map((m) => m.to)}::uuid[], ${moves.map((m) => m.at)}::timestamptz[],
        ${moves.map((m) => m.source)}::text[], ${moves.map((m) => m.reason)}::text[])`,
  );

/** A customer who has no number left, and who has come to have the last one. */
export type Ending = { id: string; newId: string };

/** Ends customers who have no number left, whose records are kept as evidence. Consents and topics go with them. */
export async function endCustomers(
  tx: Tx,
  ending: readonly Ending[],
  { at, source }: { at: Date; source: string },
): Promise<void> {
  const ids = ending.map(({ id }) => id);
  await keepFormer(
    tx,
    sql`(select * from unnest(${ids}::uuid[], ${ending.map(({ newId }) => newId)}::uuid[]) as e (id, new_id))`,
    { at, source },
  );
  await execute(tx, sql`delete from customer where id = any(${ids}::uuid[])`);
}

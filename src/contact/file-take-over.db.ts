import { randomUUIDv7 } from 'node:crypto';
import { z } from 'zod';
import { many, sql, type Tx } from '../kernel/sql.db.ts';
import * as db from './number.db.ts';

/** The first number of a customer that passes to a new one, whose id is given. */
export type Passing = db.Leaving & { newId: string };

const Further = z.object({ customerId: z.uuid(), phone: z.string() });

/** Numbers of these customers beside their first ones, in their order. */
const furtherNumbers = (tx: Tx, customers: readonly string[]) =>
  many(
    tx,
    Further,
    sql`select customer_id as "customerId", phone from phone_number
      where place > 1 and customer_id = any(${[...customers]}::uuid[]) order by customer_id, place`,
  );

/**
 * The numbers have passed to people whom a file brings, by the rule of `takeOverNumber`: nothing of who had them goes with
 * them. Whoever has other numbers stays a customer with those; the others are kept as former customers. The numbers are nobody's
 * until the new people are written in the same transaction. Gives how many places on open lists are gone.
 */
export async function takeOverNumbers(
  tx: Tx,
  passing: readonly Passing[],
  { at, by, source, reason }: { at: Date; by: string; source: string; reason: string },
): Promise<number> {
  const formers = passing.map(({ formerId }) => formerId);
  const phones = passing.map(({ phone }) => phone);
  await db.holdNumbers(tx, formers, null);
  const leftLists = await db.leaveBehind(tx, passing);
  await db.reviveNumbers(tx, phones, { at, by, reason });
  await db.recordMoves(
    tx,
    passing.map(({ phone, formerId, newId }) => ({
      id: randomUUIDv7(),
      phone,
      from: formerId,
      to: newId,
      at,
      source,
      reason: null,
    })),
  );
  const kept = Map.groupBy(await furtherNumbers(tx, formers), ({ customerId }) => customerId);
  for (const { phone, formerId } of passing) {
    const left = kept.get(formerId);
    if (!left) continue;
    await db.freeNumber(tx, phone);
    const others = left.map((each) => each.phone);
    await db.orderNumbers(tx, formerId, others, at);
  }
  const ending = passing.filter(({ formerId }) => !kept.has(formerId));
  await db.endCustomers(
    tx,
    ending.map(({ formerId, newId }) => ({ id: formerId, newId })),
    { at, source },
  );
  return leftLists;
}

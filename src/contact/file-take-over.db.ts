import { randomUUIDv7 } from 'node:crypto';
import { z } from 'zod';
import { changes, said, standing } from '../customer/import/further.db.ts';
import { ofTheNumber } from '../customer/number.rule.ts';
import { inRange, type IdPlace, type RowRange } from '../customer/person-change.db.ts';
import { execute, many, one, sql, type Sql, type Tx } from '../kernel/sql.db.ts';
import { isActive } from '../customer/silence.db.ts';
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
 * until the new people are written in the same transaction. Gives what `leaveBehind` gives.
 */
export async function takeOverNumbers(
  tx: Tx,
  passing: readonly Passing[],
  { at, by, source, reason }: { at: Date; by: string; source: string; reason: string },
): Promise<{ leftLists: number; keptNos: number }> {
  const formers = passing.map(({ formerId }) => formerId);
  const phones = passing.map(({ phone }) => phone);
  await db.holdNumbers(tx, formers, null);
  const left = await db.leaveBehind(tx, passing, at);
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
    const others = kept.get(formerId)?.map((each) => each.phone);
    if (!others) continue;
    await db.freeNumber(tx, phone);
    await db.orderNumbers(tx, formerId, others, at);
  }
  const ending = passing.filter(({ formerId }) => !kept.has(formerId));
  await db.endCustomers(
    tx,
    ending.map(({ formerId, newId }) => ({ id: formerId, newId })),
    { at, source },
  );
  return left;
}

/**
 * A number that somebody gave up keeps their no, and nobody has it: a file that brings it is nobody's decision, so the no stays with the
 * number, whoever the file says has it. Asked before the numbers of a step pass to anybody.
 */
export const keepNosOfNobody = (tx: Tx, range: RowRange, now: Date) =>
  execute(
    tx,
    sql`with brought as (
        select r.phone from import_row r where ${inRange(range)}
        union
        select f ->> 'phone' from import_row r cross join lateral jsonb_array_elements(r.payload -> 'numbers') f
        where ${inRange(range)} and r.payload ? 'numbers')
      insert into suppression (id, phone, kind, source, reason, created_at, created_by, expires_at, channels, purposes)
      select new_id(), s.phone, s.kind, s.source, s.reason, s.created_at, s.created_by, s.expires_at, s.channels, s.purposes
      from suppression s
      where s.phone in (select phone from brought) and s.customer_id is not null and ${isActive(now)} and s.kind <> all(${[...ofTheNumber]}::text[])
        and not exists (select from phone_number n where n.phone = s.phone and n.customer_id is not null)
        and not exists (select from suppression k where k.phone = s.phone and k.kind = s.kind and k.customer_id is null
          and k.lifted_at is null and k.channels @> s.channels and k.purposes @> s.purposes
          and coalesce(k.expires_at >= s.expires_at, k.expires_at is null))`,
  );

const TakenRow = z.object({ wanted: z.number(), numbers: z.number() });

/** A number came to somebody else in the very moment: the step is taken again, and finds it taken. */
class NumberTaken extends Error {
  readonly code = '40001';
}

/**
 * Writes down the further numbers of the rows of a step whose customers are written, behind those that they have, each move on
 * record; kind and last day as the file says, and what it does not say stays. Numbers that a file does not name stay too. Who
 * changes a number at the same time names the state they saw, so the customers count as changed. Gives how many came.
 */
export async function takeNumbers(tx: Tx, range: RowRange, place: IdPlace, now: Date): Promise<number> {
  const source = `import:${range.importId}`;
  const given: Sql = sql`
    select c.id, f.said, f.nth, n.customer_id is distinct from c.id as fresh, f.said ->> 'phone' as phone
    from import_row r
    cross join lateral (select c.id, c.phone from customer c where c.phone = r.phone
      and coalesce(c.external_id = nullif(r.payload ->> ${place.key}::text, ''), true) offset 0) c
    cross join lateral ${said}
    ${standing}
    where ${inRange(range)} and r.payload ? 'numbers' and ${changes}`;
  // Customers first, in the order of their first numbers, then numbers in theirs (docs/adr/0063-several-numbers.md).
  await execute(
    tx,
    sql`with held as materialized (
        select c.id from customer c where c.id = any(array(select id from (${given}) given)) order by c.phone for no key update)
      update customer c set updated_at = ${now} from held where c.id = held.id and c.updated_at <> ${now}`,
  );
  const { wanted, numbers } = await one(
    tx,
    TakenRow,
    sql`with given as materialized (${given}),
      put as (
        insert into phone_number as n (phone, customer_id, place, kind, valid_until, since, source)
        select g.phone, g.id, row_number() over (partition by g.id order by g.nth)
            + coalesce((select max(s.place) from phone_number s where s.customer_id = g.id and s.place > 1), 1),
          coalesce(g.said ->> 'kind', 'mobile'), (g.said ->> 'until')::date, ${now}, ${source}
        from given g where g.fresh order by g.phone
        on conflict (phone) do update set customer_id = excluded.customer_id, place = excluded.place, kind = excluded.kind,
          valid_until = excluded.valid_until, since = excluded.since, source = excluded.source
          where n.customer_id is null
        returning n.phone, n.customer_id),
      moved as (
        insert into phone_number_move (id, phone, from_customer, to_customer, at, source, reason)
        select new_id(), phone, null, customer_id, ${now}, ${source}, null from put),
      described as (
        update phone_number n set kind = coalesce(g.said ->> 'kind', n.kind),
          valid_until = case when g.said ? 'until' then (g.said ->> 'until')::date else n.valid_until end
        from given g where not g.fresh and n.phone = g.phone and n.customer_id = g.id
          and n.phone = any(array(select phone from given where not fresh)) returning 1)
      select (select count(*) from given where fresh) as wanted, (select count(*) from put) as numbers`,
  );
  if (numbers < wanted)
    throw new NumberTaken('A further number of a file came to somebody else while the step was written.');
  await execute(tx, sql`delete from import_row r where ${inRange(range)}`);
  return numbers;
}

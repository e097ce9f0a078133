import { z } from 'zod';
import { many, maybe, sql, type Db, type Sql, type Tx } from '../kernel/sql.db.ts';
import { numberKinds } from './number.rule.ts';

/** Who has the number, first or further: at most one row (id). */
export const holderOf = (phone: string): Sql =>
  sql`select customer_id from phone_number where phone = ${phone} and customer_id is not null`;

/**
 * All numbers of the customer now, as an array. Few people have several: the index holds only those. `id` is a value or a column,
 * of which no name may be one of those in here.
 */
const numbersNow = (id: Sql): Sql =>
  sql`array(select further.phone from phone_number further where further.place > 1 and further.customer_id = ${id}
    union all select own.phone from customer own where own.id = ${id})`;

/** The numbers that the customer has, and those that they have given away, as an array. */
export const numbersEver = (id: Sql): Sql =>
  sql`(${numbersNow(id)} || array(select v.phone from phone_number_move v where v.from_customer = ${id}))`;

/**
 * Rows of `table` (phone, customer_id) that are of the person: those with a number that they have now, unless they left with a
 * former holder, and those that left with this person. Whatever was there before anybody had the number is of who has it.
 */
export const ofPerson = (table: Sql, id: Sql): Sql =>
  sql`select * from ${table} where customer_id is null and phone = any(${numbersNow(id)})
    union all
    select * from ${table} where customer_id = ${id}`;

/** Moves `v` in which somebody gave the number away at that moment or later. */
export const movesAway = (phone: Sql, at: Sql): Sql =>
  sql`phone_number_move v where v.phone = ${phone} and v.at >= ${at} and v.from_customer is not null`;

/** The first who has given the number away at that moment or later: what happened with it then is theirs. Null of nobody. */
export const leftBy = async (tx: Tx, phone: string, at: Date): Promise<string | null> =>
  (
    await maybe(
      tx,
      z.object({ id: z.uuid() }),
      sql`select v.from_customer as id from ${movesAway(sql`${phone}::text`, sql`${at}::timestamptz`)} order by v.at, v.id limit 1`,
    )
  )?.id ?? null;

/**
 * Whose something is that happened with the number at that moment, where nothing else says it (a customer's id): the first who
 * has given the number away since, else who has it; null of nobody. A contact without a name counts for the same person. What happened
 * between two holders is of neither: whoever gave the number up may still write from it.
 */
export const ownerAt = (phone: Sql, at: Sql): Sql =>
  sql`coalesce((select v.from_customer from ${movesAway(phone, at)} order by v.at, v.id limit 1),
    (select n.customer_id from phone_number n where n.phone = ${phone} and (n.since <= ${at} or not exists (
      select from phone_number_move f where f.phone = n.phone and f.at < ${at} and f.from_customer is not null))))`;

const Row = z.object({
  phone: z.string(),
  place: z.number(),
  kind: z.enum(numberKinds),
  validUntil: z.string().nullable(),
  deadSince: z.date().nullable(),
  since: z.date(),
});
export type NumberRow = z.infer<typeof Row>;

/** Since when a number `n` is known to be dead: the suppression of that kind says it, whoever made it. */
const deadSince = (now: Date): Sql =>
  sql`(select min(s.created_at) from suppression s where s.phone = n.phone and s.kind = 'dead-number' and s.lifted_at is null
    and (s.expires_at is null or s.expires_at > ${now}))`;

/** The customer's numbers in their order, whole. */
export const numbersOf = (db: Db, customerId: string, now: Date): Promise<NumberRow[]> =>
  many(
    db,
    Row,
    sql`select n.phone, n.place, n.kind, n.valid_until::text as "validUntil", ${deadSince(now)} as "deadSince", n.since
      from phone_number n
      where (n.place > 1 and n.customer_id = ${customerId}) or n.phone = (select c.phone from customer c where c.id = ${customerId})
      order by n.place, n.phone`,
  );

/**
 * Numbers of all customers who have several: (customer_id, phone, place, usable). The rule is `isUsable`; few people have
 * several, and only theirs are read.
 */
export const severalNumbers = (today: string, now: Date): Sql =>
  sql`select n.customer_id, n.phone, n.place,
      coalesce(n.valid_until >= ${today}::date, true) and ${deadSince(now)} is null as usable
    from (select * from phone_number where place > 1 and customer_id is not null
      union all
      select f.* from customer c join phone_number f on f.phone = c.phone
      where c.id in (select customer_id from phone_number where place > 1)) n`;

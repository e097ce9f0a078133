import { z } from 'zod';
import { many, sql, type Db, type Sql } from '../kernel/sql.db.ts';
import { numberKinds } from './number.rule.ts';

/** Who has the number, first or further: at most one row (id). */
export const holderOf = (phone: string): Sql =>
  sql`select customer_id from phone_number where phone = ${phone} and customer_id is not null`;

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

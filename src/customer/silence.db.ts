import { sql, type Sql } from '../kernel/sql.db.ts';
import { ofPerson } from './number.db.ts';

/** Of a suppression row named `s`. */
export const isActive = (now: Date): Sql =>
  sql`s.lifted_at is null and (s.expires_at is null or s.expires_at > ${now})`;

/** Rows, where something silences a customer row `c` or one of their numbers now: looked up person by person. */
export const silencesOf = (now: Date): Sql =>
  sql`select s.id from (${ofPerson(sql`suppression`, sql`c.id`)}) s where ${isActive(now)}`;

/** Everybody of whom that is so (customer_id): for all people at once. */
export const silencedPeople = (now: Date): Sql =>
  sql`select coalesce(s.customer_id, n.customer_id) from suppression s left join phone_number n on n.phone = s.phone
    where coalesce(s.customer_id, n.customer_id) is not null and ${isActive(now)}`;

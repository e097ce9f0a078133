import { ownerAt } from '../customer/number.db.ts';
import { execute, sql, type Sql, type Tx } from '../kernel/sql.db.ts';
import type { ContactAsk } from './contact.rule.ts';

/**
 * Writes the contacts down that `rows` gives as (phone, campaign_key, seq), of people who are held, so that the number is theirs.
 * What the caps count is these rows.
 */
export const touchesOf = (rows: Sql, { purpose, channel }: Pick<ContactAsk, 'purpose' | 'channel'>, at: Date): Sql =>
  sql`insert into contact (phone, channel, purpose, at, campaign_key, seq)
    select t.phone, ${channel}, ${purpose}, ${at}, t.campaign_key, t.seq from (${rows}) t`;

/**
 * Writes contacts down that were made a while ago, when the number may have been somebody else's; `rows` gives them as (phone,
 * customer_id, purpose, at, campaign_key, seq), each once. They name their owner at once: the customer of the list, else the
 * first who has given the number away since, else who has it. A number that is just passing on cannot make a contact count
 * for the one who comes, and nobody has to be held for it.
 */
export const lateTouchesOf = (rows: Sql, { channel }: Pick<ContactAsk, 'channel'>): Sql =>
  sql`insert into contact (phone, channel, purpose, at, campaign_key, seq, customer_id)
    select t.phone, ${channel}, t.purpose, t.at, t.campaign_key, t.seq, coalesce(t.customer_id, ${ownerAt(sql`t.phone`, sql`t.at`)})
    from (${rows}) t
    where not exists (select from contact k where k.phone = t.phone and k.campaign_key = t.campaign_key and k.seq = t.seq)`;

/** Forgets contacts that were proven never to have been made; `rows` gives them as (phone, campaign_key, seq). */
export const forgottenTouches = (rows: Sql): Sql =>
  sql`delete from contact k using (${rows}) t where k.phone = t.phone and k.campaign_key = t.campaign_key and k.seq = t.seq`;

/** Forgets the one contact of that moment: a call that was wanted and never left. `at` is what the reservation was given. */
export const forgetContact = (tx: Tx, { phone, channel }: { phone: string } & Pick<ContactAsk, 'channel'>, at: Date) =>
  execute(
    tx,
    sql`delete from contact where ctid = (select ctid from contact
      where phone = ${phone} and channel = ${channel} and at = ${at} and campaign_key is null limit 1)`,
  );

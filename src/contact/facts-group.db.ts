import { z } from 'zod';
import { sql, type Sql } from '../kernel/sql.db.ts';
import { chinaDateAt } from '../kernel/working-day.rule.ts';
import { ofTheNumber } from '../customer/number.rule.ts';
import { longestCapDays, suppressionKinds, type ContactFacts, type Touch } from './contact.rule.ts';
import { contactChannels, contactPurposes } from '../kernel/reach.rule.ts';

/** What people have in common who get the same answer: a million of them have a few hundred such rows. */
export const FactGroup = z.object({
  silences: z.array(
    z.tuple([z.enum(suppressionKinds), z.array(z.enum(contactChannels)), z.array(z.enum(contactPurposes))]),
  ),
  /** Purpose, channel, and how many within the last day, week and month. */
  touched: z.array(z.tuple([z.enum(contactPurposes), z.enum(contactChannels), z.number(), z.number(), z.number()])),
  consent: z.boolean().nullable(),
  subscribed: z.boolean().nullable(),
  expired: z.boolean(),
});
export type FactGroup = z.infer<typeof FactGroup>;

const dayMs = 86_400_000;

/**
 * Columns and joins that give a `FactGroup` for rows `m` with customer_id and phone, for all of a list at once. It finds what
 * `factsOf` finds of each; test/integration/contact/one-rule.test.ts compares them.
 */
export const groupColumns = sql`coalesce(sp.silences, '[]') || coalesce(sc.silences, '[]') as silences,
  coalesce(tp.touched, '[]') || coalesce(tc.touched, '[]') as touched, k.granted as consent, t.subscribed, x.phone is not null as expired`;

export const groupJoins = (topic: string | null, now: Date): Sql => sql`
  left join silent sp on sp.key = m.phone
  left join silent sc on sc.key = m.customer_id::text
  left join touched tp on tp.key = m.phone
  left join touched tc on tc.key = m.customer_id::text
  left join consent k on k.customer_id = m.customer_id and k.purpose = 'marketing'
  left join topic_subscription t on t.customer_id = m.customer_id and t.topic = ${topic}
  left join phone_number x on x.phone = m.phone and x.valid_until < ${chinaDateAt(now)}::date`;

/** A row that left with its person, of a number that nobody has now: it is true of the number too. */
const ofNobody = (row: Sql): Sql =>
  sql`${row}.customer_id is not null
    and not exists (select from phone_number h where h.phone = ${row}.phone and h.customer_id is not null)`;

/** Of a person with several numbers what is said and done stands under the customer, of all others under the number. */
export const groupTables = (now: Date): Sql => {
  const since = (days: number): Date => new Date(now.getTime() - days * dayMs);
  return sql`several as (
      select phone, customer_id from phone_number where place > 1 and customer_id is not null
      union all
      select c.phone, c.id from customer c where c.id in (select customer_id from phone_number where place > 1)),
    silent as (
      select key, jsonb_agg(distinct silence) as silences from (
        select coalesce(v.customer_id::text, s.customer_id::text, s.phone) as key,
          jsonb_build_array(s.kind, s.channels, s.purposes) as silence
        from suppression s
        left join several v on v.phone = s.phone and s.customer_id is null and s.kind <> all(${[...ofTheNumber]}::text[])
        where s.lifted_at is null and (s.expires_at is null or s.expires_at > ${now})
        union all
        select s.phone, jsonb_build_array(s.kind, s.channels, s.purposes) from suppression s
        where ${ofNobody(sql`s`)} and s.lifted_at is null and (s.expires_at is null or s.expires_at > ${now})) said
      group by 1),
    counted as (
      select coalesce(v.customer_id::text, c.customer_id::text, c.phone) as key, c.purpose, c.channel,
        count(*) filter (where c.at > ${since(1)}) as day, count(*) filter (where c.at > ${since(7)}) as week, count(*) as month
      from contact c left join several v on v.phone = c.phone and c.customer_id is null
      where c.at > ${since(longestCapDays)} group by 1, 2, 3
      union all
      select c.phone, c.purpose, c.channel,
        count(*) filter (where c.at > ${since(1)}), count(*) filter (where c.at > ${since(7)}), count(*)
      from contact c where ${ofNobody(sql`c`)} and c.at > ${since(longestCapDays)} group by 1, 2, 3),
    touched as (
      select key, jsonb_agg(jsonb_build_array(purpose, channel, day, week, month) order by purpose, channel) as touched
      from counted group by 1)`;
};

/** Facts of which the rule says the same as of each of those people: at this moment only the counts matter. */
export function factsOfGroup({ silences, touched, consent, subscribed, expired }: FactGroup, now: Date): ContactFacts {
  const ago = (days: number): Date => new Date(now.getTime() - days * dayMs);
  return {
    suppressions: silences.map(([kind, channels, purposes]) => ({ kind, until: null, channels, purposes })),
    consent,
    subscribed,
    touches: touched.flatMap(([purpose, channel, day, week, month]): Touch[] => [
      ...Array.from({ length: day }, () => ({ purpose, channel, at: now })),
      ...Array.from({ length: week - day }, () => ({ purpose, channel, at: ago(2) })),
      ...Array.from({ length: month - week }, () => ({ purpose, channel, at: ago(8) })),
    ]),
    number: expired ? 'expired' : 'theirs',
    zone: null,
  };
}

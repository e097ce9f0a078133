import type { QueryResult } from 'pg';
import { z } from 'zod';
import { ofPerson } from '../customer/number.db.ts';
import { ofTheNumber } from '../customer/number.rule.ts';
import { execute, List, rowsOf, sql, type Db, type Sql } from '../kernel/sql.db.ts';
import { chinaDateAt } from '../kernel/working-day.rule.ts';
import { longestCapDays, suppressionKinds, type ContactFacts } from './contact.rule.ts';
import { contactChannels, contactPurposes } from '../kernel/reach.rule.ts';

/** A number, and the customer whom the list names with it; null of a number that nobody had. */
export type Addressed = { phone: string; customerId: string | null };
type FactsAsk = { purpose: (typeof contactPurposes)[number]; topic: string | null };

const Holder = z.object({ phone: z.string(), customerId: z.uuid().nullable(), validUntil: z.string().nullable() });
const Further = z.object({ phone: z.string(), customerId: z.uuid() });
const Suppressed = z.object({
  phone: z.string(),
  formerId: z.uuid().nullable(),
  kind: z.enum(suppressionKinds),
  channels: z.array(z.enum(contactChannels)),
  purposes: z.array(z.enum(contactPurposes)),
  until: z.date().nullable(),
});
const Touched = z.object({
  phone: z.string(),
  formerId: z.uuid().nullable(),
  purpose: z.enum(contactPurposes),
  channel: z.enum(contactChannels),
  at: z.date(),
  campaignKey: z.number().nullable(),
});
const Consent = z.object({ customerId: z.uuid(), granted: z.boolean() });
const Subscription = z.object({ customerId: z.uuid(), subscribed: z.boolean() });
const Zone = z.object({ customerId: z.uuid(), zone: z.string() });

const phonesOf = (people: readonly Addressed[]): List => new List(people.map(({ phone }) => phone));
const customersOf = (people: readonly Addressed[]): List =>
  new List(people.flatMap(({ customerId }) => customerId ?? []));
const nobody = new List([]);

/** All numbers of those of the customers who have several. The index holds only such customers: nearly nothing to look through. */
const numbersOfSeveral = (customers: List): Sql =>
  sql`select n.phone, n.customer_id from phone_number n where n.place > 1 and n.customer_id = any(${customers}::uuid[])
    union all
    select c.phone, c.id from customer c where c.id in (
      select n.customer_id from phone_number n where n.place > 1 and n.customer_id = any(${customers}::uuid[]))`;

/** The people's own numbers, and the further ones of those who have several. */
const allNumbers = (phones: List, customers: List): Sql =>
  sql`(${phones}::text[] || array(select phone from (${numbersOfSeveral(customers)}) several))`;

const holders = (phones: Sql, lock: Sql): Sql =>
  sql`select n.phone, n.customer_id as "customerId", n.valid_until::text as "validUntil" from phone_number n
    where n.phone = any(${phones}) order by n.phone ${lock}`;

/** Whose the numbers are now. */
export const holdersOf = (people: readonly Addressed[]): Sql => holders(sql`${phonesOf(people)}::text[]`, sql``);

/**
 * The same, and nobody else reserves a contact with these people until the transaction ends. Of a customer with several
 * numbers the first is held too, so that two numbers of one person are one person. Always in the order of the numbers: two
 * that want the same people cannot wait for each other.
 */
export const lockedHolders = (people: readonly Addressed[]): Sql =>
  holders(
    sql`(${phonesOf(people)}::text[] || array(select c.phone from customer c where c.id in (
      select m.customer_id from phone_number m where m.place > 1 and m.customer_id = any(${customersOf(people)}::uuid[]))))`,
    sql`for no key update of n`,
  );

/**
 * What is on record about these people, over all their numbers: one query a table, for most people have no row in any of them.
 * The first result that `readFacts` wants is that of `holdersOf` or `lockedHolders`, asked before.
 */
export function factsOf(people: readonly Addressed[], { purpose, topic }: FactsAsk, now: Date): Sql[] {
  const customers = customersOf(people);
  const numbers = allNumbers(phonesOf(people), customers);
  const since = new Date(now.getTime() - longestCapDays * 86_400_000);
  return [
    numbersOfSeveralNamed(customers),
    // The words of a person who has given the number away go with the person; what is said of a number stays with it.
    sql`select phone, customer_id as "formerId", kind, channels, purposes, expires_at as until from suppression
      where phone = any(${numbers}) and lifted_at is null and (expires_at is null or expires_at > ${now})
      union all
      select phone, customer_id, kind, channels, purposes, expires_at from suppression
      where customer_id = any(${customers}::uuid[]) and phone <> all(${numbers}) and lifted_at is null
        and (expires_at is null or expires_at > ${now})`,
    sql`select phone, customer_id as "formerId", purpose, channel, at, campaign_key as "campaignKey" from (${touchesSince(numbers, customers, since)}) touched`,
    sql`select customer_id as "customerId", granted from consent
      where customer_id = any(${purpose === 'marketing' ? customers : nobody}::uuid[]) and purpose = 'marketing'`,
    sql`select customer_id as "customerId", subscribed from topic_subscription
      where customer_id = any(${topic === null ? nobody : customers}::uuid[]) and topic = ${topic}`,
    sql`select id as "customerId", time_zone as zone from customer where id = any(${customers}::uuid[]) and time_zone is not null`,
  ];
}

const touchesSince = (numbers: Sql, customers: List, since: Date): Sql =>
  sql`select * from contact where phone = any(${numbers}) and at > ${since}
    union all
    select * from contact where customer_id = any(${customers}::uuid[]) and phone <> all(${numbers}) and at > ${since}`;

/** Contacts with one person since that moment, over all their numbers; of a number that is nobody's all with it. */
export const contactsOf = ({ phone, customerId }: Addressed, since: Date): Sql =>
  customerId === null
    ? sql`select * from contact where phone = ${phone} and at > ${since}`
    : sql`select * from (${ofPerson(sql`contact`, sql`${customerId}::uuid`)}) touched where at > ${since}`;

const numbersOfSeveralNamed = (customers: List): Sql =>
  sql`select phone, customer_id as "customerId" from (${numbersOfSeveral(customers)}) several`;

/** Reads the answers: whose the numbers are, then those to `factsOf` in its order. */
export function readFacts(
  [held, further, suppressed, touched, consents, subscriptions, zones]: readonly (QueryResult | undefined)[],
  now: Date,
): (person: Addressed) => ContactFacts {
  const holderOf = new Map(rowsOf(Holder, held).map((row) => [row.phone, row]));
  const several = Map.groupBy(rowsOf(Further, further), ({ customerId }) => customerId);
  const suppressions = byPerson(rowsOf(Suppressed, suppressed));
  const touches = byPerson(rowsOf(Touched, touched));
  const granted = new Map(rowsOf(Consent, consents).map((row) => [row.customerId, row.granted]));
  const subscribed = new Map(rowsOf(Subscription, subscriptions).map((row) => [row.customerId, row.subscribed]));
  const zoneOf = new Map(rowsOf(Zone, zones).map((row) => [row.customerId, row.zone]));
  const today = chinaDateAt(now);
  return ({ phone, customerId }) => {
    const numbers =
      customerId === null
        ? [phone]
        : [...new Set([phone, ...(several.get(customerId) ?? []).map((each) => each.phone)])];
    const holder = holderOf.get(phone);
    const expired = holder?.validUntil != null && holder.validUntil < today;
    const met = touches(numbers, customerId);
    return {
      suppressions: suppressions(numbers, customerId).flatMap(({ phone: of, kind, channels, purposes, until }) =>
        ofTheNumber.includes(kind) && of !== phone ? [] : [{ kind, channels, purposes, until }],
      ),
      consent: customerId === null ? null : (granted.get(customerId) ?? null),
      subscribed: customerId === null ? null : (subscribed.get(customerId) ?? null),
      touches: met,
      metElsewhere: new Set(met.flatMap((touch) => (touch.phone === phone ? [] : (touch.campaignKey ?? [])))),
      number: (holder?.customerId ?? null) !== customerId ? 'moved' : expired ? 'expired' : 'theirs',
      zone: customerId === null ? null : (zoneOf.get(customerId) ?? null),
    };
  };
}

/**
 * Rows of a person's present numbers, but not those that left with a former holder; and their own from numbers they had. Of a
 * number that nobody has now all of them: nobody has said that it passed to another person.
 */
function byPerson<Row extends { phone: string; formerId: string | null }>(rows: readonly Row[]) {
  const ofPhone = Map.groupBy(rows, ({ phone }) => phone);
  const ofFormer = Map.groupBy(
    rows.filter(({ formerId }) => formerId !== null),
    ({ formerId }) => formerId,
  );
  return (numbers: readonly string[], customerId: string | null): Row[] => {
    const said = numbers.flatMap((phone) => ofPhone.get(phone) ?? []);
    if (customerId === null) return said;
    return [...said.filter(({ formerId }) => formerId === null), ...(ofFormer.get(customerId) ?? [])];
  };
}

/** What is on record about these people, without holding them. */
export async function loadFacts(
  db: Db,
  people: readonly Addressed[],
  ask: FactsAsk,
  now: Date,
): Promise<(person: Addressed) => ContactFacts> {
  const results: QueryResult[] = [];
  for (const query of [holdersOf(people), ...factsOf(people, ask, now)]) results.push(await execute(db, query));
  return readFacts(results, now);
}

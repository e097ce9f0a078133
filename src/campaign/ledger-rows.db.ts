import { z } from 'zod';
import { suppressionKinds } from '../contact/contact.rule.ts';
import { contactsOf, type Addressed } from '../contact/facts.db.ts';
import { isAgainst, saidOfAddressed } from '../contact/suppression.db.ts';
import { contactChannels, contactPurposes } from '../kernel/reach.rule.ts';
import { messageStates, type MessageState } from '../contact/message-state.rule.ts';
import { tiers } from '../customer/customer.db.ts';
import { numbersEver, ownerAt } from '../customer/number.db.ts';
import { many, maybe, sql, type Db, type Sql } from '../kernel/sql.db.ts';

const Row = z.object({
  seq: z.number(),
  phone: z.string(),
  customerId: z.uuid().nullable(),
  externalId: z.string().nullable(),
  tier: z.enum(tiers).nullable(),
  state: z.enum(messageStates),
  reason: z.string().nullable(),
  code: z.string().nullable(),
  attempt: z.number(),
  requestSeq: z.number().nullable(),
  bizId: z.string().nullable(),
  dueAt: z.date().nullable(),
  claimedAt: z.date().nullable(),
  changedAt: z.date().nullable(),
});
export type LedgerPerson = z.infer<typeof Row>;

export type LedgerPlace = { campaignKey: number; audienceId: string; afterSeq: number; limit: number };

const columns = sql`am.seq, am.phone, am.customer_id as "customerId", c.external_id as "externalId", c.tier, coalesce(m.state, 'pending') as state, m.reason, m.code,
  coalesce(m.attempt, 0) as attempt, m.request_seq as "requestSeq", m.biz_id as "bizId", m.due_at as "dueAt", m.claimed_at as "claimedAt", m.changed_at as "changedAt"`;
// The people first, then their rows: joined the other way, the ledger was read from its beginning (500 ms at seq 900,000).
const withRows = (picked: Sql, { campaignKey, limit }: LedgerPlace, condition = sql`true`): Sql =>
  sql`with am as materialized (${picked})
    select ${columns} from am left join message m on m.campaign_key = ${campaignKey} and m.seq = am.seq left join customer c on c.id = am.customer_id
    where ${condition} order by am.seq limit ${limit}`;
const members = sql`select am.seq, am.phone, am.customer_id from audience_member am`;

/** Everybody in order of seq. */
export const ledgerPeople = (db: Db, place: LedgerPlace): Promise<LedgerPerson[]> =>
  many(
    db,
    Row,
    withRows(
      sql`${members} where am.audience_id = ${place.audienceId} and am.seq > ${place.afterSeq} order by am.seq limit ${place.limit}`,
      place,
    ),
  );

/**
 * Those in these states (and of that reason). Reads the ledger in order until it has a page: at worst a million rows, 110 ms. Of those
 * who wait, whoever has no row yet is one.
 */
export const ledgerPeopleIn = (
  db: Db,
  place: LedgerPlace,
  states: readonly MessageState[],
  reason: string | null,
): Promise<LedgerPerson[]> =>
  many(
    db,
    Row,
    states.includes('pending') && reason === null ? peopleWithout(place, states) : peopleWith(place, states, reason),
  );

const peopleWith = (place: LedgerPlace, states: readonly MessageState[], reason: string | null): Sql =>
  sql`with m as materialized (
        select * from message where campaign_key = ${place.campaignKey} and seq > ${place.afterSeq} and state = any(${[...states]}::text[])
          and (${reason}::text is null or reason = ${reason}) order by seq limit ${place.limit})
      select ${columns} from m join audience_member am on am.audience_id = ${place.audienceId} and am.seq = m.seq
        left join customer c on c.id = am.customer_id order by am.seq`;

// Two lists in the order of one index each, merged until there is a page.
const peopleWithout = (place: LedgerPlace, states: readonly MessageState[]): Sql =>
  withRows(
    sql`${members} left join (select seq, state from message where campaign_key = ${place.campaignKey} and seq > ${place.afterSeq}) l on l.seq = am.seq
      where am.audience_id = ${place.audienceId} and am.seq > ${place.afterSeq} and coalesce(l.state, 'pending') = any(${[...states]}::text[])
      order by am.seq limit ${place.limit}`,
    place,
  );

/** Those whose number ends in four digits. */
export const ledgerPeopleByTail = (
  db: Db,
  place: LedgerPlace,
  tail: string,
  states: readonly MessageState[] | null,
): Promise<LedgerPerson[]> =>
  many(
    db,
    Row,
    withRows(
      sql`${members} where am.audience_id = ${place.audienceId} and right(am.phone, 4) = ${tail} and am.seq > ${place.afterSeq}`,
      place,
      states === null ? sql`true` : sql`coalesce(m.state, 'pending') = any(${[...states]}::text[])`,
    ),
  );

/** The customer with that id of the house: whom the list names, or who had the number when it was frozen. */
export const ledgerPeopleByCustomer = (db: Db, place: LedgerPlace, externalId: string): Promise<LedgerPerson[]> =>
  many(
    db,
    Row,
    withRows(
      sql`${members} join customer w on w.external_id = ${externalId}
        where am.audience_id = ${place.audienceId} and am.seq > ${place.afterSeq} and am.phone = any(${numbersEver(sql`w.id`)})
          and coalesce(am.customer_id, ${ownerAt(sql`am.phone`, sql`(select frozen_at from audience where id = am.audience_id)`)}) = w.id`,
      place,
    ),
  );

export const findLedgerPerson = (db: Db, place: LedgerPlace, seq: number): Promise<LedgerPerson | null> =>
  maybe(db, Row, withRows(sql`${members} where am.audience_id = ${place.audienceId} and am.seq = ${seq}`, place));

/** Who was left out when the list was frozen. By place, not by number: a number has no business in an address. */
export const exclusionPage = (db: Db, audienceId: string, reason: string | null, skip: number, limit: number) =>
  many(
    db,
    z.object({ phone: z.string(), reason: z.string() }),
    sql`select phone, reason from audience_exclusion where audience_id = ${audienceId} and (${reason}::text is null or reason = ${reason})
      order by phone offset ${skip} limit ${limit}`,
  );

/** The same for a file, which goes on after a number. */
export const exclusionsAfter = (db: Db, audienceId: string, reason: string | null, phone: string, limit: number) =>
  many(
    db,
    z.object({ phone: z.string(), reason: z.string() }),
    sql`select phone, reason from audience_exclusion
      where audience_id = ${audienceId} and phone > ${phone} and (${reason}::text is null or reason = ${reason}) order by phone limit ${limit}`,
  );

const SuppressionRow = z.object({
  kind: z.enum(suppressionKinds),
  source: z.string(),
  createdAt: z.date(),
});

/** Suppressions of the person that stood at that moment, lifted since or not, against such a contact by the number. */
export const suppressionsAt = (
  db: Db,
  { phone, customerId }: Addressed,
  contact: Parameters<typeof isAgainst>[0],
  at: Date,
) =>
  many(
    db,
    SuppressionRow,
    sql`select s.kind, s.source, s.created_at as "createdAt" from (${saidOfAddressed(phone, sql`${customerId}::uuid`)}) s
      where ${isAgainst(contact)} and s.created_at <= ${at} and (s.lifted_at is null or s.lifted_at > ${at})
        and (s.expires_at is null or s.expires_at > ${at}) order by s.created_at`,
  );

export const consentOf = (db: Db, customerId: string) =>
  maybe(
    db,
    z.object({ granted: z.boolean(), source: z.string(), changedAt: z.date() }),
    sql`select granted, source, changed_at as "changedAt" from consent where customer_id = ${customerId} and purpose = 'marketing'`,
  );

export const subscriptionOf = (db: Db, customerId: string, topic: string) =>
  maybe(
    db,
    z.object({ subscribed: z.boolean(), source: z.string(), changedAt: z.date() }),
    sql`select subscribed, source, changed_at as "changedAt" from topic_subscription where customer_id = ${customerId} and topic = ${topic}`,
  );

/** Contacts with a person between two moments, for whatever purpose and over whichever channel, with the campaign they came from. */
export const contactsBetween = (
  db: Db,
  { phone, customerId }: { phone: string; customerId: string | null },
  from: Date,
  to: Date,
) =>
  many(
    db,
    z.object({
      at: z.date(),
      channel: z.enum(contactChannels),
      purpose: z.enum(contactPurposes),
      campaignKey: z.number().nullable(),
      campaignName: z.string().nullable(),
      campaignNumber: z.string().nullable(),
      unit: z.string().nullable(),
    }),
    sql`select k.at, k.channel, k.purpose, k.campaign_key as "campaignKey", c.name as "campaignName", c.number as "campaignNumber", c.unit
      from (${contactsOf({ phone, customerId }, from)}) k left join campaign c on c.key = k.campaign_key
      where k.at <= ${to} order by k.at limit 200`,
  );

import { z } from 'zod';
import { campaignStates } from '../kernel/campaign-state.rule.ts';
import { many, sql, type Db, type Sql } from '../kernel/sql.db.ts';
import { inUnits } from '../kernel/units.db.ts';
import { numbersEver, ofPerson, ownerAt } from './number.db.ts';

export const timelineKinds = [
  'contact',
  'not-contacted',
  'receipt',
  'reply',
  'suppressed',
  'lifted',
  'act',
  'consent-imported',
  'topic-imported',
  'number-left',
  'number-came',
  'created',
] as const;

const Row = z.object({
  /** With microseconds, as text: what the cursor compares. */
  position: z.string(),
  at: z.date(),
  kind: z.enum(timelineKinds),
  ref: z.string(),
  details: z.record(z.string(), z.unknown()),
});
export type TimelineRow = z.infer<typeof Row>;
export type TimelineCursor = { position: string; kind: string; ref: string };

// Frozen lists are keyed by campaign, not by person: an index by person would cost every freeze. So the newest campaigns are asked one by one.
const campaignsAsked = 500;

const person = (customerId: string): Sql => sql`${customerId}::uuid`;
const written = (customerId: string): Sql => ofPerson(sql`contact`, person(customerId));

/**
 * Of a campaign `c`: where the person stands on its frozen list, with what became of it; none, when the person is not on it.
 * Where the list names nobody with the number it is about whoever had it then. Of two of their numbers the one that was written to.
 */
const membership = (customerId: string): Sql => sql`join lateral (
    select l.seq, l.excluded, m.state, m.reason, m.changed_at from (
      select am.seq, null as excluded, am.phone, am.customer_id from audience_member am
      where am.audience_id = c.frozen_audience_id and am.phone = any(${numbersEver(person(customerId))})
      union all
      select null, x.reason, x.phone, x.customer_id from audience_exclusion x
      where x.audience_id = c.frozen_audience_id and x.phone = any(${numbersEver(person(customerId))})
    ) l left join message m on m.campaign_key = c.key and m.seq = l.seq
    where ${customerId} = coalesce(l.customer_id,
      ${ownerAt(sql`l.phone`, sql`coalesce(m.claimed_at, c.submitted_at, c.created_at)`)})
    order by l.excluded is not null, coalesce(m.state in ('suppressed', 'cancelled', 'expired'), false), l.seq limit 1
  ) who on true`;
const recentCampaigns = (limit: number): Sql =>
  sql`(select * from campaign where frozen_audience_id is not null order by key desc limit ${limit})`;

const stamp = (at: Sql): Sql => sql`${at} as at`;
const campaignFacts = sql`'number', c.number, 'campaign', c.name, 'unit', c.unit`;

/** Every touch in any channel, also those that did not happen because something forbade them. */
const touches = (customerId: string): Sql => sql`
  select ${stamp(sql`t.at`)}, 'contact' as kind, t.channel || ':' || coalesce(t.campaign_key::text || '-' || t.seq::text, '') as ref,
    jsonb_build_object('channel', t.channel, 'purpose', t.purpose, 'state', m.state, 'reason', m.reason, 'code', m.code, 'seq', t.seq, ${campaignFacts}) as details
  from (${written(customerId)}) t left join campaign c on c.key = t.campaign_key
    left join message m on m.campaign_key = t.campaign_key and m.seq = t.seq
  union all
  select coalesce(who.changed_at, c.submitted_at, c.created_at), 'not-contacted', c.key::text,
    jsonb_build_object('state', coalesce(who.state, case when who.excluded is null then 'pending' else 'suppressed' end),
      'reason', coalesce(who.reason, who.excluded), 'seq', who.seq, ${campaignFacts})
  from ${recentCampaigns(campaignsAsked)} c ${membership(customerId)}
  where who.excluded is not null or who.state in ('suppressed', 'cancelled', 'expired')
  union all
  select coalesce(r.reported_at, r.received_at), 'receipt', r.biz_id,
    jsonb_build_object('delivered', r.delivered, 'code', r.error_code, 'seq', m.seq, ${campaignFacts})
  from (select distinct phone, campaign_key, seq from (${written(customerId)}) w) t
    join message m on m.campaign_key = t.campaign_key and m.seq = t.seq
    join campaign c on c.key = m.campaign_key
    join receipt r on r.biz_id = m.biz_id and r.phone = t.phone
  union all
  select r.received_at, 'reply', r.gateway_account_id::text || ':' || r.sequence_id,
    jsonb_build_object('meaning', r.meaning, 'content', r.content)
  from inbound_sms r
  where r.phone = any(${numbersEver(person(customerId))}) and ${ownerAt(sql`r.phone`, sql`r.received_at`)} = ${customerId}`;

const silences = (customerId: string): Sql => {
  const said = ofPerson(sql`suppression`, person(customerId));
  return sql`
  select s.created_at as at, 'suppressed' as kind, s.id::text as ref,
    jsonb_build_object('suppression', s.kind, 'channels', s.channels, 'purposes', s.purposes, 'source', s.source, 'reason', s.reason,
      'by', p.name, 'until', s.expires_at) as details
  from (${said}) s left join staff p on p.id = s.created_by
  union all
  select s.lifted_at, 'lifted', s.id::text,
    jsonb_build_object('suppression', s.kind, 'channels', s.channels, 'purposes', s.purposes, 'reason', s.lift_reason, 'by', p.name)
  from (${said}) s left join staff p on p.id = s.lifted_by where s.lifted_at is not null`;
};

/** As everybody sees the number of a move `v`. */
const maskedPhone: Sql = sql`substr(v.phone, 4, 3) || '****' || right(v.phone, 4)`;

/** What people did with the record, of a number that came or left also which; imports say so in the rows that they left. */
const acts = (customerId: string): Sql => sql`
  select a.at, 'act' as kind, a.seq::text as ref, jsonb_build_object('action', a.action, 'by', p.name, 'said', a.details,
      'phone', (select ${maskedPhone} from phone_number_move v where v.id = (a.details ->> 'moveId')::uuid)) as details
  from audit a left join staff p on a.actor = 'staff:' || p.id::text
  where a.object_kind = 'customer' and a.object_id = ${customerId} and coalesce(a.details ->> 'changed', '') <> 'false'
  union all
  select changed_at, 'consent-imported', purpose,
    jsonb_build_object('granted', granted, 'importId', split_part(source, ':', 2), 'fileName', i.file_name)
  from consent left join import i on 'import:' || i.id = source where customer_id = ${customerId} and source like 'import:%'
  union all
  select s.changed_at, 'topic-imported', s.topic,
    jsonb_build_object('topic', t.name, 'subscribed', s.subscribed, 'importId', split_part(s.source, ':', 2), 'fileName', i.file_name)
  from topic_subscription s join topic t on t.code = s.topic left join import i on 'import:' || i.id = s.source
  where s.customer_id = ${customerId} and s.source like 'import:%'
  union all
  select v.at, case when v.from_customer = ${customerId} then 'number-left' else 'number-came' end, v.id::text,
    jsonb_build_object('importId', split_part(v.source, ':', 2), 'fileName', i.file_name, 'phone', ${maskedPhone},
      'passedOn', v.from_customer is not null)
  from phone_number_move v left join import i on 'import:' || i.id = v.source
  where v.phone = any(${numbersEver(person(customerId))}) and ${customerId} in (v.from_customer, v.to_customer)
    and v.source like 'import:%'
  union all
  select created_at, 'created', id::text, '{}'::jsonb from customer where id = ${customerId}`;

/** Everything on record about one person, over all numbers while they had them, newest first, after `cursor`. */
export function timelineOf(
  db: Db,
  customerId: string,
  cursor: TimelineCursor | null,
  limit: number,
): Promise<TimelineRow[]> {
  const after =
    cursor === null
      ? sql`true`
      : sql`(e.at, e.kind collate "C", e.ref collate "C") < (${cursor.position}::timestamptz, ${cursor.kind}, ${cursor.ref})`;
  return many(
    db,
    Row,
    sql`select to_char(e.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as position, e.at, e.kind, e.ref, e.details
      from (${touches(customerId)} union all ${silences(customerId)} union all ${acts(customerId)}) e
      where e.at is not null and ${after}
      order by e.at desc, e.kind collate "C" desc, e.ref collate "C" desc limit ${limit}`,
  );
}

const CampaignRow = z.object({
  key: z.number(),
  number: z.string(),
  name: z.string(),
  unit: z.string(),
  campaignState: z.enum(campaignStates),
  seq: z.number().nullable(),
  state: z.string(),
  reason: z.string().nullable(),
  at: z.date(),
});
/** One campaign that had the person on its list, or left them out. `seq` is null when they were left out. */
export type CampaignOfCustomer = z.infer<typeof CampaignRow>;

/** The newest campaigns of those units that meant this person, before the campaign `beforeKey`, whether they were contacted or not. */
export const campaignsOf = (
  db: Db,
  customerId: string,
  units: '*' | readonly string[],
  beforeKey: number | null,
  limit: number,
): Promise<CampaignOfCustomer[]> =>
  many(
    db,
    CampaignRow,
    sql`select c.key, c.number, c.name, c.unit, c.state as "campaignState", who.seq,
        coalesce(who.state, case when who.excluded is null then 'pending' else 'suppressed' end) as state,
        coalesce(who.reason, who.excluded) as reason, coalesce(who.changed_at, c.submitted_at, c.created_at) as at
      from (select * from campaign c
          where frozen_audience_id is not null and ${inUnits(units)} and (${beforeKey}::int is null or key < ${beforeKey})
          order by key desc limit ${campaignsAsked}) c
        ${membership(customerId)}
      order by c.key desc limit ${limit}`,
  );

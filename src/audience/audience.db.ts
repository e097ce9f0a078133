import { z } from 'zod';
import { AudienceFilter, filterCondition } from './filter.db.ts';
import { execute, many, maybe, sql, type Db, type Sql, type Tx } from '../kernel/sql.db.ts';
import { chinaDateAt } from '../kernel/working-day.rule.ts';
import { severalNumbers } from '../customer/number.db.ts';
import { frozenFor } from './list.db.ts';

const Row = z.object({
  id: z.uuid(),
  name: z.string(),
  state: z.enum(['open', 'freezing', 'frozen']),
  /** Null of an audience that came from a file. */
  filter: AudienceFilter.nullable(),
  frozenFrom: z.uuid().nullable(),
  /** The campaign of whose people it was made, and how they were chosen. */
  fromCampaign: z.uuid().nullable(),
  fromPeople: z.record(z.string(), z.unknown()).nullable(),
  /** Null of an open filter: it is counted when asked. */
  size: z.number().nullable(),
  excluded: z.record(z.string(), z.number()).nullable(),
  createdBy: z.uuid(),
  createdAt: z.date(),
  frozenAt: z.date().nullable(),
});
export type Audience = z.infer<typeof Row>;
const columns = sql`a.id, a.name, a.state, a.filter, a.frozen_from as "frozenFrom", a.from_campaign as "fromCampaign", a.from_people as "fromPeople", a.size, a.excluded, a.created_by as "createdBy",
  a.created_at as "createdAt", a.frozen_at as "frozenAt"`;

/** One that an accepted file is still being written into is seen by nobody. */
export const findAudience = (db: Db, id: string): Promise<Audience | null> =>
  maybe(db, Row, sql`select ${columns} from audience a where a.id = ${id} and a.state <> 'filling'`);

/** Newest first, before the id `before`; frozen ones belong to their campaigns and are left out unless asked for. */
export const listAudiences = (
  db: Db,
  filter: { state?: Audience['state'] | undefined; units: '*' | readonly string[] },
  before: string | null,
  limit: number,
): Promise<Audience[]> =>
  many(
    db,
    Row,
    sql`select ${columns} from audience a
      where (${before}::uuid is null or a.id < ${before}) and a.state = ${filter.state ?? 'open'}
        and ${frozenFor(filter.units)}
      order by a.id desc limit ${limit}`,
  );

/** Whether people who may read campaigns of those units may see this audience. */
export async function isAudienceOf(db: Db, id: string, units: '*' | readonly string[]): Promise<boolean> {
  const { rowCount } = await execute(db, sql`select 1 from audience a where a.id = ${id} and ${frozenFor(units)}`);
  return rowCount === 1;
}

export type NewAudience = {
  id: string;
  name: string;
  filter: AudienceFilter | null;
  size: number | null;
  createdBy: string;
  createdAt: Date;
  /** Of an audience made from the people of a campaign. */
  from?: { campaignId: string; chosen: object };
};

export async function insertAudience(tx: Tx, audience: NewAudience, state: 'open' | 'filling' = 'open'): Promise<void> {
  const filter = audience.filter === null ? null : JSON.stringify(audience.filter);
  await execute(
    tx,
    sql`insert into audience (id, name, state, filter, size, created_by, created_at, from_campaign, from_people)
      values (${audience.id}, ${audience.name}, ${state}, ${filter}::jsonb, ${audience.size}, ${audience.createdBy}, ${audience.createdAt},
        ${audience.from?.campaignId ?? null}, ${audience.from ? JSON.stringify(audience.from.chosen) : null}::jsonb)`,
  );
}

export type MemberOrigin = Pick<Audience, 'id' | 'filter'>;

type Stretch = { after: string | null; limit: number };

/**
 * Every candidate, in no order: (customer_id, phone, name, tier, external_id, attributes, row_variables, position, twice).
 * `position` is text that sorts as the members stand: by customer id, or by the rows of the file. A file is joined with
 * whoever has the number at the time of asking. Of a person with several numbers `phone` is that of `numberToMeet`, and
 * `twice` is true, and `phone` the one of the list, where the person stands further up with another one.
 */
export const members = (audience: MemberOrigin, now: Date, page: Stretch | null = null): Sql =>
  audience.filter === null
    ? listed(audience.id, now, page)
    : sql`select c.id as customer_id, coalesce(p.phone, c.phone) as phone, c.name, c.tier, c.external_id, c.attributes,
        '{}'::jsonb as row_variables, c.id::text collate "C" as position, false as twice
      from customer c left join (
        select distinct on (customer_id) customer_id, phone from (${severalNumbers(chinaDateAt(now), now)}) several
        order by customer_id, usable desc, place) p on p.customer_id = c.id
      where ${filterCondition(audience.filter)}
        ${page ? sql`and (${page.after}::uuid is null or c.id > ${page.after}::uuid) order by c.id limit ${page.limit}` : sql``}`;

const listed = (audienceId: string, now: Date, page: Stretch | null): Sql =>
  sql`with several as materialized (${severalNumbers(chinaDateAt(now), now)}),
      met as (
        select phone as named, case when usable or not bool_or(usable) over (partition by customer_id) then phone
          else first_value(phone) over (partition by customer_id order by usable desc, place) end as phone from several),
      first_named as (
        select s.customer_id, min(e.seq) as seq
        from several s join audience_member e on e.audience_id = ${audienceId} and e.phone = s.phone group by 1)
    select c.id as customer_id, case when f.seq < m.seq then m.phone else coalesce(p.phone, m.phone) end as phone,
      c.name, c.tier, c.external_id, coalesce(c.attributes, '{}'::jsonb) as attributes, m.variables as row_variables,
      lpad(m.seq::text, 10, '0') collate "C" as position, coalesce(f.seq < m.seq, false) as twice
    from audience_member m left join phone_number n on n.phone = m.phone left join customer c on c.id = n.customer_id
      left join met p on p.named = m.phone left join first_named f on f.customer_id = c.id
    where m.audience_id = ${audienceId}
      ${page ? sql`and m.seq > coalesce(${page.after}::int, 0) order by m.seq limit ${page.limit}` : sql``}`;

/** Every candidate of an open audience, in the order of `position`; the columns are those of `members`. */
export const memberSource = (audience: MemberOrigin, now: Date): Sql =>
  sql`select * from (${members(audience, now)}) m order by m.position`;

const CandidateRow = z.object({
  customerId: z.uuid().nullable(),
  phone: z.string(),
  name: z.string().nullable(),
  tier: z.string().nullable(),
  externalId: z.string().nullable(),
  attributes: z.record(z.string(), z.unknown()),
  rowVariables: z.record(z.string(), z.string()),
  position: z.string(),
  twice: z.boolean(),
});
export type Candidate = z.infer<typeof CandidateRow>;

/** The next candidates after the `position` given, in its order; fewer than `limit` are the last. */
export const freezeCandidates = (
  db: Db,
  audience: MemberOrigin,
  after: string | null,
  limit: number,
  now: Date,
): Promise<Candidate[]> =>
  many(
    db,
    CandidateRow,
    sql`select customer_id as "customerId", phone, name, tier, external_id as "externalId", attributes, row_variables as "rowVariables", position, twice
      from (${members(audience, now, { after, limit })}) m order by position`,
  );

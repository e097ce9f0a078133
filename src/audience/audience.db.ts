import { z } from 'zod';
import { AudienceFilter, filterCondition } from './filter.db.ts';
import { execute, many, maybe, sql, type Db, type Sql, type Tx } from '../kernel/sql.db.ts';
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

export const findAudience = (db: Db, id: string): Promise<Audience | null> =>
  maybe(db, Row, sql`select ${columns} from audience a where a.id = ${id}`);

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

export async function insertAudience(tx: Tx, audience: NewAudience): Promise<void> {
  const filter = audience.filter === null ? null : JSON.stringify(audience.filter);
  await execute(
    tx,
    sql`insert into audience (id, name, state, filter, size, created_by, created_at, from_campaign, from_people)
      values (${audience.id}, ${audience.name}, 'open', ${filter}::jsonb, ${audience.size}, ${audience.createdBy}, ${audience.createdAt},
        ${audience.from?.campaignId ?? null}, ${audience.from ? JSON.stringify(audience.from.chosen) : null}::jsonb)`,
  );
}

export type MemberOrigin = Pick<Audience, 'id' | 'filter'>;

/**
 * Every candidate, in no order: (customer_id, phone, name, tier, external_id, attributes, row_variables, position).
 * `position` is text that sorts as the members stand: by customer id, or by the rows of the file. A file is joined with
 * whoever has the number at the time of asking.
 */
export const members = (audience: MemberOrigin, page: { after: string | null; limit: number } | null = null): Sql =>
  audience.filter === null
    ? sql`select c.id as customer_id, m.phone, c.name, c.tier, c.external_id, coalesce(c.attributes, '{}'::jsonb) as attributes,
        m.variables as row_variables, lpad(m.seq::text, 10, '0') collate "C" as position
      from audience_member m left join phone_number n on n.phone = m.phone left join customer c on c.id = n.customer_id
      where m.audience_id = ${audience.id}
        ${page ? sql`and m.seq > coalesce(${page.after}::int, 0) order by m.seq limit ${page.limit}` : sql``}`
    : sql`select c.id as customer_id, c.phone, c.name, c.tier, c.external_id, c.attributes,
        '{}'::jsonb as row_variables, c.id::text collate "C" as position
      from customer c
      where ${filterCondition(audience.filter)}
        ${page ? sql`and (${page.after}::uuid is null or c.id > ${page.after}::uuid) order by c.id limit ${page.limit}` : sql``}`;

/** Every candidate of an open audience, in the order of `position`; the columns are those of `members`. */
export const memberSource = (audience: MemberOrigin): Sql =>
  sql`select * from (${members(audience)}) m order by m.position`;

const CandidateRow = z.object({
  customerId: z.uuid().nullable(),
  phone: z.string(),
  name: z.string().nullable(),
  tier: z.string().nullable(),
  externalId: z.string().nullable(),
  attributes: z.record(z.string(), z.unknown()),
  rowVariables: z.record(z.string(), z.string()),
  position: z.string(),
});
export type Candidate = z.infer<typeof CandidateRow>;

/** The next candidates after the `position` given, in its order; fewer than `limit` are the last. */
export const freezeCandidates = (
  db: Db,
  audience: MemberOrigin,
  after: string | null,
  limit: number,
): Promise<Candidate[]> =>
  many(
    db,
    CandidateRow,
    sql`select customer_id as "customerId", phone, name, tier, external_id as "externalId", attributes, row_variables as "rowVariables", position
      from (${members(audience, { after, limit })}) m order by position`,
  );

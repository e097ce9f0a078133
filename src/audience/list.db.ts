import { z } from 'zod';
import { campaignStates } from '../kernel/campaign-state.rule.ts';
import { AudienceFilter } from './filter.db.ts';
import { tiers } from '../customer/customer.db.ts';
import { many, maybe, sql, type Db, type Sql } from '../kernel/sql.db.ts';
import { inUnits } from '../kernel/units.db.ts';

export const audienceKinds = ['filter', 'file', 'campaign', 'frozen'] as const;
export type AudienceKind = (typeof audienceKinds)[number];

const Line = z.object({
  id: z.uuid(),
  name: z.string(),
  kind: z.enum(audienceKinds),
  filter: AudienceFilter.nullable(),
  size: z.number().nullable(),
  createdByName: z.string(),
  createdAt: z.date(),
  campaigns: z.number(),
});
export type AudienceLine = z.infer<typeof Line>;

const kindOf = sql`case when a.state <> 'open' then 'frozen' when a.filter is not null then 'filter'
  when a.from_campaign is not null then 'campaign' else 'file' end`;
const kindCondition: Record<AudienceKind, Sql> = {
  filter: sql`a.state = 'open' and a.filter is not null`,
  file: sql`a.state = 'open' and a.filter is null and a.from_campaign is null`,
  campaign: sql`a.state = 'open' and a.from_campaign is not null`,
  frozen: sql`a.state in ('freezing', 'frozen')`,
};

/**
 * A frozen list `a` is its campaign's, and so is one made from the people of a campaign: they stay with the units that may
 * read that. Other open ones all units share.
 */
export const frozenFor = (units: '*' | readonly string[]): Sql =>
  units === '*'
    ? sql`true`
    : sql`((a.state = 'open' and a.from_campaign is null) or exists (select from campaign c
        where (c.id = a.from_campaign or c.frozen_audience_id = a.id or (c.audience_id = a.frozen_from and c.state = 'freezing'))
          and ${inUnits(units)}))`;

/** Newest first, before the id `before`; without a kind, the open ones of both kinds. */
export const listAudienceLines = (
  db: Db,
  filter: { kind: AudienceKind | null; name: string | null; units: '*' | readonly string[] },
  before: string | null,
  limit: number,
): Promise<AudienceLine[]> =>
  many(
    db,
    Line,
    sql`select a.id, a.name, ${kindOf} as kind, a.filter, a.size, s.name as "createdByName", a.created_at as "createdAt",
        (select count(*) from campaign c where c.audience_id = a.id and ${inUnits(filter.units)}) +
          (select count(*) from campaign c where c.frozen_audience_id = a.id and ${inUnits(filter.units)}) as campaigns
      from audience a join staff s on s.id = a.created_by
      where (${before}::uuid is null or a.id < ${before}) and ${filter.kind === null ? sql`a.state = 'open'` : kindCondition[filter.kind]}
        and ${frozenFor(filter.units)}
        and (${filter.name}::text is null or strpos(lower(a.name), lower(${filter.name})) > 0)
      order by a.id desc limit ${limit}`,
  );

const Use = z.object({
  number: z.string(),
  name: z.string(),
  unit: z.string(),
  state: z.enum(campaignStates),
  createdAt: z.date(),
});
export type CampaignUse = z.infer<typeof Use>;
const used = sql`select c.number, c.name, c.unit, c.state, c.created_at as "createdAt" from campaign c`;

type Units = '*' | readonly string[];

/** Campaigns of those units on this audience, the newest first. */
export const listCampaignsOnAudience = (
  db: Db,
  audienceId: string,
  units: Units,
  limit: number,
): Promise<CampaignUse[]> =>
  many(
    db,
    Use,
    sql`${used} where c.id in (select id from campaign where audience_id = ${audienceId}
        union select id from campaign where frozen_audience_id = ${audienceId})
        and ${inUnits(units)} order by c.created_at desc limit ${limit}`,
  );

/** Campaigns of those units that use this version of a template, the newest first. */
export const listCampaignsOnTemplate = (
  db: Db,
  templateId: string,
  units: Units,
  limit: number,
): Promise<CampaignUse[]> =>
  many(
    db,
    Use,
    sql`${used} where c.template_id = ${templateId} and ${inUnits(units)} order by c.created_at desc limit ${limit}`,
  );

const Person = z.object({ id: z.uuid().nullable(), phone: z.string(), tier: z.enum(tiers).nullable() });
export type SamplePerson = z.infer<typeof Person>;

export const findSample = (db: Db, ids: readonly string[]): Promise<SamplePerson[]> =>
  many(db, Person, sql`select id, phone, tier from customer where id = any(${ids}::uuid[]) order by id`);

/** The first members of a file or of a frozen audience. */
export const firstMembers = (db: Db, audienceId: string, limit: number): Promise<SamplePerson[]> =>
  many(
    db,
    Person,
    sql`select c.id, m.phone, c.tier from (
        select phone, seq from audience_member where audience_id = ${audienceId} order by seq limit ${limit}) m
      left join phone_number n on n.phone = m.phone left join customer c on c.id = n.customer_id order by m.seq`,
  );

/** The import that an audience came from. */
export const findImportOf = (db: Db, audienceId: string): Promise<{ id: string; fileName: string } | null> =>
  maybe(
    db,
    z.object({ id: z.uuid(), fileName: z.string() }),
    sql`select id, file_name as "fileName" from import where result_id = ${audienceId} limit 1`,
  );

/** Attributes that the newest customers have: what a filter can ask for. In order of how many have them. */
export async function listAttributeNames(db: Db): Promise<string[]> {
  const rows = await many(
    db,
    z.object({ name: z.string() }),
    sql`select k as name from (select attributes from customer order by id desc limit 500) c, jsonb_object_keys(c.attributes) k
      group by k order by count(*) desc, k limit 50`,
  );
  return rows.map(({ name }) => name);
}

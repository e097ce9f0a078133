import { z } from 'zod';
import { filterCondition, type AudienceFilter } from '../../audience/filter.db.ts';
import type { Candidate } from '../../audience/audience.db.ts';
import { VariableSpecRow } from './template.db.ts';
import { many, sql, type Db } from '../../kernel/sql.db.ts';
import { inUnits } from '../../kernel/units.db.ts';

const Line = z.object({
  id: z.uuid(),
  name: z.string(),
  version: z.number(),
  kind: z.enum(['marketing', 'notice']),
  source: z.string(),
  variables: z.array(VariableSpecRow),
  signName: z.string(),
  gatewayAccountId: z.uuid(),
  gatewayName: z.string(),
  gatewayCode: z.string(),
  createdByName: z.string(),
  createdAt: z.date(),
  campaigns: z.number(),
});
/** One version, with who made it and how many campaigns of the reader's units use it. */
export type TemplateLine = z.infer<typeof Line>;
type Units = '*' | readonly string[];
const columns = (
  units: Units,
) => sql`t.id, t.name, t.version, t.kind, t.source, t.variables, t.sign_name as "signName", t.gateway_account_id as "gatewayAccountId",
  g.name as "gatewayName", t.gateway_code as "gatewayCode", s.name as "createdByName", t.created_at as "createdAt",
  (select count(*) from campaign c where c.template_id = t.id and ${inUnits(units)}) as campaigns`;
const joined = sql`join gateway_account g on g.id = t.gateway_account_id join staff s on s.id = t.created_by`;

/** The newest version of each name, by name, after the name `after`. */
export const listLatestTemplates = (
  db: Db,
  filter: { kind: 'marketing' | 'notice' | null; text: string | null; units: Units },
  after: string | null,
  limit: number,
): Promise<TemplateLine[]> =>
  many(
    db,
    Line,
    sql`select ${columns(filter.units)} from (
        select distinct on (name) * from template where (${after}::text is null or name > ${after}) order by name, version desc) t ${joined}
      where (${filter.kind}::text is null or t.kind = ${filter.kind})
        and (${filter.text}::text is null or strpos(lower(t.name || ' ' || t.source || ' ' || t.gateway_code), lower(${filter.text})) > 0)
      order by t.name limit ${limit}`,
  );

/** Every version of that name, the newest first. */
export const listVersions = (db: Db, name: string, units: Units): Promise<TemplateLine[]> =>
  many(
    db,
    Line,
    sql`select ${columns(units)} from template t ${joined} where t.name = ${name} order by t.version desc`,
  );

const Person = z.object({
  customerId: z.uuid(),
  phone: z.string(),
  name: z.string().nullable(),
  tier: z.string().nullable(),
  externalId: z.string().nullable(),
  attributes: z.record(z.string(), z.unknown()),
}) satisfies z.ZodType<Omit<Candidate, 'rowVariables' | 'position' | 'twice'>>;

/** Customers from `percent` of the table's blocks, chosen by `seed`, whom the filter finds: a sample without reading a large table. */
export async function sampleCustomers(
  db: Db,
  filter: AudienceFilter,
  draw: { percent: number; seed: number; limit: number },
): Promise<Candidate[]> {
  const rows = await many(
    db,
    Person,
    sql`select c.id as "customerId", c.phone, c.name, c.tier, c.external_id as "externalId", c.attributes
      from customer c tablesample system (${draw.percent}) repeatable (${draw.seed})
      where ${filterCondition(filter)} order by hashtextextended(c.id::text, ${draw.seed}) limit ${draw.limit}`,
  );
  const candidate = (row: z.infer<typeof Person>): Candidate => ({
    ...row,
    rowVariables: {},
    position: row.customerId,
    twice: false,
  });
  return rows.map(candidate);
}

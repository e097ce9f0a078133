import { z } from 'zod';
import { campaignStates } from '../campaign/state.rule.ts';
import { execute, many, maybe, one, sql, type Db, type Tx } from '../kernel/sql.db.ts';
import { inUnits } from '../kernel/units.db.ts';

const Signed = z.array(
  z.object({
    staffId: z.string(),
    name: z.string(),
    onBehalfOf: z.string().nullable(),
    role: z.enum(['liaison', 'leader']),
  }),
);
const AwaitingRow = z.object({
  campaignId: z.uuid(),
  formId: z.uuid(),
  number: z.string(),
  name: z.string(),
  unit: z.string(),
  applicantId: z.uuid(),
  applicantName: z.string(),
  state: z.enum(['awaiting-liaison', 'awaiting-leader']),
  /** Since when the next signature is awaited. */
  since: z.date(),
  expiresAt: z.date(),
  size: z.number(),
  ceilingFen: z.number(),
  startsAt: z.date(),
  signed: Signed,
});
export type AwaitingForm = z.infer<typeof AwaitingRow>;

// In whose place somebody signed stands in the audit row of the signature.
const signedOf = sql`coalesce((select jsonb_agg(jsonb_build_object('staffId', g.staff_id, 'name', p.name, 'role', g.role, 'onBehalfOf', a.details->>'onBehalfOf')
    order by g.signed_at)
  from signature g join staff p on p.id = g.staff_id
  left join audit a on a.object_kind = 'campaign' and a.object_id = c.id::text and a.action = 'campaign.sign' and a.details->>'signatureId' = g.id::text
  where g.form_id = f.id), '[]')`;

/** Every form that awaits a signature, the longest waiting first. There are few of them at any time. */
export const awaitingForms = (
  db: Db,
  filter: { units?: '*' | readonly string[]; campaignId?: string } = {},
): Promise<AwaitingForm[]> =>
  many(
    db,
    AwaitingRow,
    sql`select c.id as "campaignId", f.id as "formId", c.number, c.name, c.unit, c.applicant_id as "applicantId", c.applicant_name as "applicantName", f.state,
        f.state_at as since, f.expires_at as "expiresAt",
        u.size, c.cost_ceiling_fen as "ceilingFen", c.starts_at as "startsAt", ${signedOf} as signed
      from campaign c join form f on f.campaign_id = c.id join audience u on u.id = c.frozen_audience_id
      where f.state in ('awaiting-liaison', 'awaiting-leader') and ${inUnits(filter.units ?? '*')}
        and (${filter.campaignId ?? null}::uuid is null or c.id = ${filter.campaignId ?? null})
      order by since limit 500`,
  );

const DoneRow = z.object({
  number: z.string(),
  name: z.string(),
  unit: z.string(),
  applicantName: z.string(),
  state: z.enum(campaignStates),
  role: z.enum(['liaison', 'leader']).nullable(),
  at: z.date(),
  what: z.enum(['signed', 'rejected']),
});

/** What the person signed or sent back lately, newest first. */
export const recentDecisions = (db: Db, staffId: string, since: Date): Promise<z.infer<typeof DoneRow>[]> =>
  many(
    db,
    DoneRow,
    sql`select c.number, c.name, c.unit, c.applicant_name as "applicantName", c.state, g.role, g.signed_at as at, 'signed' as what
        from signature g join form f on f.id = g.form_id join campaign c on c.id = f.campaign_id
        where g.staff_id = ${staffId} and g.signed_at > ${since}
      union all
      select c.number, c.name, c.unit, c.applicant_name, c.state, c.state_reason->>'role', a.at, 'rejected'
        from campaign c join audit a on a.object_kind = 'campaign' and a.object_id = c.id::text and a.action = 'campaign.reject'
        where c.state = 'rejected' and c.state_reason->>'by' = ${staffId} and a.at > ${since}
      order by at desc limit 50`,
  );

const Place = z.object({ seq: z.number(), length: z.number() });
/** Which members get the shortest, the usual (most frequent length) and the longest text; lengths in UTF-16 units with 【signature】. */
export const FormSamples = z.object({ shortest: Place, usual: Place, longest: Place });
export type FormSamples = z.infer<typeof FormSamples>;

/** Null of lists that were frozen before samples were kept. */
export async function findSamples(db: Db, audienceId: string): Promise<FormSamples | null> {
  const row = await maybe(
    db,
    z.object({ samples: FormSamples.nullable() }),
    sql`select samples from audience where id = ${audienceId}`,
  );
  return row?.samples ?? null;
}

export const storeSamples = (tx: Tx, audienceId: string, samples: FormSamples) =>
  execute(tx, sql`update audience set samples = ${JSON.stringify(samples)} where id = ${audienceId}`);

const MemberRow = z.object({ seq: z.number(), phone: z.string(), variables: z.record(z.string(), z.string()) });
export type FormMember = z.infer<typeof MemberRow>;

/** Members of a frozen list by their places, unmasked. */
export const membersAt = (db: Db, audienceId: string, seqs: readonly number[]): Promise<FormMember[]> =>
  many(
    db,
    MemberRow,
    sql`select seq, phone, variables from audience_member where audience_id = ${audienceId} and seq = any(${[...seqs]}::int[]) order by seq`,
  );

/** Who the campaign is on record with after the form: what the page shows beside the paper. */
const StandRow = z.object({
  campaignId: z.uuid(),
  unit: z.string(),
  number: z.string(),
  name: z.string(),
  state: z.enum(campaignStates),
  stateReason: z.record(z.string(), z.unknown()).nullable(),
  applicantId: z.uuid(),
  formId: z.uuid(),
  canonical: z.string(),
  digest: z.string(),
  createdAt: z.date(),
  expiresAt: z.date(),
  submittedAt: z.date().nullable(),
  revises: z.uuid().nullable(),
  signed: Signed,
});
export type FormStand = z.infer<typeof StandRow>;
const stand = sql`select c.id as "campaignId", c.unit, c.number, c.name, c.state, c.state_reason as "stateReason", c.applicant_id as "applicantId",
  f.id as "formId", f.canonical, f.digest, f.created_at as "createdAt", f.expires_at as "expiresAt", c.submitted_at as "submittedAt", c.revises, ${signedOf} as signed
  from campaign c join form f on f.campaign_id = c.id`;

export const findFormStand = (db: Db, campaignId: string): Promise<FormStand | null> =>
  maybe(db, StandRow, sql`${stand} where c.id = ${campaignId}`);

/** How many campaigns stand before this one in its line of revisions: 0 of a first version. */
export async function revisionsBefore(db: Db, campaignId: string): Promise<number> {
  const { n } = await one(
    db,
    z.object({ n: z.number() }),
    sql`with recursive line (id, revises, depth) as (
        select id, revises, 0 from campaign where id = ${campaignId}
        union all select c.id, c.revises, l.depth + 1 from campaign c join line l on c.id = l.revises where l.depth < 100)
      select max(depth)::int as n from line`,
  );
  return n;
}

const ArchiveRow = z.object({
  formId: z.uuid(),
  number: z.string(),
  name: z.string(),
  unit: z.string(),
  applicantName: z.string(),
  state: z.enum(campaignStates),
  createdAt: z.date(),
  digest: z.string(),
  signers: z.array(z.string()),
  archived: z.boolean(),
});
export type ArchivedForm = z.infer<typeof ArchiveRow>;
export type ArchiveSearch = {
  units: '*' | readonly string[];
  number?: string | undefined;
  unit?: string | undefined;
  from?: Date | undefined;
  until?: Date | undefined;
  text?: string | undefined;
  before?: string | undefined;
  limit: number;
};

/** Forms newest first. Text is found by its pairs of characters, then looked at exactly; case does not count. */
export const searchForms = (db: Db, search: ArchiveSearch): Promise<ArchivedForm[]> => {
  const text = search.text?.toLowerCase() ?? null;
  const number = search.number?.toLowerCase() ?? null;
  return many(
    db,
    ArchiveRow,
    sql`select f.id as "formId", c.number, c.name, c.unit, c.applicant_name as "applicantName", c.state, f.created_at as "createdAt", f.digest,
        coalesce((select array_agg(p.name order by g.signed_at) from signature g join staff p on p.id = g.staff_id where g.form_id = f.id), '{}') as signers,
        exists (select from archive a where a.campaign_id = c.id) as archived
      from form f join campaign c on c.id = f.campaign_id
      where ${inUnits(search.units)}
        and (${search.unit ?? null}::text is null or c.unit = ${search.unit ?? null})
        and f.created_at >= ${search.from ?? new Date(0)} and f.created_at < ${search.until ?? new Date(8.64e15 / 2)}
        ${number === null ? sql`` : sql`and f.search_pairs @> character_pairs(${number}) and strpos(lower(c.number), ${number}) > 0`}
        ${text === null ? sql`` : sql`and f.search_pairs @> character_pairs(${text}) and strpos(f.search_text, ${text}) > 0`}
        ${search.before === undefined ? sql`` : sql`and (f.created_at, f.id) < (select created_at, id from form where id = ${search.before})`}
      order by f.created_at desc, f.id desc limit ${search.limit}`,
  );
};

/** Units that have campaigns, for a list to choose from: the index is skipped along, since a distinct would read every campaign. */
export const formUnits = async (db: Db, units: '*' | readonly string[]): Promise<string[]> =>
  (
    await many(
      db,
      z.object({ unit: z.string() }),
      sql`with recursive u (unit) as (
          (select unit from campaign order by unit limit 1)
          union all select (select c.unit from campaign c where c.unit > u.unit order by c.unit limit 1) from u where u.unit is not null)
        select c.unit from u c where c.unit is not null and ${inUnits(units)} order by 1 limit 200`,
    )
  ).map(({ unit }) => unit);

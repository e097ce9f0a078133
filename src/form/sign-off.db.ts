import { z } from 'zod';
import { formStates } from './form-state.rule.ts';
import { isActOfSignature } from './form.db.ts';
import type { SubjectRef } from './subject.ts';
import { many, maybe, sql, type Db } from '../kernel/sql.db.ts';
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
  subjectKind: z.string(),
  subjectId: z.uuid(),
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
  canonical: z.string(),
  signed: Signed,
});
export type AwaitingForm = z.infer<typeof AwaitingRow>;

// In whose place somebody signed stands in the audit row of the signature.
const signedOf = sql`coalesce((
  select jsonb_agg(jsonb_build_object('staffId', g.staff_id, 'name', p.name, 'role', g.role,
    'onBehalfOf', a.details->>'onBehalfOf') order by g.signed_at)
  from signature g join staff p on p.id = g.staff_id left join audit a on ${isActOfSignature}
  where g.form_id = f.id), '[]')`;
const subjectColumns = sql`f.subject_kind as "subjectKind", f.subject_id as "subjectId", f.id as "formId"`;

/** Every form that awaits a signature, the longest waiting first. There are few of them at any time. */
export const awaitingForms = (
  db: Db,
  filter: { units?: '*' | readonly string[]; subject?: SubjectRef } = {},
): Promise<AwaitingForm[]> =>
  many(
    db,
    AwaitingRow,
    sql`select ${subjectColumns}, f.number, f.name, f.unit, f.applicant_id as "applicantId",
        f.applicant_name as "applicantName", f.state, f.state_at as since, f.expires_at as "expiresAt", f.canonical,
        ${signedOf} as signed
      from form f
      where f.state in ('awaiting-liaison', 'awaiting-leader') and ${inUnits(filter.units ?? '*', sql`f.unit`)}
        and (${filter.subject?.id ?? null}::uuid is null
          or (f.subject_kind = ${filter.subject?.kind ?? ''} and f.subject_id = ${filter.subject?.id ?? null}))
      order by since limit 500`,
  );

const DoneRow = z.object({
  subjectKind: z.string(),
  subjectId: z.uuid(),
  formId: z.uuid(),
  number: z.string(),
  name: z.string(),
  unit: z.string(),
  applicantName: z.string(),
  role: z.enum(['liaison', 'leader']).nullable(),
  at: z.date(),
  what: z.enum(['signed', 'rejected']),
});

/** What the person signed or sent back lately, newest first. */
export const recentDecisions = (db: Db, staffId: string, since: Date): Promise<z.infer<typeof DoneRow>[]> =>
  many(
    db,
    DoneRow,
    sql`select ${subjectColumns}, f.number, f.name, f.unit, f.applicant_name as "applicantName", g.role,
          g.signed_at as at, 'signed' as what
        from signature g join form f on f.id = g.form_id
        where g.staff_id = ${staffId} and g.signed_at > ${since}
      union all
      select ${subjectColumns}, f.number, f.name, f.unit, f.applicant_name, f.state_reason->>'role', f.state_at, 'rejected'
        from form f
        where f.state = 'rejected' and f.state_reason->>'by' = ${staffId} and f.state_at > ${since}
      order by at desc limit 50`,
  );

const StandRow = z.object({
  subjectKind: z.string(),
  subjectId: z.uuid(),
  formId: z.uuid(),
  number: z.string(),
  name: z.string(),
  unit: z.string(),
  applicantId: z.uuid(),
  canonical: z.string(),
  digest: z.string(),
  format: z.string(),
  /** How far the sign-off is; the subject has states of its own. */
  formState: z.enum(formStates),
  createdAt: z.date(),
  expiresAt: z.date(),
  signed: Signed,
});
/** A form as it is on record, with who has signed it so far. */
export type FormRecord = z.infer<typeof StandRow>;

export const findFormRecord = (db: Db, subject: SubjectRef): Promise<FormRecord | null> =>
  maybe(
    db,
    StandRow,
    sql`select ${subjectColumns}, f.number, f.name, f.unit, f.applicant_id as "applicantId", f.canonical, f.digest, f.format,
        f.state as "formState", f.created_at as "createdAt", f.expires_at as "expiresAt", ${signedOf} as signed
      from form f where f.subject_kind = ${subject.kind} and f.subject_id = ${subject.id}`,
  );

const ArchiveRow = z.object({
  subjectKind: z.string(),
  subjectId: z.uuid(),
  formId: z.uuid(),
  number: z.string(),
  name: z.string(),
  unit: z.string(),
  applicantName: z.string(),
  createdAt: z.date(),
  digest: z.string(),
  signers: z.array(z.string()),
  /** Of what was done on it, or of the form alone; null where there is none yet. */
  archived: z.enum(['campaign', 'form']).nullable(),
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
    sql`select ${subjectColumns}, f.number, f.name, f.unit, f.applicant_name as "applicantName", f.created_at as "createdAt", f.digest,
        coalesce((select array_agg(p.name order by g.signed_at)
          from signature g join staff p on p.id = g.staff_id where g.form_id = f.id), '{}') as signers,
        case when exists (select from archive a where a.campaign_id = f.campaign_id) then 'campaign'
          when exists (select from form_archive a where a.form_id = f.id) then 'form' end as archived
      from form f
      where ${inUnits(search.units, sql`f.unit`)}
        and (${search.unit ?? null}::text is null or f.unit = ${search.unit ?? null})
        and f.created_at >= ${search.from ?? new Date(0)} and f.created_at < ${search.until ?? new Date(8.64e15 / 2)}
        ${number === null ? sql`` : sql`and f.search_pairs @> character_pairs(${number}) and strpos(lower(f.number), ${number}) > 0`}
        ${text === null ? sql`` : sql`and f.search_pairs @> character_pairs(${text}) and strpos(f.search_text, ${text}) > 0`}
        ${
          search.before === undefined
            ? sql``
            : sql`and (f.created_at, f.id) < (select created_at, id from form where id = ${search.before})`
        }
      order by f.created_at desc, f.id desc limit ${search.limit}`,
  );
};

/** Units that have forms, for a list to choose from: the index is skipped along, since a distinct would read every form. */
export const formUnits = async (db: Db, units: '*' | readonly string[]): Promise<string[]> =>
  (
    await many(
      db,
      z.object({ unit: z.string() }),
      sql`with recursive u (unit) as (
          (select unit from form order by unit limit 1)
          union all select (select f.unit from form f where f.unit > u.unit order by f.unit limit 1) from u where u.unit is not null)
        select u.unit from u where u.unit is not null and ${inUnits(units, sql`u.unit`)} order by 1 limit 200`,
    )
  ).map(({ unit }) => unit);

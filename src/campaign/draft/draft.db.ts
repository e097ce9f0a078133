import { z } from 'zod';
import { campaignStates } from '../state.rule.ts';
import { draftSteps, emptyBody, type DraftBody } from './draft.rule.ts';
import { VariableSources } from '../campaign.db.ts';
import { contactPurposes } from '../../kernel/reach.rule.ts';
import { execute, many, maybe, sql, type Db, type Tx } from '../../kernel/sql.db.ts';

export const DraftBodyRow = z.object({
  purpose: z.string(),
  audienceId: z.uuid().nullable(),
  templateId: z.uuid().nullable(),
  variableSources: VariableSources,
  topic: z.string().nullable(),
  contactPurpose: z.enum(contactPurposes).nullable().default(null),
  startsAt: z.string(),
  endsAt: z.string(),
  dailyFrom: z.string(),
  dailyTo: z.string(),
  days: z.enum(['every-day', 'working-days']),
  ratePerSecond: z.string(),
  requests: z.enum(['single', 'batched']),
  costCeiling: z.string(),
  stopFailures: z.string().default(emptyBody.stopFailures),
  stopOptOuts: z.string().default(emptyBody.stopOptOuts),
  stopComplaints: z.string().default(emptyBody.stopComplaints),
  signBy: z.string(),
}) satisfies z.ZodType<DraftBody>;

const Row = z.object({
  id: z.uuid(),
  ownerId: z.uuid(),
  ownerName: z.string(),
  unit: z.string(),
  name: z.string(),
  step: z.enum(draftSteps),
  body: DraftBodyRow,
  version: z.number(),
  savedBy: z.string(),
  savedTab: z.string(),
  savedSince: z.number(),
  clonedFrom: z.uuid().nullable(),
  updatedAt: z.date(),
});
export type Draft = z.infer<typeof Row>;

const selected = sql`select d.id, d.owner_id as "ownerId", o.name as "ownerName", d.unit, d.name, d.step, d.body, d.version, s.name as "savedBy",
    d.saved_tab as "savedTab", d.saved_since as "savedSince", d.cloned_from as "clonedFrom", d.updated_at as "updatedAt"
  from campaign_draft d join staff o on o.id = d.owner_id join staff s on s.id = d.saved_by`;

export const findDraft = (db: Db, id: string): Promise<Draft | null> =>
  maybe(db, Row, sql`${selected} where d.id = ${id}`);
export const lockDraft = (tx: Tx, id: string): Promise<Draft | null> =>
  maybe(tx, Row, sql`${selected} where d.id = ${id} for update of d`);

type NewDraft = Pick<Draft, 'id' | 'ownerId' | 'unit' | 'name' | 'body' | 'clonedFrom'>;
export const insertDraft = (tx: Tx, draft: NewDraft, now: Date) =>
  execute(
    tx,
    sql`insert into campaign_draft (id, owner_id, unit, name, body, saved_by, saved_tab, cloned_from, created_at, updated_at)
      values (${draft.id}, ${draft.ownerId}, ${draft.unit}, ${draft.name}, ${JSON.stringify(draft.body)}, ${draft.ownerId}, '', ${draft.clonedFrom}, ${now}, ${now})`,
  );

/** Call it on a locked row. */
export const updateDraft = (
  tx: Tx,
  draft: Pick<Draft, 'id' | 'name' | 'step' | 'body' | 'version' | 'savedTab' | 'savedSince'>,
  savedBy: string,
  now: Date,
) =>
  execute(
    tx,
    sql`update campaign_draft set name = ${draft.name}, step = ${draft.step}, body = ${JSON.stringify(draft.body)}, version = ${draft.version},
        saved_by = ${savedBy}, saved_tab = ${draft.savedTab}, saved_since = ${draft.savedSince}, updated_at = ${now}
      where id = ${draft.id}`,
  );

export const deleteDraft = (tx: Tx, id: string) => execute(tx, sql`delete from campaign_draft where id = ${id}`);

const Made = z.object({ id: z.uuid(), number: z.string(), applicantId: z.uuid(), state: z.enum(campaignStates) });

/** The campaign that the draft has become. */
export const campaignOfDraft = (db: Db, draftId: string): Promise<z.infer<typeof Made> | null> =>
  maybe(
    db,
    Made,
    sql`select id, number, applicant_id as "applicantId", state from campaign where draft_id = ${draftId}`,
  );

const Result = z.object({
  kind: z.enum(['marketing', 'notice']),
  candidates: z.number(),
  size: z.number(),
  excluded: z.record(z.string(), z.number()),
  /** Recipients by segments; empty while no template is chosen. */
  bySegments: z.record(z.string(), z.number()),
  segments: z.number(),
  costFen: z.number(),
  pricePerSegmentMilliYuan: z.number(),
  /** Masked. */
  sample: z.array(z.string()),
  /** Shortest, usual and longest text: where the person stands (what `freezeCandidates` takes as `after`), never who it is. */
  examples: z.array(z.object({ which: z.enum(['shortest', 'usual', 'longest']), after: z.string().nullable() })),
  /** What the gateway says of template and signature: null is agreed, else the code of the refusal. */
  gateway: z.string().nullable(),
  /** When the gateway was asked; absent without a template. */
  gatewayAskedAt: z.iso.datetime().optional(),
});
export type EstimateResult = z.infer<typeof Result>;
const EstimateRow = z.object({
  wanted: z.string(),
  wantedAt: z.date(),
  seen: z.number(),
  total: z.number().nullable(),
  counted: z.string().nullable(),
  result: Result.nullable(),
  countedAt: z.date().nullable(),
  fault: z.string().nullable(),
});
export type Estimate = z.infer<typeof EstimateRow>;

export const findEstimate = (db: Db, draftId: string): Promise<Estimate | null> =>
  maybe(
    db,
    EstimateRow,
    sql`select wanted, wanted_at as "wantedAt", seen, total, counted, result, counted_at as "countedAt", fault from draft_estimate where draft_id = ${draftId}`,
  );

/** Asks for a count; one that runs for anything else stops at its next page. */
export const wantEstimate = (db: Db, draftId: string, wanted: string, now: Date) =>
  execute(
    db,
    sql`insert into draft_estimate (draft_id, wanted, wanted_at) select id, ${wanted}, ${now} from campaign_draft where id = ${draftId}
      on conflict (draft_id) do update set wanted = excluded.wanted, wanted_at = excluded.wanted_at, seen = 0, total = null, fault = null`,
  );

/** Notes how far the count is; false when nobody wants it any more. */
export async function noteEstimate(
  db: Db,
  draftId: string,
  wanted: string,
  seen: number,
  total: number | null,
): Promise<boolean> {
  const { rowCount } = await execute(
    db,
    sql`update draft_estimate set seen = ${seen}, total = coalesce(${total}::int, total) where draft_id = ${draftId} and wanted = ${wanted}`,
  );
  return rowCount === 1;
}

export const storeEstimate = (db: Db, draftId: string, wanted: string, result: EstimateResult, now: Date) =>
  execute(
    db,
    sql`update draft_estimate set counted = wanted, result = ${JSON.stringify(result)}, counted_at = ${now}, seen = ${result.candidates}, total = ${result.candidates}, fault = null
      where draft_id = ${draftId} and wanted = ${wanted}`,
  );

/** What the gateway says now, of a count that is still of these contents. */
export const noteGateway = (db: Db, draftId: string, wanted: string, code: string | null, now: Date) =>
  execute(
    db,
    sql`update draft_estimate
      set result = result || jsonb_build_object('gateway', ${code}::text, 'gatewayAskedAt', ${now.toISOString()}::text)
      where draft_id = ${draftId} and wanted = ${wanted} and counted = wanted and result is not null`,
  );

export const failEstimate = (db: Db, draftId: string, wanted: string, fault: string) =>
  execute(db, sql`update draft_estimate set fault = ${fault} where draft_id = ${draftId} and wanted = ${wanted}`);

/** How many people an audience has, roughly and at once: kept for a file, the planner's guess for all customers. */
export async function roughSize(db: Db, audience: { size: number | null }): Promise<number> {
  if (audience.size !== null) return audience.size;
  const rows = await many(
    db,
    z.object({ n: z.number() }),
    sql`select greatest(reltuples, 0)::int8 as n from pg_class where oid = 'customer'::regclass`,
  );
  return rows[0]?.n ?? 0;
}

const Choice = z.object({ id: z.uuid() });
const only = (found: { id: string }[]): string | null => (found.length === 1 ? (found[0]?.id ?? null) : null);

/** The open audience and the newest version of the template where there is only one of them to choose. */
export async function onlyChoices(db: Db): Promise<{ templateId: string | null; audienceId: string | null }> {
  const templates = await many(
    db,
    Choice,
    sql`select id from (select distinct on (name) id, name from template order by name, version desc) t limit 2`,
  );
  const audiences = await many(db, Choice, sql`select id from audience where state = 'open' limit 2`);
  return { templateId: only(templates), audienceId: only(audiences) };
}

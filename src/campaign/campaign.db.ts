import { z } from 'zod';
import { contactPurposes } from '../kernel/reach.rule.ts';
import { campaignMoves, campaignStates, formStateOf, type CampaignState } from './state.rule.ts';
import type { FormCheck } from '../form/form.rule.ts';
import type { Window } from '../contact/sending-window.rule.ts';
import type { VariableSource } from '../sms/variable-source.rule.ts';
import { moveForm } from '../form/form-state.db.ts';
import { StopConditionsRow } from './stop-condition.db.ts';
import { announceMove } from '../house/notice/announce.db.ts';
import { execute, many, maybe, sql, type Db, type Sql, type Tx } from '../kernel/sql.db.ts';
import { hold } from '../kernel/lock.db.ts';

const Source = z.discriminatedUnion('from', [
  z.object({ from: z.literal('name') }),
  z.object({ from: z.literal('tier') }),
  z.object({ from: z.literal('attribute'), key: z.string().min(1).max(200) }),
  z.object({ from: z.literal('row'), key: z.string().min(1).max(200) }),
  z.object({ from: z.literal('constant'), value: z.string().max(1_000) }),
]) satisfies z.ZodType<VariableSource>;
export const VariableSources = z.record(z.string().max(64), Source);

const Check = z.object({
  code: z.string(),
  passed: z.literal(true),
  detail: z.record(z.string(), z.union([z.string(), z.number()])),
}) satisfies z.ZodType<FormCheck>;

const Row = z.object({
  id: z.uuid(),
  key: z.number(),
  number: z.string(),
  name: z.string(),
  unit: z.string(),
  /** As it was called when the form was made; null while it is called so still. */
  formUnit: z.string().nullable(),
  purpose: z.string(),
  /** What the contact rule judges by; null where it is what texts of its kind are for. */
  contactPurpose: z.enum(contactPurposes).nullable(),
  applicantId: z.uuid(),
  applicantName: z.string(),
  templateId: z.uuid(),
  audienceId: z.uuid(),
  frozenAudienceId: z.uuid().nullable(),
  variableSources: VariableSources,
  topic: z.string().nullable(),
  startsAt: z.date(),
  endsAt: z.date(),
  dailyFrom: z.string(),
  dailyTo: z.string(),
  days: z.enum(['every-day', 'working-days']),
  ratePerSecond: z.number(),
  requests: z.enum(['single', 'batched']),
  costCeilingFen: z.number(),
  stopConditions: StopConditionsRow,
  signBy: z.date(),
  calendarVersion: z.string().nullable(),
  segments: z.number().nullable(),
  estimateFen: z.number().nullable(),
  checks: z.array(Check).nullable(),
  state: z.enum(campaignStates),
  stateReason: z.record(z.string(), z.unknown()).nullable(),
  createdAt: z.date(),
  submittedAt: z.date().nullable(),
  startedAt: z.date().nullable(),
  finishedAt: z.date().nullable(),
  /** All that its process owes it is done, the archive included. */
  closedAt: z.date().nullable(),
  /** The database was restored: messages may have left between these of which it knows nothing. */
  doubtFrom: z.date().nullable(),
  doubtUntil: z.date().nullable(),
  /** When its process was last lost and started again from the database. */
  processLostAt: z.date().nullable(),
  /** The returned campaign that this one corrects. */
  revises: z.uuid().nullable(),
});
export type Campaign = z.infer<typeof Row>;
const columns = sql`id, key, number, name, unit, form_unit as "formUnit", purpose, contact_purpose as "contactPurpose", applicant_id as "applicantId", applicant_name as "applicantName", template_id as "templateId",
  audience_id as "audienceId", frozen_audience_id as "frozenAudienceId", variable_sources as "variableSources", topic, starts_at as "startsAt", ends_at as "endsAt",
  daily_from as "dailyFrom", daily_to as "dailyTo", days, rate_per_second as "ratePerSecond", requests, cost_ceiling_fen as "costCeilingFen", stop_conditions as "stopConditions", sign_by as "signBy",
  calendar_version as "calendarVersion", segments, estimate_fen as "estimateFen", checks, state, state_reason as "stateReason", created_at as "createdAt",
  submitted_at as "submittedAt", started_at as "startedAt", finished_at as "finishedAt", closed_at as "closedAt", process_lost_at as "processLostAt", doubt_from as "doubtFrom", doubt_until as "doubtUntil", revises`;

export const findCampaign = (db: Db, id: string): Promise<Campaign | null> =>
  maybe(db, Row, sql`select ${columns} from campaign where id = ${id}`);
export const findCampaignByNumber = (db: Db, number: string): Promise<Campaign | null> =>
  maybe(db, Row, sql`select ${columns} from campaign where number = ${number}`);
/** Locks the row: what is decided on its state holds until the transaction ends. */
export const lockCampaign = (tx: Db, id: string): Promise<Campaign | null> =>
  maybe(tx, Row, sql`select ${columns} from campaign where id = ${id} for update`);

/**
 * Newest first, after the campaign `before` (its id), or made before that moment: `insertCampaign` gives each a millisecond of
 * its own, so that neither way loses one.
 */
export const listCampaigns = (
  db: Db,
  filter: { state?: CampaignState; before?: string | Date | null; limit: number; units?: '*' | readonly string[] },
): Promise<Campaign[]> =>
  many(
    db,
    Row,
    sql`select ${columns} from campaign
      where (${filter.state ?? null}::text is null or state = ${filter.state ?? null})
        and ${beforeThat(filter.before ?? null)}
        and (${(filter.units ?? '*') === '*'} or unit = any(${filter.units === '*' ? [] : (filter.units ?? [])}::text[]))
      order by created_at desc, id desc limit ${filter.limit}`,
  );

const beforeThat = (place: string | Date | null): Sql => {
  if (place === null) return sql`true`;
  if (place instanceof Date) return sql`created_at < ${place}`;
  return sql`(created_at, id) < (select created_at, id from campaign where id = ${place}::uuid)`;
};

/** Campaigns whose number or name holds `text`, newest first. */
export const campaignsNamed = (
  db: Db,
  filter: { text: string; units: '*' | readonly string[]; limit: number },
): Promise<Campaign[]> =>
  many(
    db,
    Row,
    sql`select ${columns} from campaign
      where (strpos(lower(name), lower(${filter.text})) > 0 or strpos(lower(number), lower(${filter.text})) > 0)
        and (${filter.units === '*'} or unit = any(${filter.units === '*' ? [] : filter.units}::text[]))
      order by created_at desc limit ${filter.limit}`,
  );

export type NewCampaign = Omit<
  Campaign,
  | 'key'
  | 'number'
  | 'frozenAudienceId'
  | 'calendarVersion'
  | 'formUnit'
  | 'segments'
  | 'estimateFen'
  | 'checks'
  | 'state'
  | 'stateReason'
  | 'createdAt'
  | 'submittedAt'
  | 'startedAt'
  | 'finishedAt'
  | 'closedAt'
  | 'processLostAt'
  | 'doubtFrom'
  | 'doubtUntil'
  | 'revises'
> & { revises?: string | null; draftId?: string | null };

/**
 * Adds a draft and gives its number, `WH-20261122-0001`: counted by China day, without gaps among committed ones. The lock, held
 * until the commit, also gives it the first whole millisecond after the one before it.
 */
export async function insertCampaign(tx: Tx, campaign: NewCampaign, day: string): Promise<string> {
  await hold(tx, 'campaignNumbers');
  const prefix = `WH-${day.replaceAll('-', '')}-`;
  const { rows } = await execute(
    tx,
    sql`insert into campaign (id, number, name, unit, purpose, contact_purpose, applicant_id, applicant_name, template_id, audience_id, variable_sources, topic, starts_at, ends_at,
        daily_from, daily_to, days, rate_per_second, requests, cost_ceiling_fen, stop_conditions, sign_by, revises, draft_id, state, created_at)
      select ${campaign.id}, ${prefix} || lpad((count(*) + 1)::text, 4, '0'), ${campaign.name}, ${campaign.unit}, ${campaign.purpose}, ${campaign.contactPurpose}, ${campaign.applicantId},
        ${campaign.applicantName}, ${campaign.templateId}, ${campaign.audienceId}, ${JSON.stringify(campaign.variableSources)}::jsonb, ${campaign.topic},
        ${campaign.startsAt}, ${campaign.endsAt}, ${campaign.dailyFrom}, ${campaign.dailyTo}, ${campaign.days}, ${campaign.ratePerSecond}, ${campaign.requests},
        ${campaign.costCeilingFen}, ${JSON.stringify(campaign.stopConditions)}::jsonb, ${campaign.signBy}, ${campaign.revises ?? null}, ${campaign.draftId ?? null}, 'draft',
        greatest(date_trunc('milliseconds', clock_timestamp()),
          (select date_trunc('milliseconds', max(created_at)) from campaign) + interval '1 millisecond')
      from campaign where number like ${`${prefix}%`} returning number`,
  );
  return (rows[0] as { number: string }).number;
}

/** Puts other contents under the number of a campaign that is still a draft; says whether it was one. */
export async function rewriteCampaign(tx: Db, campaign: NewCampaign): Promise<boolean> {
  const { rowCount } = await execute(
    tx,
    sql`update campaign set name = ${campaign.name}, unit = ${campaign.unit}, form_unit = null, purpose = ${campaign.purpose}, contact_purpose = ${campaign.contactPurpose}, applicant_name = ${campaign.applicantName},
        template_id = ${campaign.templateId}, audience_id = ${campaign.audienceId}, variable_sources = ${JSON.stringify(campaign.variableSources)}::jsonb,
        topic = ${campaign.topic}, starts_at = ${campaign.startsAt}, ends_at = ${campaign.endsAt}, daily_from = ${campaign.dailyFrom}, daily_to = ${campaign.dailyTo},
        days = ${campaign.days}, rate_per_second = ${campaign.ratePerSecond}, requests = ${campaign.requests}, cost_ceiling_fen = ${campaign.costCeilingFen},
        stop_conditions = ${JSON.stringify(campaign.stopConditions)}::jsonb, sign_by = ${campaign.signBy}, draft_id = ${campaign.draftId ?? null}
      where id = ${campaign.id} and applicant_id = ${campaign.applicantId} and state = 'draft'`,
  );
  return rowCount === 1;
}

/** Moves the campaign if the move is legal from where it stands now, tells whoever is to hear of it, and says whether it moved. */
export async function moveCampaign(
  tx: Db,
  id: string,
  to: CampaignState,
  reason: Record<string, unknown> | null,
  now: Date,
): Promise<boolean> {
  const { rowCount } = await execute(
    tx,
    sql`update campaign set state = ${to}, state_reason = ${reason === null ? null : JSON.stringify(reason)},
        submitted_at = case when ${to} = 'freezing' then ${now} else submitted_at end,
        started_at = case when ${to} = 'sending' then coalesce(started_at, ${now}) else started_at end,
        finished_at = case when ${to} = 'completed' then ${now} else finished_at end
      where id = ${id} and state = any(${[...campaignMoves[to]]})`,
  );
  if (rowCount !== 1) return false;
  const formState = formStateOf(to);
  if (formState !== null) await moveForm(tx, { kind: 'campaign', id }, formState, reason, now);
  await announceMove(tx, { campaignId: id, to, reason }, now);
  return true;
}

export const storeFreeze = (
  tx: Db,
  id: string,
  frozen: {
    audienceId: string;
    calendarVersion: string;
    segments: number;
    estimateFen: number;
    checks: readonly FormCheck[];
  },
) =>
  execute(
    tx,
    sql`update campaign set frozen_audience_id = ${frozen.audienceId}, calendar_version = ${frozen.calendarVersion}, segments = ${frozen.segments},
      estimate_fen = ${frozen.estimateFen}, checks = ${JSON.stringify(frozen.checks)} where id = ${id}`,
  );

export const campaignWindow = (
  campaign: Pick<Campaign, 'startsAt' | 'endsAt' | 'dailyFrom' | 'dailyTo' | 'days'>,
): Window => ({
  startsAt: campaign.startsAt.toISOString(),
  endsAt: campaign.endsAt.toISOString(),
  dailyFrom: campaign.dailyFrom,
  dailyTo: campaign.dailyTo,
  days: campaign.days,
});

/** Campaigns of one account that send now: those that a stop of the account concerns. */
export const lockSendingOnAccount = (db: Db, accountId: string): Promise<{ id: string }[]> =>
  many(
    db,
    z.object({ id: z.uuid() }),
    sql`select c.id from campaign c join template t on t.id = c.template_id where t.gateway_account_id = ${accountId} and c.state = 'sending' order by c.id for update of c`,
  );

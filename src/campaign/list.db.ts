import { z } from 'zod';
import { campaignStates, type CampaignState } from './state.rule.ts';
import { many, one, sql, type Db, type Sql } from '../kernel/sql.db.ts';

type Units = '*' | readonly string[];

/** Whose list it is: where the person may read campaigns, edit drafts, sign and run. */
export type Reader = {
  id: string;
  reads: Units;
  writes: Units;
  runs: Units;
  signs: { liaison: Units; leader: Units };
};

export type ListFilter = {
  /** Null for every state. */
  states: readonly CampaignState[] | null;
  /** Only what waits for an act of the reader. */
  mine: boolean;
  /** The wizard's drafts too. */
  drafts: boolean;
  /** Part of a name or number. */
  text: string | null;
  kind: 'marketing' | 'notice' | null;
  unit: string | null;
  ownerId: string | null;
  /** Sending windows that touch this span. */
  from: Date | null;
  until: Date | null;
  /** The last row of the page before. */
  after: { movedAt: number; id: string } | null;
  limit: number;
};

const Item = z.object({
  id: z.uuid(),
  /** Null for a draft of the wizard. */
  number: z.string().nullable(),
  key: z.number().nullable(),
  name: z.string(),
  unit: z.string(),
  kind: z.enum(['marketing', 'notice']).nullable(),
  state: z.enum(campaignStates),
  stateReason: z.record(z.string(), z.unknown()).nullable(),
  step: z.string().nullable(),
  ownerId: z.uuid(),
  ownerName: z.string(),
  startsAt: z.date().nullable(),
  endsAt: z.date().nullable(),
  dailyFrom: z.string().nullable(),
  dailyTo: z.string().nullable(),
  days: z.enum(['every-day', 'working-days']).nullable(),
  signBy: z.date().nullable(),
  submittedAt: z.date().nullable(),
  startedAt: z.date().nullable(),
  finishedAt: z.date().nullable(),
  size: z.number().nullable(),
  root: z.string().nullable(),
  /** When the signature that is missing became due. */
  awaitedSince: z.date().nullable(),
  liaisonName: z.string().nullable(),
  liaisonAt: z.date().nullable(),
  mine: z.boolean(),
  /** Microseconds since 1970, to go on from. */
  movedAt: z.number(),
});
export type ListItem = z.infer<typeof Item>;

const within = (column: Sql, units: Units): Sql =>
  units === '*' ? sql`true` : sql`${column} = any(${[...units]}::text[])`;
const campaignUnit = sql`c.unit`;
const draftUnit = sql`d.unit`;
// As the index campaign_recent has it.
const moved = sql`greatest(c.created_at, c.submitted_at, c.started_at, c.finished_at)`;

/** What waits for the reader: a signature they may give, a pause they may end, a draft of theirs. Nobody signs twice or for themself. */
const awaits = (reader: Reader): Sql => sql`(
  (c.state = 'awaiting-liaison' and c.applicant_id <> ${reader.id} and ${within(campaignUnit, reader.signs.liaison)})
  or (c.state = 'awaiting-leader' and c.applicant_id <> ${reader.id} and ${within(campaignUnit, reader.signs.leader)}
    and not exists (select 1 from form f join signature s on s.form_id = f.id where f.campaign_id = c.id and s.staff_id = ${reader.id}))
  or (c.state = 'paused' and ${within(campaignUnit, reader.runs)})
  or (c.state = 'draft' and c.applicant_id = ${reader.id}))`;

const like = (text: string): string => `%${text.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;

function campaignConditions(reader: Reader, filter: ListFilter): Sql {
  const { states, text, kind, unit, ownerId, from, until, mine } = filter;
  return sql`${within(campaignUnit, reader.reads)}
    and (${states === null} or c.state = any(${states === null ? [] : [...states]}::text[]))
    and (${text === null} or c.name ilike ${like(text ?? '')} or c.number ilike ${like(text ?? '')})
    and (${kind}::text is null or t.kind = ${kind})
    and (${unit}::text is null or c.unit = ${unit})
    and (${ownerId}::uuid is null or c.applicant_id = ${ownerId})
    and (${from}::timestamptz is null or c.ends_at >= ${from})
    and (${until}::timestamptz is null or c.starts_at < ${until})
    and ${mine ? awaits(reader) : sql`true`}`;
}

/** The wizard's drafts have no kind and no window yet: such filters leave them out. */
function draftConditions(reader: Reader, filter: ListFilter): Sql {
  const { text, kind, unit, ownerId, from, until, mine, drafts } = filter;
  const possible = drafts && kind === null && from === null && until === null;
  return sql`${possible} and ${within(draftUnit, reader.writes)}
    and (${text === null} or d.name ilike ${like(text ?? '')})
    and (${unit}::text is null or d.unit = ${unit})
    and (${ownerId}::uuid is null or d.owner_id = ${ownerId})
    and ${mine ? sql`d.owner_id = ${reader.id}` : sql`true`}`;
}

const campaignColumns = (
  reader: Reader,
): Sql => sql`c.id, c.number, c.key, c.name, c.unit, t.kind, c.state, c.state_reason as "stateReason", null::text as step,
  c.applicant_id as "ownerId", c.applicant_name as "ownerName", c.starts_at as "startsAt", c.ends_at as "endsAt", c.daily_from as "dailyFrom",
  c.daily_to as "dailyTo", c.days, c.sign_by as "signBy", c.submitted_at as "submittedAt", c.started_at as "startedAt", c.finished_at as "finishedAt",
  a.size, a.merkle_root as root, coalesce(l.signed_at, f.created_at) as "awaitedSince", ls.name as "liaisonName", l.signed_at as "liaisonAt",
  ${awaits(reader)} as mine, (date_part('epoch', ${moved}) * 1000000)::bigint as "movedAt"`;
const campaignSource = sql`campaign c join template t on t.id = c.template_id left join audience a on a.id = c.frozen_audience_id
  left join form f on f.campaign_id = c.id left join signature l on l.form_id = f.id and l.role = 'liaison' left join staff ls on ls.id = l.staff_id`;

/** One page, newest move first. */
export function listItems(db: Db, reader: Reader, filter: ListFilter): Promise<ListItem[]> {
  const { after, limit } = filter;
  const at = after === null ? null : new Date(after.movedAt / 1_000).toISOString();
  // Microseconds apart, dates of JavaScript are the same: the rest is added in SQL.
  const micros = after === null ? 0 : after.movedAt % 1_000;
  const cursor = sql`(${at}::timestamptz + make_interval(secs => ${micros}::float8 / 1000000), ${after?.id ?? null}::uuid)`;
  const beyond = (row: Sql): Sql => (after === null ? sql`true` : sql`${row} < ${cursor}`);
  return many(
    db,
    Item,
    sql`select * from (
        (select ${campaignColumns(reader)} from ${campaignSource}
          where ${campaignConditions(reader, filter)} and ${beyond(sql`(${moved}, c.id)`)} order by ${moved} desc, c.id desc limit ${limit})
        union all
        (select d.id, null, null, d.name, d.unit, null, 'draft', null, d.step, d.owner_id, s.name, null, null, null, null, null, null, null, null, null,
            null, null, null, null, null, d.owner_id = ${reader.id}, (date_part('epoch', d.updated_at) * 1000000)::bigint
          from campaign_draft d join staff s on s.id = d.owner_id
          where ${draftConditions(reader, filter)} and ${beyond(sql`(d.updated_at, d.id)`)} order by d.updated_at desc, d.id desc limit ${limit})
      ) as item order by "movedAt" desc, id desc limit ${limit}`,
  );
}

/** Those of these campaigns that the reader may read: rows on screen, looked at again. */
export const itemsOf = (db: Db, reader: Reader, numbers: readonly string[]): Promise<ListItem[]> =>
  many(
    db,
    Item,
    sql`select ${campaignColumns(reader)} from ${campaignSource} where c.number = any(${[...numbers]}::text[]) and ${within(campaignUnit, reader.reads)}`,
  );

/** How many campaigns stand in each state, of those the reader may read, and how many wait for the reader. */
export async function countItems(
  db: Db,
  reader: Reader,
): Promise<{ states: Map<CampaignState, number>; mine: number }> {
  const rows = await many(
    db,
    z.object({ state: z.enum(campaignStates), count: z.number(), mine: z.number() }),
    sql`select c.state, count(*)::int as count, count(*) filter (where ${awaits(reader)})::int as mine
      from campaign c where ${within(campaignUnit, reader.reads)} group by 1`,
  );
  const drafts = await one(
    db,
    z.object({ count: z.number(), mine: z.number() }),
    sql`select count(*)::int as count, count(*) filter (where d.owner_id = ${reader.id})::int as mine
      from campaign_draft d where ${within(draftUnit, reader.writes)}`,
  );
  const states = new Map(rows.map(({ state, count }) => [state, count]));
  states.set('draft', (states.get('draft') ?? 0) + drafts.count);
  return { states, mine: rows.reduce((sum, { mine }) => sum + mine, drafts.mine) };
}

/** Signatures that are missing, and since when the oldest of them. */
export const awaitedSignatures = (db: Db, reader: Reader) =>
  one(
    db,
    z.object({ count: z.number(), oldest: z.date().nullable() }),
    sql`select count(*)::int as count, min(coalesce(l.signed_at, f.created_at)) as oldest
      from campaign c join form f on f.campaign_id = c.id left join signature l on l.form_id = f.id and l.role = 'liaison'
      where c.state in ('awaiting-liaison', 'awaiting-leader') and ${within(campaignUnit, reader.reads)}`,
  );

/** People who said no since then, however they said it. */
export const optOutsSince = async (db: Db, since: Date): Promise<number> =>
  (
    await one(
      db,
      z.object({ count: z.number() }),
      sql`select count(*)::int as count from suppression where kind = 'opt-out' and created_at >= ${since}`,
    )
  ).count;

/** Units and applicants that the filters offer. */
export async function listChoices(db: Db, reader: Reader) {
  const units = await many(
    db,
    z.object({ unit: z.string() }),
    sql`select distinct c.unit from campaign c where ${within(campaignUnit, reader.reads)} order by 1 limit 200`,
  );
  const owners = await many(
    db,
    z.object({ id: z.uuid(), name: z.string() }),
    sql`select s.id, s.name from staff s where s.id in (select c.applicant_id from campaign c where ${within(campaignUnit, reader.reads)})
      order by s.name limit 200`,
  );
  return { units: units.map(({ unit }) => unit), owners };
}

/** Who could give the missing signature, by role and unit. */
export const signersFor = (db: Db, role: 'liaison' | 'leader', units: readonly string[]) =>
  many(
    db,
    z.object({ unit: z.string(), id: z.uuid(), name: z.string() }),
    sql`select distinct u.unit, s.id, s.name from unnest(${[...new Set(units)]}::text[]) as u (unit)
      join staff_role r on r.role = ${role} and (r.unit = '*' or r.unit = u.unit) join staff s on s.id = r.staff_id and s.disabled_at is null
      order by 1, 3`,
  );

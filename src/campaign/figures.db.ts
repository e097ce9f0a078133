import { z } from 'zod';
import { messageStates } from '../contact/message-state.rule.ts';
import { withUnopened, type DelayCount, type SpeedPoint } from './figure.rule.ts';
import { countOpened, countsOf } from './message.db.ts';
import { execute, many, maybe, one, sql, type Db, type Tx } from '../kernel/sql.db.ts';

const Line = z.object({
  state: z.enum(messageStates),
  /** Of suppressed and failed. */
  reason: z.string().nullable(),
  /** The gateway's, where it says more than the state. */
  code: z.string().nullable(),
  /** Whether the gateway took it. */
  taken: z.boolean(),
  /** Put off by the gateway: not due yet. */
  deferred: z.boolean(),
  count: z.number(),
  /** The first of them on the list; absent in figures that were kept before it was counted. */
  first: z.number().optional(),
});
export type FigureLine = z.infer<typeof Line>;

const Body = z.object({
  lines: z.array(Line),
  /** Of the calls that are open. */
  oldestClaimAt: z.coerce.date().nullable(),
  lastClaimAt: z.coerce.date().nullable(),
  /** Call of the oldest whose outcome is not known; absent in figures that were kept before it was looked for. */
  oldestUnknownAt: z.coerce.date().nullable().optional(),
  /** Seconds a point. */
  step: z.number(),
  points: z.array(z.tuple([z.number(), z.number(), z.number(), z.number()])),
  delays: z.array(z.tuple([z.number(), z.number()])),
  days: z.record(z.string(), z.object({ submitted: z.number(), delivered: z.number(), failed: z.number() })),
  /** When every point was counted anew; in between only the newest are. */
  wholeAt: z.coerce.date(),
  /** Milliseconds that counting took. */
  tookMs: z.number(),
  /** Counted after the campaign was finished: only a late receipt changes it now. */
  ended: z.boolean(),
});
const Row = Body.extend({ at: z.date() });
export type CampaignFigures = z.infer<typeof Row>;

/** The figures as they were counted last, by campaign key. */
export async function findFigures(db: Db, keys: readonly number[]): Promise<Map<number, CampaignFigures>> {
  const rows = await many(
    db,
    z.object({ key: z.number(), at: z.date(), body: Body }),
    sql`select campaign_key as key, at, body from campaign_figures where campaign_key = any(${keys}::int[])`,
  );
  return new Map(rows.map(({ key, at, body }) => [key, { ...body, at }]));
}

const Glance = z.object({
  key: z.number(),
  at: z.date(),
  lines: Body.shape.lines,
  tookMs: z.number(),
  ended: z.boolean(),
  oldestClaimAt: z.coerce.date().nullable(),
  oldestUnknownAt: z.coerce.date().nullable(),
});
/** What lists say of a ledger. */
export type FigureGlance = Pick<
  CampaignFigures,
  'at' | 'lines' | 'tookMs' | 'ended' | 'oldestClaimAt' | 'oldestUnknownAt'
>;

/** Without the points of the chart, which are thousands: for twenty campaigns they took 40 ms to read. */
export async function glanceFigures(db: Db, keys: readonly number[]): Promise<Map<number, FigureGlance>> {
  const rows = await many(
    db,
    Glance,
    sql`select f.campaign_key as key, f.at, b.lines, b."tookMs", b.ended, b."oldestClaimAt", b."oldestUnknownAt"
      from campaign_figures f, jsonb_to_record(f.body)
        as b (lines jsonb, "tookMs" float8, ended boolean, "oldestClaimAt" timestamptz, "oldestUnknownAt" timestamptz)
      where f.campaign_key = any(${keys}::int[])`,
  );
  return new Map(rows.map(({ key, ...figures }) => [key, figures]));
}

/** Keeps the newest: whoever counted earlier does not overwrite it. */
export const storeFigures = (db: Db, key: number, { at, ...body }: CampaignFigures) =>
  execute(
    db,
    sql`insert into campaign_figures (campaign_key, at, body) values (${key}, ${at}, ${JSON.stringify(body)})
      on conflict (campaign_key) do update set at = excluded.at, body = excluded.body where campaign_figures.at < excluded.at`,
  );

/** What follows in this transaction keeps to one core: on two, the pages would wait for what is counted beside them. */
export const countAlone = (tx: Tx) => execute(tx, sql`select set_config('max_parallel_workers_per_gather', '0', true)`);

/** The ledger's lines, whoever has no row yet among those who wait. Reads every row of the campaign: 370 ms a million. */
export async function countLines(db: Db, key: number, now: Date): Promise<FigureLine[]> {
  const opened = await countOpened(db, key);
  const lines = await many(
    db,
    Line,
    sql`select state, case when state in ('suppressed', 'failed') then reason end as reason,
        case when state in ('failed', 'unknown') or (state = 'pending' and attempt > 0) then code end as code,
        biz_id is not null as taken, state = 'pending' and coalesce(due_at > ${now}, false) as deferred, count(*)::int as count, min(seq) as first
      from message where campaign_key = ${key} group by 1, 2, 3, 4, 5 order by 1, 2, 3`,
  );
  const list = await maybe(
    db,
    z.object({ size: z.number() }),
    sql`select a.size from campaign c join audience a on a.id = c.frozen_audience_id where c.key = ${key} and c.finished_at is null`,
  );
  const counts = countsOf(lines);
  const unopened = list === null ? 0 : withUnopened(counts, list.size, opened).pending - counts.pending;
  if (unopened === 0) return lines;
  // Where the first of them stands nobody knows without looking for it: the list is read from its beginning.
  const waiting = { state: 'pending', reason: null, code: null, taken: false, deferred: false, first: 1 } as const;
  return [...lines, { ...waiting, count: unopened }];
}

export const claimTimes = (db: Db, key: number) =>
  one(
    db,
    z.object({
      first: z.date().nullable(),
      last: z.date().nullable(),
      oldestOpen: z.date().nullable(),
      oldestUnknown: z.date().nullable(),
    }),
    sql`select min(claimed_at) as first, max(claimed_at) as last, min(claimed_at) filter (where state = 'claimed') as "oldestOpen",
        min(claimed_at) filter (where state = 'unknown') as "oldestUnknown"
      from message where campaign_key = ${key}`,
  );

// A verdict is a receipt or the gateway's own record: what was refused at once has no id of the gateway.
const verdict = sql`state in ('delivered', 'failed') and biz_id is not null`;

/** Points from `from` (epoch seconds, a multiple of `step`) on. With a late `from` 220 ms a million rows. */
export async function countPoints(db: Db, key: number, step: number, from: number): Promise<SpeedPoint[]> {
  const since = new Date(from * 1_000);
  const bucket = z.object({ at: z.number(), count: z.number() });
  const claims = await many(
    db,
    bucket,
    // By the call where it has begun: people are claimed up to a quarter of a second sooner, and the line would rise above the signed rate.
    sql`select (floor(date_part('epoch', coalesce(called_at, claimed_at)) / ${step}::int) * ${step}::int)::int as at, count(*)::int as count
      from message where campaign_key = ${key} and coalesce(called_at, claimed_at) >= ${since} group by 1`,
  );
  const verdicts = await many(
    db,
    bucket.extend({ delivered: z.boolean() }),
    sql`select (floor(date_part('epoch', changed_at) / ${step}::int) * ${step}::int)::int as at, state = 'delivered' as delivered, count(*)::int as count
      from message where campaign_key = ${key} and ${verdict} and changed_at >= ${since} group by 1, 2`,
  );
  const points = new Map<number, SpeedPoint>();
  const pointAt = (at: number): SpeedPoint => {
    const point = points.get(at) ?? [at, 0, 0, 0];
    points.set(at, point);
    return point;
  };
  for (const { at, count } of claims) pointAt(at)[1] += count;
  for (const { at, count, delivered } of verdicts) pointAt(at)[delivered ? 2 : 3] += count;
  return [...points.values()].toSorted(([a], [b]) => a - b);
}

/** Delays from handing over to the verdict; from a minute on in whole seconds, so that there are few of them. */
export async function countDelays(db: Db, key: number): Promise<DelayCount[]> {
  const rows = await many(
    db,
    z.object({ tenths: z.number(), count: z.number() }),
    sql`select (case when d < 60 then floor(d * 10) else floor(d) * 10 end)::int as tenths, count(*)::int as count
      from (select greatest(0, date_part('epoch', changed_at - claimed_at)) as d from message
        where campaign_key = ${key} and ${verdict} and claimed_at is not null) as delay
      group by 1 order by 1`,
  );
  return rows.map(({ tenths, count }) => [tenths, count]);
}

/**
 * Sums of one day of China (`2026-09-29`) over campaigns that were sending then. `offset 0`: else the figures of all
 * campaigns ever are unpacked, several times each, before those of that day are chosen.
 */
export const sumOfDay = (db: Db, day: string, since: Date, units: '*' | readonly string[]) =>
  one(
    db,
    z.object({ submitted: z.number(), delivered: z.number(), failed: z.number(), costFen: z.number() }),
    sql`select coalesce(sum((d.day->>'submitted')::int), 0)::int as submitted, coalesce(sum((d.day->>'delivered')::int), 0)::int as delivered,
        coalesce(sum((d.day->>'failed')::int), 0)::int as failed,
        coalesce(sum((d.day->>'submitted')::float8 * c.estimate_fen / nullif(a.size, 0)), 0)::float8 as "costFen"
      from campaign c join campaign_figures f on f.campaign_key = c.key join audience a on a.id = c.frozen_audience_id
      cross join lateral (select f.body->'days'->${day}::text as day offset 0) d
      where c.started_at is not null and (c.finished_at is null or c.finished_at >= ${since}) and d.day is not null
        and (${units === '*'} or c.unit = any(${units === '*' ? [] : [...units]}::text[]))`,
  );

/** Campaigns whose ledger moves, or moved since it was counted: what has to be counted to say today's sums. */
export const restlessCampaigns = (db: Db): Promise<{ key: number }[]> =>
  many(
    db,
    z.object({ key: z.number() }),
    sql`select c.key from campaign c left join campaign_figures f on f.campaign_key = c.key
      where c.started_at is not null and (c.finished_at is null or f.at is null or f.at < c.finished_at) order by c.started_at desc limit 200`,
  );

export const figureSubject = (db: Db, key: number) =>
  maybe(
    db,
    z.object({ startedAt: z.date().nullable(), finishedAt: z.date().nullable() }),
    sql`select started_at as "startedAt", finished_at as "finishedAt" from campaign where key = ${key}`,
  );

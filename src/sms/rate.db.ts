import { monitorEventLoopDelay } from 'node:perf_hooks';
import { z } from 'zod';
import { grantMs, knowing, takePace, renewPace, type Pace, type PaceGrant, type Spent } from './pace.rule.ts';
import { execute, rowsOf, shortTransaction, sql, type Pool, type Sql } from '../kernel/sql.db.ts';
import type { QueryResult } from 'pg';

/** Messages a second of each owner: a gateway account, and a campaign for the rate that was signed. */
export type Rates = Readonly<Record<string, number>>;
/**
 * Leave for some messages. `at`: the database's clock; `heldAt`: this process's `performance.now()` just after; `validMs`: how
 * long from then on a call may begin.
 */
export type Granted = { at: number; heldAt: number; left: number; validMs: number };

const Row = z.object({
  owner: z.uuid(),
  tokens: z.number(),
  updatedAt: z.date(),
  recent: z.array(z.tuple([z.number(), z.number(), z.number()])),
});
const Clock = z.object({ now: z.number() });

// How long commits take of late. A grant is dated before its commit: one that is good for less is over before it is known.
let commitLagMs = 0;
export const commitLag = (): number => commitLagMs;

// How late this process comes to anything of late: a call that may begin now is on the wire that much later.
const resolutionMs = 10;
const loop = monitorEventLoopDelay({ resolution: resolutionMs });
loop.enable();
let [latest, earlier, since] = [0, 0, performance.now()];
export function loopLag(): number {
  latest = Math.max(0, loop.max / 1e6 - resolutionMs);
  if (performance.now() - since > 5_000) {
    [earlier, since] = [latest, performance.now()];
    loop.reset();
  }
  return Math.max(latest, earlier);
}

/** Notes how long it took from a grant to the answer of its commit. Long ones are believed at once, short ones little by little. */
export function noteCommit({ heldAt }: Granted): void {
  const lag = performance.now() - heldAt;
  commitLagMs = lag > commitLagMs ? lag : commitLagMs * 0.9 + lag * 0.1;
}

/** How much room there is now, for whoever only looks: nothing is held. */
export const paceNow = (rates: Rates): [Sql, Sql] => [bucketsOf(rates), databaseClock];

const bucketsOf = (rates: Rates): Sql =>
  sql`select owner, tokens, updated_at as "updatedAt", recent from rate_bucket
    where owner = any(${Object.keys(rates)}::uuid[]) order by owner`;
// One clock for every worker.
const databaseClock = sql`select (extract(epoch from clock_timestamp()) * 1000)::float8 as now`;

/** Two queries: the owners' rows, locked in order of id, or two claims could wait for each other; then the database's clock. */
export const paceOf = (rates: Rates): [Sql, Sql] => [
  sql`${bucketsOf(rates)} for update`,
  // Asked after the locks are held: it dates the grant.
  databaseClock,
];

/** The owners' rows are there, empty, as new ones start, and stay there whatever becomes of the claim. */
export const openPace = (pool: Pool, rates: Rates) =>
  execute(
    pool,
    sql`insert into rate_bucket (owner, tokens, updated_at)
      select o, 0, clock_timestamp() from unnest(${Object.keys(rates).toSorted()}::uuid[]) as o on conflict do nothing`,
  );

export type Leave = { granted: Granted; waitMs: number; spend: Sql[] };

/**
 * Leave for at most `wanted` messages that every owner grants, and for none where it would be fewer than `least`; null when a row
 * is missing. `spend` writes it down. `spent`: what has become of the asker's grant before this one.
 */
export function takeLeave(
  results: readonly QueryResult[],
  rates: Rates,
  wanted: number,
  { least = 1, spent = null }: { least?: number; spent?: Spent | null } = {},
): Leave | null {
  return grant(results, rates, wanted, least, (pace, perSecond, now, count, validMs) =>
    takePace(knowing(pace, spent), perSecond, now, count, validMs),
  );
}

/** Leave anew for messages whose grant has lapsed. */
export function renewLeave(
  results: readonly QueryResult[],
  rates: Rates,
  lapsed: Pick<Granted, 'at' | 'left'>,
  wanted: number,
): Leave | null {
  return grant(results, rates, wanted, 1, (pace, perSecond, now, count, validMs) =>
    renewPace(pace, perSecond, now, { from: lapsed.at, lapsed: lapsed.left, wanted: count, validMs }),
  );
}

function grant(
  [buckets, clock]: readonly QueryResult[],
  rates: Rates,
  wanted: number,
  least: number,
  take: (pace: Pace, perSecond: number, now: number, count: number, validMs: number) => PaceGrant,
): Leave | null {
  const rows = rowsOf(Row, buckets);
  const now = rowsOf(Clock, clock)[0]?.now;
  if (now === undefined || rows.length < Object.keys(rates).length) return null;
  const validMs = Math.round(Math.min(5_000, grantMs + 2 * commitLagMs + loopLag()));
  const ask = (count: number) =>
    rows.map(({ owner, tokens, recent, updatedAt }) => {
      const pace = { tokens, recent, updatedAt: updatedAt.getTime() };
      return Object.assign(take(pace, rates[owner] ?? 1, now, count, validMs), { owner });
    });
  const asked = ask(wanted);
  const left = Math.min(...asked.map(({ granted }) => granted));
  const enough = left >= Math.min(wanted, least);
  // Until the least is there, and no longer: a bucket that is waited for until it is full has run over when one comes late.
  const missing = enough ? asked : ask(Math.min(wanted, least));
  const waitMs = Math.max(...missing.map((each) => each.waitMs));
  const granted = { at: now, heldAt: performance.now(), left: enough ? left : 0, validMs };
  // What has lapsed is given back even where nothing can be had for it yet.
  const after = ask(granted.left);
  const spend = sql`update rate_bucket b set tokens = a.tokens, updated_at = a.updated_at, recent = a.recent
    from unnest(${after.map(({ owner }) => owner)}::uuid[], ${after.map(({ pace }) => pace.tokens)}::float8[],
      ${after.map(({ pace }) => new Date(pace.updatedAt))}::timestamptz[], ${after.map(({ pace }) => JSON.stringify(pace.recent))}::jsonb[])
      as a (owner, tokens, updated_at, recent)
    where b.owner = a.owner`;
  return { granted, waitMs, spend: [spend] };
}

/** Leave for one message beside all campaigns, or how long until it may be had. */
export async function takeOne(pool: Pool, accountId: string, perSecond: number): Promise<{ waitMs: number }> {
  const rates = { [accountId]: perSecond };
  await openPace(pool, rates);
  let waitMs = 0;
  await shortTransaction(pool, paceOf(rates), (results) => {
    const leave = takeLeave(results, rates, 1);
    waitMs = leave?.granted.left === 1 ? 0 : Math.max(20, leave?.waitMs ?? 100);
    return leave?.granted.left === 1 ? leave.spend : null;
  });
  return { waitMs };
}

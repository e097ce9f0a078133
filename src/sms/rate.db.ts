import { monitorEventLoopDelay } from 'node:perf_hooks';
import { z } from 'zod';
import { grantMs, knowing, lapsing, portionOf, takeLeaveOf, type Pace, type Spent } from './pace.rule.ts';
import { gapOf, narrowGap, type ClockGap } from './clock.rule.ts';
import { execute, rowsOf, shortTransaction, sql, type Pool } from '../kernel/sql.db.ts';

/** Messages a second of each owner: a gateway account, and a campaign for the rate that was signed. */
export type Rates = Readonly<Record<string, number>>;
/**
 * Leave for `left` messages. `at`: when they may begin, by the database's clock; by this process's `performance.now()` that is not
 * before `datedAt` and not after `beginsAt`. `endsAt`: no call begins later.
 */
export type Granted = { at: number; datedAt: number; beginsAt: number; endsAt: number; left: number };

export type LeaveAsk = {
  accountId: string;
  /** The campaign, with the rate that was signed for it; none for a message beside all campaigns. */
  rates: Rates;
  wanted: number;
  /** What has become of the asker's grant before this one: said once. */
  spent: Spent | null;
  /** A grant of which so many have not begun and ask anew: said once. */
  lapsed: { at: number; left: number } | null;
  /** They ask anew: only the seconds have to have room for them, for so many at least. */
  paid?: { least: number };
  /** How much later than now the grant may begin. */
  aheadMs: number;
};
export type Leave =
  | { kind: 'granted'; granted: Granted }
  | { kind: 'wait'; waitMs: number }
  /** A rate was lowered meanwhile: so many at once will never be granted. */
  | { kind: 'never' };

const Bucket = z.object({
  owner: z.uuid(),
  tokens: z.number(),
  updatedAt: z.date(),
  recent: z.array(z.tuple([z.number(), z.number(), z.number()])),
});
const AccountRate = z.object({ id: z.uuid(), rate: z.number() });
const Clock = z.object({ now: z.number() });

// How long claims take of late, from the leave to the commit. A grant is dated before: one that is good for less is over before it is known.
let claimLagMs = 0;
export const claimLag = (): number => claimLagMs;
/** Long ones are believed at once, short ones little by little. */
export function noteClaim(tookMs: number): void {
  claimLagMs = tookMs > claimLagMs ? tookMs : claimLagMs * 0.9 + tookMs * 0.1;
}

// How late this process comes to anything of late: a call that may begin now is on the wire that much later.
const resolutionMs = 10;
const loop = monitorEventLoopDelay({ resolution: resolutionMs });
loop.enable();
type Lag = { most: number; usual: number };
let [latest, earlier, since]: [Lag, Lag, number] = [{ most: 0, usual: 0 }, { most: 0, usual: 0 }, performance.now()];
const lateMs = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - resolutionMs);
/** Of the last five to ten seconds: the worst, and what 99 of 100 turns keep within. */
export function loopLag(): Lag {
  latest = { most: lateMs(loop.max), usual: lateMs(loop.percentile(99)) };
  if (performance.now() - since > 5_000) {
    [earlier, since] = [latest, performance.now()];
    loop.reset();
  }
  return { most: Math.max(latest.most, earlier.most), usual: Math.max(latest.usual, earlier.usual) };
}

// How far the database's clock is ahead: each answer tells it within the time that it took, and together they tell it within the shortest.
let gap: ClockGap | null = null;

// One clock for every worker, asked after the locks are held: it dates the grants.
const databaseClock = sql`select (extract(epoch from clock_timestamp()) * 1000)::float8 as now`;

/** The owners' rows are there, empty, as new ones start. */
const openPace = (pool: Pool, owners: readonly string[]) =>
  execute(
    pool,
    sql`insert into rate_bucket (owner, tokens, updated_at)
      select o, 0, clock_timestamp() from unnest(${[...owners]}::uuid[]) as o on conflict do nothing`,
  );

/**
 * Leave for each of those who ask, in their order, in one transaction that holds the buckets for two round trips, whoever and how many ask:
 * a bucket held for the length of a claim made every campaign of the account wait for every other's commit.
 */
export async function takeLeaves(pool: Pool, asks: readonly LeaveAsk[]): Promise<Leave[]> {
  const accounts = [...new Set(asks.map(({ accountId }) => accountId))];
  const owners = [...new Set([...accounts, ...asks.flatMap(({ rates }) => Object.keys(rates))])].toSorted();
  let leaves: Leave[] | null = null;
  const askedAt = performance.now();
  await shortTransaction(
    pool,
    [
      // In order of id, or two transactions could wait for each other.
      sql`select owner, tokens, updated_at as "updatedAt", recent from rate_bucket where owner = any(${owners}::uuid[])
        order by owner for update`,
      sql`select id, rate_per_second as rate from gateway_account where id = any(${accounts}::uuid[])`,
      databaseClock,
    ],
    ([buckets, rates, clock]) => {
      const paces = new Map(
        rowsOf(Bucket, buckets).map(({ owner, tokens, recent, updatedAt }): [string, Pace] => [
          owner,
          { tokens, recent, updatedAt: updatedAt.getTime() },
        ]),
      );
      if (paces.size < owners.length) return null;
      const rateOf = new Map(rowsOf(AccountRate, rates).map(({ id, rate }) => [id, rate]));
      const now = rowsOf(Clock, clock)[0]?.now ?? 0;
      const clocks = (gap = narrowGap(gap, gapOf(now, askedAt, performance.now())));
      leaves = asks.map((ask) =>
        leaveOf(paces, { [ask.accountId]: rateOf.get(ask.accountId) ?? 1, ...ask.rates }, { now, gap: clocks }, ask),
      );
      const kept = [...paces];
      return [
        sql`update rate_bucket b set tokens = a.tokens, updated_at = a.updated_at, recent = a.recent
          from unnest(${kept.map(([owner]) => owner)}::uuid[], ${kept.map(([, pace]) => pace.tokens)}::float8[],
            ${kept.map(([, pace]) => new Date(pace.updatedAt))}::timestamptz[], ${kept.map(([, pace]) => JSON.stringify(pace.recent))}::jsonb[])
            as a (owner, tokens, updated_at, recent)
          where b.owner = a.owner`,
      ];
    },
  );
  if (leaves !== null) return leaves;
  await openPace(pool, owners);
  return takeLeaves(pool, asks);
}

/** One asker's leave; `paces` are then as it leaves them. `now`: the database's. */
function leaveOf(
  paces: Map<string, Pace>,
  rates: Rates,
  { now, gap: { low, high } }: { now: number; gap: ClockGap },
  ask: LeaveAsk,
): Leave {
  const { lapsed, spent, aheadMs, paid } = ask;
  const perSecond = Math.min(...Object.values(rates));
  if (paid && paid.least > perSecond) return { kind: 'never' };
  const wanted = paid ? ask.wanted : Math.min(ask.wanted, portionOf(perSecond));
  const owners = Object.entries(rates).flatMap(([owner, rate]) => {
    const pace = paces.get(owner);
    return pace ? [{ owner, perSecond: rate, pace: lapsing(knowing(pace, spent), lapsed) }] : [];
  });
  const lag = loopLag().most;
  // A call begins when its moment has surely come by the database, which may be so much later than it did.
  const unsureMs = Math.min(1_000, high - low);
  const validFor = (ahead: number): number =>
    Math.round(Math.min(5_000, grantMs + Math.max(0, 2 * claimLagMs - ahead) + lag + unsureMs));
  const { at, granted, waitMs, validMs, paces: after } = takeLeaveOf(owners, now, { wanted, aheadMs, paid, validFor });
  // What was said of grants before is kept even where nothing can be had yet.
  for (const [index, { owner, pace }] of owners.entries()) paces.set(owner, after[index] ?? pace);
  if (granted === 0) return { kind: 'wait', waitMs };
  const beginsAt = at - low;
  const datedAt = beginsAt - unsureMs;
  return { kind: 'granted', granted: { at, datedAt, beginsAt, endsAt: datedAt + validMs, left: granted } };
}

/** Leave for one message beside all campaigns, or how long until it may be had. */
export async function takeOne(pool: Pool, accountId: string): Promise<{ waitMs: number }> {
  const [leave] = await takeLeaves(pool, [{ accountId, rates: {}, wanted: 1, spent: null, lapsed: null, aheadMs: 0 }]);
  return { waitMs: leave?.kind === 'granted' ? 0 : Math.max(20, leave?.kind === 'wait' ? leave.waitMs : 100) };
}

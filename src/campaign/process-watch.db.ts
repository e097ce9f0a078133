import { z } from 'zod';
import type { LiveProcess } from '../house/process-watch.rule.ts';
import { campaignStates } from './state.rule.ts';
import { execute, many, maybe, sql, type Db, type Sql, type Tx } from '../kernel/sql.db.ts';

/** Takes a duty for `seconds`, or keeps it; false while another process has it. By the database's clock: machines differ. */
export async function holdDuty(db: Db, name: string, owner: string, seconds: number): Promise<boolean> {
  const { rowCount } = await execute(
    db,
    sql`insert into duty (name, owner, held_until) values (${name}, ${owner}, clock_timestamp() + make_interval(secs => ${seconds}))
      on conflict (name) do update set owner = excluded.owner, held_until = excluded.held_until
        where duty.owner = excluded.owner or duty.held_until < clock_timestamp()`,
  );
  return rowCount === 1;
}

/** Another need not wait until the time is over. */
export const leaveDuty = (db: Db, name: string, owner: string) =>
  execute(db, sql`delete from duty where name = ${name} and owner = ${owner}`);

/** What was handed in a moment ago is being given its process by whoever handed it in. */
const graceSeconds = 20;
const live: Sql = sql`closed_at is null and state not in ('draft', 'rejected', 'withdrawn', 'expired')
  and (state <> 'freezing' or submitted_at < clock_timestamp() - make_interval(secs => ${graceSeconds}))`;

const LiveRow = z.object({
  kind: z.literal('campaign'),
  id: z.uuid(),
  state: z.enum(campaignStates),
  stale: z.boolean(),
  losses: z.number(),
  lostAt: z.date().nullable(),
}) satisfies z.ZodType<LiveProcess>;
export type LiveCampaignProcess = z.infer<typeof LiveRow>;
const liveColumns = sql`'campaign' as kind, id, state, process_stale as stale, process_losses as losses, process_lost_at as "lostAt"`;

/** Campaigns that must have a process. */
export const liveProcesses = (db: Db): Promise<LiveCampaignProcess[]> =>
  many(db, LiveRow, sql`select ${liveColumns} from campaign where ${live} order by id`);

export const lockLiveProcess = (tx: Tx, { id }: { id: string }): Promise<LiveCampaignProcess | null> =>
  maybe(tx, LiveRow, sql`select ${liveColumns} from campaign where id = ${id} and ${live} for update`);

export const noteLoss = (tx: Tx, { id }: { id: string }, losses: number, now: Date) =>
  execute(tx, sql`update campaign set process_lost_at = ${now}, process_losses = ${losses} where id = ${id}`);

export const noteFresh = (db: Db, { id }: { id: string }) =>
  execute(db, sql`update campaign set process_stale = false where id = ${id} and process_stale`);

/** All that the process owes the campaign is done. */
export const closeCampaign = (db: Db, id: string, now: Date) =>
  execute(
    db,
    sql`update campaign set closed_at = ${now} where id = ${id} and finished_at is not null and closed_at is null`,
  );

/** Test messages that should have been closed by now. */
export const openTestSends = (db: Db, limit: number): Promise<{ id: string; draftId: string }[]> =>
  many(
    db,
    z.object({ id: z.uuid(), draftId: z.uuid() }),
    sql`select id, draft_id as "draftId" from test_send
      where state in ('open', 'calling') and created_at < clock_timestamp() - make_interval(secs => ${graceSeconds})
      order by created_at limit ${limit}`,
  );

/** Counts of drafts that somebody asked for and that have not ended; older ones are asked for again by their page. */
export const openEstimates = (db: Db, limit: number): Promise<{ draftId: string; wanted: string }[]> =>
  many(
    db,
    z.object({ draftId: z.uuid(), wanted: z.string() }),
    sql`select draft_id as "draftId", wanted from draft_estimate
      where fault is null and counted is distinct from wanted
        and wanted_at between clock_timestamp() - interval '1 hour' and clock_timestamp() - make_interval(secs => ${graceSeconds})
      order by wanted_at limit ${limit}`,
  );

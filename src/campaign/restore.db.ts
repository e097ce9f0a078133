import { z } from 'zod';
import type { ContactPurpose } from '../kernel/reach.rule.ts';
import { lateTouchesOf } from '../contact/touch.db.ts';
import { openLedger, type ListToOpen } from './message.db.ts';
import { campaignStates } from './state.rule.ts';
import { execute, many, sql, type Db, type Tx } from '../kernel/sql.db.ts';

const InDoubt = z.object({
  id: z.uuid(),
  key: z.number(),
  audienceId: z.uuid().nullable(),
  state: z.enum(campaignStates),
});

/**
 * Campaigns of which messages may have left since: all that could have been handed in, signed or sent in that time. One that
 * had come to its end, or was stopped for good, sent nothing more.
 */
export const putInDoubt = (tx: Tx, from: Date, until: Date) =>
  many(
    tx,
    InDoubt,
    sql`update campaign set doubt_from = least(doubt_from, ${from}), doubt_until = ${until}, process_stale = true
      where closed_at is null and state not in ('rejected', 'withdrawn', 'expired', 'cancelled', 'voided', 'completed', 'archived')
      returning id, key, frozen_audience_id as "audienceId", state`,
  );

/** So many attempts may have been made in the time that is lost; the next out id must be none of theirs. */
const attemptsLost = 10;

/**
 * As if everybody who could have been written to in that time had been claimed at its end, and the answer lost: nobody is
 * written to again before the gateway has proven that it does not know of a message to them. Their touch counts until then. `list`:
 * of a campaign that had begun; of another, whoever has no row yet is looked at when it begins.
 */
export async function doubtLedger(
  tx: Tx,
  of: { key: number; audienceId: string; until: Date; purpose: ContactPurpose; list: ListToOpen | null },
): Promise<number> {
  // Spans that were opened in the lost time have no row here, and may have been sent all the same.
  if (of.list) await openLedger(tx, of.list);
  const open = sql`campaign_key = ${of.key} and state in ('pending', 'claimed', 'unknown')`;
  await execute(
    tx,
    sql`insert into past_attempt (campaign_key, seq, attempt, request_seq, claimed_at, biz_id)
      select campaign_key, seq, attempt, request_seq, claimed_at, biz_id from message
      where ${open} and attempt > 0 and request_seq is not null and claimed_at is not null on conflict do nothing`,
  );
  const waiting = sql`select am.phone, am.customer_id, ${of.purpose}::text as purpose, ${of.until}::timestamptz as at, m.campaign_key, m.seq
    from message m join audience_member am on am.audience_id = ${of.audienceId} and am.seq = m.seq
    where m.campaign_key = ${of.key} and m.state = 'pending'`;
  await execute(tx, lateTouchesOf(waiting, { channel: 'sms' }));
  const { rowCount } = await execute(
    tx,
    sql`update message m set state = 'unknown', reason = null, code = 'database.restored', biz_id = null, asked = 0, due_at = null,
        attempt = m.attempt + ${attemptsLost}, request_seq = m.seq, claimed_at = ${of.until}, called_at = null, changed_at = ${of.until},
        segments = coalesce(m.segments, (select greatest(1, ceil(c.segments::numeric / greatest(a.size, 1)))::smallint
          from campaign c join audience a on a.id = ${of.audienceId} where c.key = ${of.key}))
      where ${open}`,
  );
  return rowCount ?? 0;
}

/** Keys that the lost time may have given away: their out ids are at the gateway, so they are never given again. */
export const leapCampaignKeys = (tx: Tx) =>
  execute(
    tx,
    sql`select setval(s.name, nextval(s.name::regclass) + 100000) from (select pg_get_serial_sequence('campaign', 'key') as name) s`,
  );

/** Test messages whose call may have been made: nobody asks what became of them, and none is made again. */
export const doubtTestSends = (db: Db, now: Date) =>
  execute(
    db,
    sql`update test_send set state = 'unknown', code = 'database.restored', closed_at = ${now} where state in ('open', 'calling')`,
  );

/** Whether any worker has been at work with this database within the last seconds. */
export async function othersLive(db: Db): Promise<boolean> {
  const { rowCount } = await execute(
    db,
    sql`select from worker_beat where beat_at > clock_timestamp() - interval '5 seconds' limit 1`,
  );
  return (rowCount ?? 0) > 0;
}

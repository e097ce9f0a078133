import { z } from 'zod';
import type { MessageState } from '../contact/message-state.rule.ts';
import { execute, many, one, sql, type Db } from '../kernel/sql.db.ts';

const OutlookRow = z.object({
  dueNow: z.number(),
  nextDueAt: z.date().nullable(),
  open: z.number(),
  askAt: z.date().nullable(),
});
type Asking = { askUnknownAfter: number; askAcceptedAfter: number; askEvery: number };

/** What is due and what is to be asked. Times of questions double from one to the next, at most an hour. */
export const outlook = (db: Db, campaignKey: number, settle: Asking, now: Date) =>
  one(
    db,
    OutlookRow,
    sql`select count(*) filter (where state = 'pending' and (due_at is null or due_at <= ${now}))::int as "dueNow",
        min(due_at) filter (where state = 'pending' and due_at > ${now}) as "nextDueAt",
        count(*) filter (where state in ('claimed', 'unknown', 'accepted'))::int as open,
        min(${askAt(settle)}) filter (where state in ('unknown', 'accepted')) as "askAt"
      from message where campaign_key = ${campaignKey}`,
  );

const askAt = (settle: Asking) =>
  sql`greatest(changed_at, asked_at) + make_interval(secs => case
    when asked > 0 then least(3600, ${settle.askEvery}::float8 * power(2, least(asked, 20) - 1))
    when state = 'unknown' then ${settle.askUnknownAfter}::float8 else ${settle.askAcceptedAfter}::float8 end)`;

const AskRow = z.object({
  seq: z.number(),
  state: z.enum(['unknown', 'accepted']),
  attempt: z.number(),
  requestSeq: z.number(),
  phone: z.string(),
  claimedAt: z.date(),
  asked: z.number(),
  /** When earlier attempts began that were taken for not sent: they are asked for, too. */
  earlier: z.array(z.coerce.date()),
});
export type OpenMessage = z.infer<typeof AskRow>;

/**
 * Messages after `afterSeq` whose outcome is to be asked of the gateway now, in the order of the list: page after page, a campaign
 * is read once, however many are asked (by age it was read from its beginning for each 500).
 */
export const messagesToAsk = (
  db: Db,
  campaignKey: number,
  audienceId: string,
  settle: Asking,
  { afterSeq, limit }: { afterSeq: number; limit: number },
  now: Date,
): Promise<OpenMessage[]> =>
  many(
    db,
    AskRow,
    sql`select m.seq, m.state, m.attempt, m.request_seq as "requestSeq", am.phone, m.claimed_at as "claimedAt", m.asked,
        (select coalesce(json_agg(p.claimed_at), '[]') from past_attempt p where p.campaign_key = m.campaign_key and p.seq = m.seq) as earlier
      from message m join audience_member am on am.audience_id = ${audienceId} and am.seq = m.seq
      where m.campaign_key = ${campaignKey} and m.seq > ${afterSeq} and m.state in ('unknown', 'accepted') and ${askAt(settle)} <= ${now}
      order by m.seq limit ${limit}`,
  );

/**
 * Stands for the gateway's id where a call without an answer was found on the gateway's own list, which names no ids: it was taken,
 * and is billed and counted so. A receipt that comes later brings the real one.
 */
const foundByAsking = 'asked';

/**
 * Moves one open message to what the gateway said of it, and notes when that was; nothing happens if a receipt was faster. Says
 * whether it was still as it had been.
 */
export async function settleMessage(
  db: Db,
  campaignKey: number,
  message: Pick<OpenMessage, 'seq' | 'state' | 'attempt'>,
  to: { state: MessageState; reason: string | null; code: string | null; asked: number },
  now: Date,
): Promise<boolean> {
  const { rowCount } = await execute(
    db,
    sql`update message set state = ${to.state}, reason = ${to.reason}, code = coalesce(${to.code}, code),
        biz_id = case when ${to.state} in ('accepted', 'delivered', 'failed') then coalesce(biz_id, ${foundByAsking}) else biz_id end, asked = ${to.asked}, asked_at = ${now},
        changed_at = case when state = ${to.state} then changed_at else ${now}::timestamptz end,
        due_at = case when ${to.state} = 'pending' then ${now}::timestamptz else due_at end
      where campaign_key = ${campaignKey} and seq = ${message.seq} and attempt = ${message.attempt} and state = ${message.state}`,
  );
  return rowCount === 1;
}

/** Remembers an attempt that was proven not sent: should the proof be wrong, a receipt or an answer that names it is known. */
export const keepAttempt = (
  db: Db,
  campaignKey: number,
  { seq, attempt, requestSeq, claimedAt }: Pick<OpenMessage, 'seq' | 'attempt' | 'requestSeq' | 'claimedAt'>,
) =>
  execute(
    db,
    sql`insert into past_attempt (campaign_key, seq, attempt, request_seq, claimed_at)
      values (${campaignKey}, ${seq}, ${attempt}, ${requestSeq}, ${claimedAt}) on conflict do nothing`,
  );

import { z } from 'zod';
import { messageStates } from '../contact/message-state.rule.ts';
import { forgottenTouches } from '../contact/touch.db.ts';
import { rememberContacts, settleByReceipts } from './receipt.db.ts';
import { silenceNumbers, type Silenced } from '../sms/silence.db.ts';
import {
  execute,
  listOf,
  many,
  named,
  plannedOnce,
  rowsOf,
  sql,
  together,
  transaction,
  type Db,
  type Pool,
  type Sql,
  type Tx,
} from '../kernel/sql.db.ts';

/** What became of one claimed member. Only the attempt that it names is moved. `calledAt`: when the call began, null when none was made. */
export type MessageResult = {
  seq: number;
  requestSeq: number;
  attempt: number;
  state: 'accepted' | 'failed' | 'unknown' | 'pending';
  reason: string | null;
  code: string | null;
  bizId: string | null;
  dueAt: Date | null;
  calledAt: Date | null;
  /** What the refusal says of the number. */
  silence?: Silenced | null;
};
type Of = { key: number; audienceId: string };

/**
 * Writes results; a row that a receipt has moved on meanwhile keeps what the receipt said. Proven not sent: the touch is not
 * counted, and whoever a receipt of an earlier attempt speaks of does not wait for another. A refusal that speaks of the number
 * silences it in the same transaction.
 */
export const storeResults = (
  pool: Pool,
  campaignKey: number,
  audienceId: string,
  results: readonly MessageResult[],
  now: Date,
): Promise<void> =>
  results.length === 0
    ? Promise.resolve()
    : transaction(pool, async (tx) => {
        const of = { key: campaignKey, audienceId };
        const answers = await together(
          tx,
          results.every(isTaken)
            ? [plannedOnce, inOrder, writeAccepted(of, results, now)]
            : [plannedOnce, writeResults(of, results, now)],
        );
        const written = rowsOf(Written, answers.at(-1));
        const stands = new Map(written.map(({ seq, state }) => [seq, state]));
        const notSent = results.filter(({ seq, state }) => state === 'pending' && stands.get(seq) === state);
        await settleByReceipts(
          tx,
          of,
          notSent.filter(({ attempt }) => attempt > 1).map(({ seq }) => seq),
        );
        await writeLateAnswers(
          tx,
          of,
          results.filter(({ seq, state }) => state === 'accepted' && (stands.get(seq) ?? 'pending') === 'pending'),
          now,
        );
        // Messages, touches, numbers, record: in the order in which receipts come to them, or both would wait for each other.
        await silenceNumbers(
          tx,
          results.flatMap(({ silence }) => silence ?? []),
          'refusal',
          now,
        );
      });

const Written = z.object({ seq: z.number(), state: z.enum(messageStates) });

// Planned once for any results, so that each row is looked up by its key: statistics made before the first claim know of no claimed row,
// and a planner that trusts them compares every row with every result (1.2 s a write).
const moves = sql`case m.state when 'claimed' then true when 'unknown' then r.state <> 'unknown' else false end`;

const inOrder = sql`select set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true)`;

/**
 * Of calls that were all taken, as nearly all are: nobody's touch is forgotten, so the rows need not be looked at before they are
 * moved. They are looked up one by one in the order in which receipts lock them. Half of what the other costs.
 */
const writeAccepted = ({ key }: Of, results: readonly MessageResult[], now: Date): Sql =>
  named(
    'waihu.accepted',
    sql`with r as materialized (
        select seq, request_seq, attempt, biz_id, to_timestamp(called_ms / 1000.0) as called_at
        from unnest(${listOf(results, (r) => r.seq)}::int[], ${listOf(results, (r) => r.requestSeq)}::int[], ${listOf(results, (r) => r.attempt)}::int[],
          ${listOf(results, (r) => r.bizId)}::text[], ${listOf(results, (r) => r.calledAt?.getTime() ?? null)}::float8[])
          as t (seq, request_seq, attempt, biz_id, called_ms) order by seq)
      update message m set called_at = coalesce(r.called_at, m.called_at),
        state = case when ${open} then 'accepted' else m.state end, reason = case when ${open} then null else m.reason end,
        code = case when ${open} then 'OK' else m.code end, biz_id = case when ${open} then r.biz_id else m.biz_id end,
        due_at = case when ${open} then null else m.due_at end,
        changed_at = case when ${open} then ${now} else greatest(m.changed_at, r.called_at) end
      from r
      where m.campaign_key = ${key} and m.seq = r.seq
        and m.attempt = r.attempt and m.request_seq = r.request_seq and (${open} or r.called_at > m.claimed_at)
      returning m.seq, m.state`,
  );
const open = sql`m.state in ('claimed', 'unknown')`;
const isTaken = ({ state, code, reason, dueAt }: MessageResult): boolean =>
  state === 'accepted' && code === 'OK' && reason === null && dueAt === null;

/**
 * One statement: the rows are locked in the order in which receipts lock them, moved, and the touch of whoever was proven not
 * written to is forgotten with the move itself, for a row that did move and for no other.
 */
const writeResults = ({ key, audienceId }: Of, results: readonly MessageResult[], now: Date): Sql =>
  named(
    'waihu.results',
    sql`with r as materialized (
        select * from unnest(${results.map((r) => r.seq)}::int[], ${results.map((r) => r.requestSeq)}::int[], ${results.map((r) => r.attempt)}::int[],
          ${results.map((r) => r.state)}::text[], ${results.map((r) => r.reason)}::text[], ${results.map((r) => r.code)}::text[],
          ${results.map((r) => r.bizId)}::text[], ${results.map((r) => r.dueAt)}::timestamptz[], ${results.map((r) => r.calledAt)}::timestamptz[])
          as t (seq, request_seq, attempt, state, reason, code, biz_id, due_at, called_at)),
      locked as materialized (
        select m.seq, ${moves} as moves from r
        join message m on m.campaign_key = ${key} and m.seq = r.seq and m.attempt = r.attempt and m.request_seq = r.request_seq
        order by m.seq for update of m),
      moved as (
        update message m set called_at = coalesce(r.called_at, m.called_at),
          state = case when ${moves} then r.state else m.state end, reason = case when ${moves} then r.reason else m.reason end,
          code = case when ${moves} then r.code else m.code end, biz_id = case when ${moves} then r.biz_id else m.biz_id end,
          due_at = case when ${moves} then r.due_at else m.due_at end,
          changed_at = case when ${moves} then ${now} else greatest(m.changed_at, r.called_at) end
        from r join locked l on l.seq = r.seq
        where m.campaign_key = ${key} and m.seq = l.seq
          and m.attempt = r.attempt and m.request_seq = r.request_seq and (${moves} or r.called_at > m.claimed_at)
        returning m.seq, m.state, l.moves),
      forgotten as (
        ${forgottenTouches(sql`select am.phone, ${key}::int as campaign_key, am.seq
          from moved d join audience_member am on am.audience_id = ${audienceId} and am.seq = d.seq
          where d.moves and d.state in ('pending', 'failed')`)})
      select seq, state from moved`,
  );

/**
 * An answer that came when the attempt had been given up: the message was taken. Whoever waits, or is in doubt, is known to
 * have it; of an attempt that was given back the BizId is kept, since receipts may name nothing else.
 */
async function writeLateAnswers(tx: Tx, of: Of, late: readonly MessageResult[], now: Date): Promise<void> {
  if (late.length === 0) return;
  const given = sql`unnest(${late.map((r) => r.seq)}::int[], ${late.map((r) => r.attempt)}::int[], ${late.map((r) => r.bizId)}::text[],
    ${late.map((r) => r.calledAt)}::timestamptz[]) as r (seq, attempt, biz_id, called_at)`;
  await execute(
    tx,
    sql`update past_attempt p set biz_id = r.biz_id from ${given} where p.campaign_key = ${of.key} and p.seq = r.seq and p.attempt = r.attempt`,
  );
  const moved = await many(
    tx,
    z.object({ seq: z.number() }),
    sql`update message m set state = 'accepted', reason = null, code = 'OK', biz_id = r.biz_id, changed_at = ${now},
        called_at = case when m.attempt = r.attempt then r.called_at else m.called_at end
      from ${given}
      where m.campaign_key = ${of.key} and m.seq = r.seq and r.attempt <= m.attempt and m.state in ('pending', 'unknown')
      returning m.seq`,
  );
  await rememberContacts(
    tx,
    moved.map(({ seq }) => ({ campaignKey: of.key, seq })),
  );
}

export const forgetContacts = (db: Db, campaignKey: number, audienceId: string, seqs: readonly number[]) =>
  execute(
    db,
    forgottenTouches(sql`select am.phone, ${campaignKey}::int as campaign_key, am.seq from audience_member am
      where am.audience_id = ${audienceId} and am.seq = any(${seqs}::int[])`),
  );

/**
 * Gives members of a refused call to a new call: a new out id, since the old one is spoilt. Gives those that were still
 * claimed by the old call; nobody else may go out with the new one.
 */
export async function reclaim(
  db: Db,
  campaignKey: number,
  old: readonly { seq: number; attempt: number }[],
  requestSeq: number,
  attempt: number,
  now: Date,
): Promise<number[]> {
  const rows = await many(
    db,
    z.object({ seq: z.number() }),
    sql`update message m set attempt = ${attempt}, request_seq = ${requestSeq}, changed_at = ${now}
      from unnest(${old.map(({ seq }) => seq)}::int[], ${old.map((each) => each.attempt)}::int[]) as o (seq, attempt)
      where m.campaign_key = ${campaignKey} and m.seq = o.seq and m.attempt = o.attempt and m.state = 'claimed' returning m.seq`,
  );
  return rows.map(({ seq }) => seq).toSorted((a, b) => a - b);
}

import { z } from 'zod';
import { messageStates, type LedgerCounts, type MessageState } from '../domain/message-state.ts';
import type { Member } from '../signing/audience-digest.ts';
import { execute, many, maybe, one, sql, type Db } from './sql.ts';

/** One row a member of the signed size, all pending: a row that was added to the list afterwards is nobody. Repeatable. */
export async function openLedger(tx: Db, campaignKey: number, audienceId: string): Promise<void> {
  await execute(
    tx,
    sql`insert into message (campaign_key, seq) select ${campaignKey}, am.seq from audience_member am join audience a on a.id = am.audience_id
      where a.id = ${audienceId} and am.seq <= a.size order by am.seq on conflict do nothing`,
  );
  // Without statistics the planner takes a ledger filled a moment ago for empty, and joins with it row by row.
  await execute(tx, sql`analyze message`);
}

/** A member with what is looked up about the person; the customer is no part of what was signed. */
export type ListedMember = Member & { customerId: string | null };

/** Members of one batch in order of seq: what is verified, and then exactly what is sent. */
export async function batchMembers(
  db: Db,
  audienceId: string,
  fromSeq: number,
  toSeq: number,
): Promise<ListedMember[]> {
  // Unparsed on purpose: a thousand rows a batch on the hot path, and the digest over them is the check.
  const { rows } = await execute(
    db,
    sql`select seq, phone, variables, customer_id as "customerId" from audience_member where audience_id = ${audienceId} and seq between ${fromSeq} and ${toSeq} order by seq`,
  );
  return rows as ListedMember[];
}

export const batchDigests = async (db: Db, audienceId: string): Promise<string[]> => {
  const rows = await many(
    db,
    z.object({ digest: z.string() }),
    sql`select digest from audience_batch where audience_id = ${audienceId} order by batch`,
  );
  return rows.map(({ digest }) => digest);
};

export const batchDigestAt = async (db: Db, audienceId: string, batch: number): Promise<string | null> => {
  const row = await maybe(
    db,
    z.object({ digest: z.string() }),
    sql`select digest from audience_batch where audience_id = ${audienceId} and batch = ${batch}`,
  );
  return row?.digest ?? null;
};

/** Makes `owner` the only one that may claim from the span; whoever held it before stops at its next claim. */
export const takeLease = (db: Db, campaignKey: number, span: number, owner: string, now: Date) =>
  execute(
    db,
    sql`insert into span_lease (campaign_key, span, owner, taken_at) values (${campaignKey}, ${span}, ${owner}, ${now})
      on conflict (campaign_key, span) do update set owner = excluded.owner, taken_at = excluded.taken_at`,
  );

/** Rows that an earlier, dead attempt left claimed: nobody knows whether the call was made. */
export async function doubtClaimed(
  db: Db,
  campaignKey: number,
  fromSeq: number,
  toSeq: number,
  now: Date,
): Promise<number> {
  const { rowCount } = await execute(
    db,
    sql`update message set state = 'unknown', code = 'worker.lost', changed_at = ${now}
      where campaign_key = ${campaignKey} and seq between ${fromSeq} and ${toSeq} and state = 'claimed'`,
  );
  return rowCount ?? 0;
}

/** What became of one claimed member. Only the attempt that it names is moved. */
export type MessageResult = {
  seq: number;
  requestSeq: number;
  attempt: number;
  state: 'accepted' | 'failed' | 'unknown' | 'pending';
  reason: string | null;
  code: string | null;
  bizId: string | null;
  dueAt: Date | null;
};

/** Writes results; a row that a receipt has moved on meanwhile keeps what the receipt said. Proven not sent: the touch is not counted. */
export async function storeResults(
  db: Db,
  campaignKey: number,
  audienceId: string,
  results: readonly MessageResult[],
  now: Date,
): Promise<void> {
  if (results.length === 0) return;
  // `case` hides the state from the planner: statistics made before the first claim know of no claimed row, so it expected one
  // and compared every row with every result (1.2 s a write; now about 25 ms).
  await execute(
    db,
    sql`with r as (
        select * from unnest(${results.map((r) => r.seq)}::int[], ${results.map((r) => r.requestSeq)}::int[], ${results.map((r) => r.attempt)}::int[],
          ${results.map((r) => r.state)}::text[], ${results.map((r) => r.reason)}::text[], ${results.map((r) => r.code)}::text[],
          ${results.map((r) => r.bizId)}::text[], ${results.map((r) => r.dueAt)}::timestamptz[]) as t (seq, request_seq, attempt, state, reason, code, biz_id, due_at))
      update message m set state = r.state, reason = r.reason, code = r.code, biz_id = r.biz_id, due_at = r.due_at, changed_at = ${now}
      from r where m.campaign_key = ${campaignKey} and m.seq = any(${results.map((r) => r.seq)}::int[]) and m.seq = r.seq and m.attempt = r.attempt and m.request_seq = r.request_seq
        and case m.state when 'claimed' then true when 'unknown' then r.state <> 'unknown' else false end`,
  );
  const notSent = results.filter(({ state }) => state === 'pending' || state === 'failed').map(({ seq }) => seq);
  if (notSent.length > 0) await forgetContacts(db, campaignKey, audienceId, notSent);
}

export const forgetContacts = (db: Db, campaignKey: number, audienceId: string, seqs: readonly number[]) =>
  execute(
    db,
    sql`delete from contact k using audience_member am
      where am.audience_id = ${audienceId} and am.seq = any(${seqs}::int[]) and k.phone = am.phone and k.campaign_key = ${campaignKey} and k.seq = am.seq`,
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

const CountRow = z.object({ state: z.enum(messageStates), reason: z.string().nullable(), count: z.number() });
export type LedgerLine = z.infer<typeof CountRow>;
export const ledgerLines = (db: Db, campaignKey: number): Promise<LedgerLine[]> =>
  many(
    db,
    CountRow,
    sql`select state, case when state in ('suppressed', 'failed') then reason end as reason, count(*)::int as count from message where campaign_key = ${campaignKey} group by 1, 2 order by 1, 2`,
  );

export function countsOf(lines: readonly LedgerLine[]): LedgerCounts {
  const counts = Object.fromEntries(messageStates.map((state) => [state, 0])) as Record<MessageState, number>;
  for (const { state, count } of lines) counts[state] += count;
  return counts;
}

const OutlookRow = z.object({
  dueNow: z.number(),
  nextDueAt: z.date().nullable(),
  open: z.number(),
  askAt: z.date().nullable(),
});

/** What is due and what is to be asked. Times of questions double from one to the next, at most an hour. */
export const outlook = (
  db: Db,
  campaignKey: number,
  settle: { askUnknownAfter: number; askAcceptedAfter: number; askEvery: number },
  now: Date,
) =>
  one(
    db,
    OutlookRow,
    sql`select count(*) filter (where state = 'pending' and (due_at is null or due_at <= ${now}))::int as "dueNow",
        min(due_at) filter (where state = 'pending' and due_at > ${now}) as "nextDueAt",
        count(*) filter (where state in ('claimed', 'unknown', 'accepted'))::int as open,
        min(${askAt(settle)}) filter (where state in ('unknown', 'accepted')) as "askAt"
      from message where campaign_key = ${campaignKey}`,
  );

const askAt = (settle: { askUnknownAfter: number; askAcceptedAfter: number; askEvery: number }) =>
  sql`changed_at + make_interval(secs => case
    when asked > 0 then least(3600, ${settle.askEvery}::float8 * power(2, asked - 1)) when state = 'unknown' then ${settle.askUnknownAfter}::float8 else ${settle.askAcceptedAfter}::float8 end)`;

const AskRow = z.object({
  seq: z.number(),
  state: z.enum(['unknown', 'accepted']),
  attempt: z.number(),
  requestSeq: z.number(),
  phone: z.string(),
  claimedAt: z.date(),
  asked: z.number(),
});
export type OpenMessage = z.infer<typeof AskRow>;

/** Messages whose outcome is to be asked of the gateway now, oldest first. */
export const messagesToAsk = (
  db: Db,
  campaignKey: number,
  audienceId: string,
  settle: { askUnknownAfter: number; askAcceptedAfter: number; askEvery: number },
  limit: number,
  now: Date,
): Promise<OpenMessage[]> =>
  many(
    db,
    AskRow,
    sql`select m.seq, m.state, m.attempt, m.request_seq as "requestSeq", am.phone, m.claimed_at as "claimedAt", m.asked
      from message m join audience_member am on am.audience_id = ${audienceId} and am.seq = m.seq
      where m.campaign_key = ${campaignKey} and m.state in ('unknown', 'accepted') and ${askAt(settle)} <= ${now}
      order by m.changed_at limit ${limit}`,
  );

/** Moves one open message to what the gateway said of it; nothing happens if a receipt was faster. */
export const settleMessage = (
  db: Db,
  campaignKey: number,
  message: Pick<OpenMessage, 'seq' | 'state' | 'attempt'>,
  to: { state: MessageState; reason: string | null; code: string | null; asked: number },
  now: Date,
) =>
  execute(
    db,
    sql`update message set state = ${to.state}, reason = ${to.reason}, code = coalesce(${to.code}, code), asked = ${to.asked}, changed_at = ${now},
        due_at = case when ${to.state} = 'pending' then ${now}::timestamptz else due_at end
      where campaign_key = ${campaignKey} and seq = ${message.seq} and attempt = ${message.attempt} and state = ${message.state}`,
  );

/** Ends what has not been claimed when the campaign ends. */
export async function closePending(
  tx: Db,
  campaignKey: number,
  to: 'expired' | 'cancelled',
  now: Date,
): Promise<number> {
  const { rowCount } = await execute(
    tx,
    sql`update message set state = ${to}, changed_at = ${now} where campaign_key = ${campaignKey} and state = 'pending'`,
  );
  return rowCount ?? 0;
}

/** Claimed rows whose span nobody sends any more: asked like every unknown. */
export const findMessage = (db: Db, campaignKey: number, seq: number) =>
  maybe(
    db,
    z.object({
      seq: z.number(),
      state: z.enum(messageStates),
      reason: z.string().nullable(),
      attempt: z.number(),
      requestSeq: z.number().nullable(),
      code: z.string().nullable(),
      bizId: z.string().nullable(),
      dueAt: z.date().nullable(),
      claimedAt: z.date().nullable(),
      changedAt: z.date().nullable(),
      asked: z.number(),
    }),
    sql`select seq, state, reason, attempt, request_seq as "requestSeq", code, biz_id as "bizId", due_at as "dueAt", claimed_at as "claimedAt", changed_at as "changedAt", asked
      from message where campaign_key = ${campaignKey} and seq = ${seq}`,
  );

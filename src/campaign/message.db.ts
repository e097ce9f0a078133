import { z } from 'zod';
import { messageStates, type LedgerCounts, type MessageState } from '../contact/message-state.rule.ts';
import type { Member } from '../audience/digest.rule.ts';
import { execute, many, maybe, one, sql, type Db, type Pool, type Tx } from '../kernel/sql.db.ts';

// A second of the database: a million rows in one transaction held back clean-up for everybody for fifteen.
const rowsAStep = 50_000;

/**
 * Opens the ledger in steps of their own, before anybody may claim from it. A row less is a person who waits: `withUnopened`.
 * Broken off and repeated, it goes on where it stood.
 */
export async function openLedgerInSteps(
  pool: Pool,
  campaignKey: number,
  audienceId: string,
  size: number,
): Promise<void> {
  for (let from = 1; from <= size; from += rowsAStep) {
    await execute(
      pool,
      sql`insert into message (campaign_key, seq) select ${campaignKey}, seq from audience_member
        where audience_id = ${audienceId} and seq between ${from} and ${Math.min(size, from + rowsAStep - 1)}
        order by seq on conflict do nothing`,
    );
  }
  // Without statistics the planner takes a ledger filled a moment ago for empty, and joins with it row by row.
  await execute(pool, sql`analyze message`);
}

/** Members on the list now, of those who were signed. */
export const countMembers = async (db: Db, audienceId: string, size: number): Promise<number> =>
  (
    await one(
      db,
      z.object({ count: z.number() }),
      sql`select count(*)::int as count from audience_member where audience_id = ${audienceId} and seq <= ${size}`,
    )
  ).count;

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

/** Changes with every change to these people, theirs and their number of rows; made where they are, so that a thousand need not travel. */
export async function batchMark(db: Db, audienceId: string, fromSeq: number, toSeq: number): Promise<string> {
  const { mark } = await one(
    db,
    z.object({ mark: z.string().nullable() }),
    sql`select encode(sha256(convert_to(string_agg(jsonb_build_array(seq, phone, variables, customer_id)::text, ',' order by seq), 'UTF8')), 'hex') as mark
      from audience_member where audience_id = ${audienceId} and seq between ${fromSeq} and ${toSeq}`,
  );
  return mark ?? '';
}

/** Batches of the span in which somebody is due now. */
export async function batchesDue(
  db: Db,
  { campaignId, fromBatch, toBatch }: { campaignId: string; fromBatch: number; toBatch: number },
  now: Date,
): Promise<number[]> {
  const rows = await many(
    db,
    z.object({ batch: z.number() }),
    sql`select b.batch::int as batch from campaign c join audience a on a.id = c.frozen_audience_id
      cross join generate_series(${fromBatch}::int, ${toBatch}::int) as b (batch)
      where c.id = ${campaignId} and exists (select from message m
        where m.campaign_key = c.key and m.seq between (b.batch - 1) * a.batch_size + 1 and b.batch * a.batch_size
          and m.state = 'pending' and (m.due_at is null or m.due_at <= ${now}))
      order by 1`,
  );
  return rows.map(({ batch }) => batch);
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

/** Seqs of those who wait to be tried again, up to a seq. */
export const triedAndPending = async (db: Db, campaignKey: number, span = wholeLedger): Promise<number[]> => {
  const rows = await many(
    db,
    z.object({ seq: z.number() }),
    sql`select seq from message where campaign_key = ${campaignKey} and seq between ${span.from} and ${span.to}
        and state = 'pending' and attempt > 0 order by seq`,
  );
  return rows.map(({ seq }) => seq);
};

export type SeqSpan = { from: number; to: number };
const wholeLedger: SeqSpan = { from: 1, to: 2 ** 31 - 1 };

/**
 * Ends what has not been claimed of these members when the campaign ends; whoever has no row yet gets one that says so. Gives how
 * many there were. Repeatable.
 */
export async function closePending(
  tx: Tx,
  { key, audienceId }: { key: number; audienceId: string },
  { from, to }: SeqSpan,
  state: 'expired' | 'cancelled',
  now: Date,
): Promise<number> {
  const waiting = await execute(
    tx,
    sql`update message set state = ${state}, changed_at = ${now}
      where campaign_key = ${key} and seq between ${from} and ${to} and state = 'pending'`,
  );
  // A row that was added to the list after the signatures is nobody.
  const unopened = await execute(
    tx,
    sql`insert into message (campaign_key, seq, state, changed_at)
      select ${key}, am.seq, ${state}, ${now} from audience_member am join audience a on a.id = am.audience_id
      where a.id = ${audienceId} and am.seq between ${from} and least(${to}, a.size) order by am.seq
      on conflict do nothing`,
  );
  return (waiting.rowCount ?? 0) + (unopened.rowCount ?? 0);
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

import { z } from 'zod';
import { messageStates, type LedgerCounts, type MessageState } from '../contact/message-state.rule.ts';
import { batchesPerSpan } from './turn.rule.ts';
import type { Member } from '../audience/digest.rule.ts';
import { execute, many, maybe, one, sql, type Db, type Tx } from '../kernel/sql.db.ts';

/** What a ledger is opened from, span by span: the frozen list. */
export type ListToOpen = {
  key: number;
  audienceId: string;
  size: number;
  batchSize: number;
  batchesPerSpan: number;
};
/** Members of a span. */
const widthOf = (list: ListToOpen): number => list.batchSize * list.batchesPerSpan;

/** The list of a campaign that has not ended; null when there is none. */
export async function findListToOpen(db: Db, campaignId: string): Promise<ListToOpen | null> {
  const list = await maybe(
    db,
    z.object({ key: z.number(), audienceId: z.uuid(), size: z.number(), batchSize: z.number() }),
    sql`select c.key, a.id as "audienceId", a.size, a.batch_size as "batchSize"
      from campaign c join audience a on a.id = c.frozen_audience_id where c.id = ${campaignId} and c.finished_at is null`,
  );
  return list && { ...list, batchesPerSpan: batchesPerSpan(Math.ceil(list.size / list.batchSize)) };
}

/**
 * Opens the ledger of one span, before anybody is claimed from it: whoever has no row yet waits (`withUnopened`), so a million need not
 * be opened before the first message. Once: a row that is missing afterwards is no reason to write to somebody.
 */
export async function openSpan(db: Db, list: ListToOpen, span: number): Promise<void> {
  const { key, audienceId, size } = list;
  const width = widthOf(list);
  const { rowCount } = await execute(
    db,
    sql`with part as (
        insert into ledger_part (campaign_key, from_seq, to_seq)
        values (${key}, ${(span - 1) * width + 1}, ${Math.min(size, span * width)}) on conflict do nothing returning from_seq, to_seq)
      insert into message (campaign_key, seq) select ${key}, am.seq from part
        join audience_member am on am.audience_id = ${audienceId} and am.seq between part.from_seq and part.to_seq
      order by am.seq on conflict do nothing`,
  );
  if (rowCount) await freshenStatistics(db);
}

/** All spans that are not open yet, each in a transaction of its own where `db` is none: broken off and repeated, it goes on. */
export async function openLedger(db: Db, list: ListToOpen): Promise<void> {
  for (let span = 1; span <= Math.ceil(list.size / widthOf(list)); span += 1) await openSpan(db, list, span);
}

/** Members whose span has been opened. Asked before the rows are counted: those of a span opened between the two are not missed. */
export const countOpened = async (db: Db, campaignKey: number): Promise<number> =>
  (
    await one(
      db,
      z.object({ count: z.number() }),
      sql`select coalesce(sum(to_seq - from_seq + 1), 0)::int as count from ledger_part where campaign_key = ${campaignKey}`,
    )
  ).count;

/**
 * Without statistics the planner takes a ledger filled a moment ago for empty, and joins with it row by row. Made anew where most has
 * changed since, by one at a time: on a large table it takes a second, which every start of a campaign would wait for.
 */
async function freshenStatistics(db: Db): Promise<void> {
  const { stale } = await one(
    db,
    z.object({ stale: z.boolean() }),
    sql`select c.reltuples < 1 or coalesce(t.n_mod_since_analyze > 50000 + t.n_live_tup, true) as stale
      from pg_class c left join pg_stat_user_tables t on t.relid = c.oid where c.oid = 'message'::regclass`,
  );
  if (stale) await execute(db, sql`analyze (skip_locked) message`);
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
    // From one index, whatever the planner knows of a ledger filled a moment ago: a look at each batch took 55 ms.
    sql`select distinct (m.seq - 1) / a.batch_size + 1 as batch from campaign c join audience a on a.id = c.frozen_audience_id
        join message m on m.campaign_key = c.key and m.seq between (${fromBatch}::int - 1) * a.batch_size + 1 and ${toBatch}::int * a.batch_size
      where c.id = ${campaignId} and m.state = 'pending' and (m.due_at is null or m.due_at <= ${now}) order by 1`,
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
  // A row that is lost from an opened span may be of a person who has the text: the gateway is asked.
  await execute(
    tx,
    sql`insert into message (campaign_key, seq, state, code, attempt, request_seq, claimed_at, changed_at)
      select ${key}, am.seq, 'unknown', 'ledger.row-lost', 1, am.seq, coalesce(c.started_at, ${now}), ${now}
      from ledger_part p join campaign c on c.key = p.campaign_key
        join audience_member am on am.audience_id = ${audienceId} and am.seq between greatest(p.from_seq, ${from}::int) and least(p.to_seq, ${to}::int)
      where p.campaign_key = ${key} and not exists (select from message m where m.campaign_key = ${key} and m.seq = am.seq) order by am.seq
      on conflict do nothing`,
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

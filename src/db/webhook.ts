import { z } from 'zod';
import { movesInto } from '../domain/message-state.ts';
import { parseOutId, type OutId } from '../domain/out-id.ts';
import { execute, many, sql, type Tx } from './sql.ts';

export type NewReceipt = {
  bizId: string;
  outId: string | null;
  phone: string;
  delivered: boolean;
  errorCode: string;
  segments: number;
  sentAt: Date | null;
  reportedAt: Date | null;
  failureReason: string;
};

/** Stores receipts once each; a repeat only counts, but a bad verdict replaces a good one (a long message is as good as its worst part). */
export async function storeReceipts(tx: Tx, receipts: readonly NewReceipt[]): Promise<void> {
  // One statement may not touch a row twice, and providers do repeat within one push.
  const once = new Map<string, NewReceipt>();
  for (const receipt of receipts) {
    const key = `${receipt.bizId} ${receipt.phone}`;
    const known = once.get(key);
    if (!known || (known.delivered && !receipt.delivered)) once.set(key, receipt);
  }
  const rows = [...once.values()].toSorted((a, b) => (a.bizId < b.bizId ? -1 : 1));
  // A push is small and the tables are large, but the planner that does not know a new campaign yet reads them whole: with
  // these it looks every receipt up by its keys (0.7 ms a receipt became 0.1 ms).
  await execute(
    tx,
    sql`select set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true)`,
  );
  const found = await addressees(tx, rows);
  await execute(
    tx,
    sql`insert into receipt as r (biz_id, phone, out_id, delivered, error_code, segments, sent_at, reported_at, matched)
      select * from unnest(${rows.map((r) => r.bizId)}::text[], ${rows.map((r) => r.phone)}::text[], ${rows.map((r) => r.outId)}::text[],
        ${rows.map((r) => r.delivered)}::bool[], ${rows.map((r) => r.errorCode)}::text[], ${rows.map((r) => r.segments)}::smallint[],
        ${rows.map((r) => r.sentAt)}::timestamptz[], ${rows.map((r) => r.reportedAt)}::timestamptz[], ${rows.map((r) => found.has(r))}::bool[])
      on conflict (biz_id, phone) do update set repeats = r.repeats + 1, delivered = r.delivered and excluded.delivered, matched = r.matched or excluded.matched,
        error_code = case when r.delivered and not excluded.delivered then excluded.error_code else r.error_code end`,
  );
  await applyReceipts(tx, [...found.values()]);
}

type Addressed = NewReceipt & OutId & { seq: number };

/** The members that the receipts speak of, by out id and number. What is not ours has none. */
async function addressees(tx: Tx, receipts: readonly NewReceipt[]): Promise<Map<NewReceipt, Addressed>> {
  const ours = receipts.flatMap((receipt) => {
    const outId = parseOutId(receipt.outId);
    return outId ? [{ receipt, outId }] : [];
  });
  if (ours.length === 0) return new Map();
  const rows = await many(
    tx,
    z.object({ place: z.number(), seq: z.number() }),
    sql`select t.place::int as place, am.seq
      from unnest(${ours.map(({ outId }) => outId.campaignKey)}::int[], ${ours.map(({ receipt }) => receipt.phone)}::text[]) with ordinality as t (campaign_key, phone, place)
      join campaign c on c.key = t.campaign_key
      cross join lateral (select seq from audience_member where audience_id = c.frozen_audience_id and phone = t.phone offset 0) am`,
  );
  return new Map(
    rows.flatMap(({ place, seq }) => {
      const found = ours[place - 1];
      return found ? [[found.receipt, { ...found.receipt, ...found.outId, seq }] as const] : [];
    }),
  );
}

/** Moves messages; a receipt may come before the submit's own answer. One that names another attempt moves nothing. */
async function applyReceipts(tx: Tx, receipts: readonly Addressed[]): Promise<void> {
  if (receipts.length === 0) return;
  await execute(
    tx,
    sql`update message m set state = case when t.delivered then 'delivered' else 'failed' end, reason = case when t.delivered then null else t.failure_reason end,
        code = t.error_code, biz_id = t.biz_id, changed_at = now()
      from unnest(${receipts.map((r) => r.campaignKey)}::int[], ${receipts.map((r) => r.seq)}::int[], ${receipts.map((r) => r.requestSeq)}::int[], ${receipts.map((r) => r.attempt)}::int[],
        ${receipts.map((r) => r.delivered)}::bool[], ${receipts.map((r) => r.errorCode)}::text[], ${receipts.map((r) => r.bizId)}::text[],
        ${receipts.map((r) => r.failureReason)}::text[]) as t (campaign_key, seq, request_seq, attempt, delivered, error_code, biz_id, failure_reason)
      where m.campaign_key = t.campaign_key and m.seq = t.seq and m.request_seq = t.request_seq and m.attempt = t.attempt
        and m.state = any(case when t.delivered then ${movesInto('delivered')}::text[] else ${movesInto('failed')}::text[] end)`,
  );
}

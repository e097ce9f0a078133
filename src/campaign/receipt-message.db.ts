import { z } from 'zod';
import type { FailureReason } from '../contact/message-state.rule.ts';
import type { Receipt as GatewayReceipt } from '../sms/gateway.ts';
import { parseOutId, type OutId } from '../sms/out-id.rule.ts';
import { many, sql, type Db, type Tx } from '../kernel/sql.db.ts';
import { attemptOf } from './receipt-verdict.rule.ts';

export type NewReceipt = GatewayReceipt & { failureReason: FailureReason };

export type Addressed = NewReceipt & OutId & { seq: number };
const Place = z.object({
  place: z.number(),
  campaignKey: z.number(),
  requestSeq: z.number(),
  attempt: z.number(),
  seq: z.number(),
});

/** The members that the receipts speak of: by out id and number, or by a BizId that was told us. What is not ours has none. */
export async function addressees(tx: Tx, receipts: readonly NewReceipt[]): Promise<Map<NewReceipt, Addressed>> {
  const named = receipts.flatMap((receipt) => {
    const outId = parseOutId(receipt.outId);
    return outId ? [{ receipt, outId }] : [];
  });
  const nameless = receipts.filter(({ outId }) => outId === null);
  const found = new Map<NewReceipt, Addressed>();
  if (named.length > 0) {
    const rows = await many(
      tx,
      z.object({ place: z.number(), seq: z.number() }),
      sql`select t.place::int as place, am.seq
        from unnest(${named.map(({ outId }) => outId.campaignKey)}::int[], ${named.map(({ receipt }) => receipt.phone)}::text[])
          with ordinality as t (campaign_key, phone, place)
        join campaign c on c.key = t.campaign_key
        cross join lateral (
          select seq from audience_member where audience_id = c.frozen_audience_id and phone = t.phone offset 0) am`,
    );
    for (const { place, seq } of rows) {
      const one = named[place - 1];
      if (one) found.set(one.receipt, { ...one.receipt, ...one.outId, seq });
    }
  }
  for (const { place, ...of } of nameless.length > 0 ? await byBizId(tx, nameless) : []) {
    const receipt = nameless[place - 1];
    if (receipt) found.set(receipt, { ...receipt, ...of });
  }
  return found;
}

/** Of the messages to that number the latest whose request, or an earlier one, had this BizId: a gateway may use one again. */
const byBizId = (tx: Tx, receipts: readonly NewReceipt[]) =>
  many(
    tx,
    Place,
    sql`with t as materialized (
        select * from unnest(${receipts.map(({ bizId }) => bizId)}::text[], ${receipts.map(({ phone }) => phone)}::text[])
          with ordinality as t (biz_id, phone, place)),
      candidate as (
        select t.place, m.campaign_key, m.request_seq, m.attempt, m.seq, k.at
        from t join contact k on k.phone = t.phone and k.channel = 'sms'
        join message m on m.campaign_key = k.campaign_key and m.seq = k.seq and m.biz_id = t.biz_id and m.request_seq is not null
        union all
        select t.place, p.campaign_key, p.request_seq, p.attempt, p.seq, p.claimed_at
        from t join past_attempt p on p.biz_id = t.biz_id join campaign c on c.key = p.campaign_key
        join audience_member am on am.audience_id = c.frozen_audience_id and am.seq = p.seq and am.phone = t.phone)
      select distinct on (place) place::int as place, campaign_key as "campaignKey", request_seq as "requestSeq", attempt, seq
      from candidate order by place, at desc`,
  );

/**
 * Those of the receipts whose message was tried as they say: anybody can write an out id of ours beside a number of a list. Also
 * of campaigns whose ledger is closed.
 */
export async function ofAttempts<Receipt>(
  db: Db,
  receipts: readonly (readonly [receipt: Receipt, of: OutId & { seq: number }])[],
): Promise<Set<Receipt>> {
  if (receipts.length === 0) return new Set();
  const rows = await many(
    db,
    z.object({ place: z.number(), attempt: z.number(), requestSeq: z.number().nullable() }),
    sql`select t.place::int as place, m.attempt, m.request_seq as "requestSeq"
      from unnest(${receipts.map(([, of]) => of.campaignKey)}::int[], ${receipts.map(([, of]) => of.seq)}::int[])
        with ordinality as t (campaign_key, seq, place)
      join message m on m.campaign_key = t.campaign_key and m.seq = t.seq`,
  );
  return new Set(
    rows.flatMap(({ place, ...row }) => {
      const [receipt, of] = receipts[place - 1] ?? [];
      return receipt !== undefined && of && attemptOf({ ...row, seq: of.seq }, of) !== null ? [receipt] : [];
    }),
  );
}

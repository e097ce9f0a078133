import { z } from 'zod';
import { messageStates } from '../contact/message-state.rule.ts';
import type { ArchiveReceipts } from '../form/archive/format.rule.ts';
import { many, maybe, sql, type Db, type Sql } from '../kernel/sql.db.ts';
import { outIdPrefix } from '../sms/out-id.rule.ts';

const LedgerRow = z.object({
  seq: z.number(),
  phone: z.string(),
  variables: z.record(z.string(), z.string()),
  state: z.enum(messageStates),
  reason: z.string().nullable(),
  attempt: z.number(),
  requestSeq: z.number().nullable(),
  code: z.string().nullable(),
  bizId: z.string().nullable(),
  claimedAt: z.date().nullable(),
  changedAt: z.date().nullable(),
  /** By our count, or by the receipt's; null of what was claimed before it was kept. */
  segments: z.number().nullable(),
  receiptSegments: z.number().nullable(),
});
export type ArchivedMessage = z.infer<typeof LedgerRow>;

/** Ledger rows after `afterSeq` with their members and what the receipt said of their length. */
export const archivedMessages = (
  db: Db,
  campaignKey: number,
  audienceId: string,
  afterSeq: number,
  limit: number,
): Promise<ArchivedMessage[]> =>
  many(
    db,
    LedgerRow,
    sql`select m.seq, am.phone, am.variables, m.state, m.reason, m.attempt, m.request_seq as "requestSeq", m.code,
        m.biz_id as "bizId", m.changed_at as "changedAt", m.segments, r.segments as "receiptSegments",
        coalesce(m.called_at, case when m.state in ('unknown', 'accepted', 'delivered', 'failed') then m.claimed_at end)
          as "claimedAt"
      -- First the page, then its members one by one: joined whole, each page would read the rest of the list.
      from (select * from message where campaign_key = ${campaignKey} and seq > ${afterSeq} order by seq limit ${limit}) m
      cross join lateral (
        select phone, variables from audience_member where audience_id = ${audienceId} and seq = m.seq offset 0) am
      left join lateral (
        select max(segments) as segments from receipt
        where m.segments is null and biz_id = m.biz_id and phone = am.phone
          and starts_with(out_id, ${outIdPrefix(campaignKey)})) r on true
      order by m.seq`,
  );

/** As the index has them, and then exactly. */
export const receiptsOfCampaign = (campaignKey: number): Sql =>
  sql`out_id like 'wh-%' and split_part(out_id, '-', 2) = ${String(campaignKey)}
    and starts_with(out_id, ${outIdPrefix(campaignKey)})`;

/** Receipts of one campaign, summed. */
export async function receiptSummary(db: Db, campaignKey: number): Promise<ArchiveReceipts> {
  const rows = await many(
    db,
    z.object({ code: z.string(), delivered: z.boolean(), count: z.number(), repeats: z.number() }),
    sql`select error_code as code, delivered, count(*)::int as count, sum(repeats)::int as repeats from receipt
      where ${receiptsOfCampaign(campaignKey)} group by 1, 2 order by 1`,
  );
  const sum = (pick: (row: (typeof rows)[number]) => number): number =>
    rows.reduce((total, row) => total + pick(row), 0);
  const codes: Record<string, number> = {};
  for (const { code, count } of rows) codes[code] = (codes[code] ?? 0) + count;
  return {
    received: sum(({ count }) => count),
    delivered: sum(({ delivered, count }) => (delivered ? count : 0)),
    failed: sum(({ delivered, count }) => (delivered ? 0 : count)),
    repeats: sum(({ repeats }) => repeats),
    codes,
  };
}

/** What was put on record of a campaign's counts and receipts last; null before its end. */
export async function lastAccount(db: Db, campaignId: string): Promise<Record<string, unknown> | null> {
  const row = await maybe(
    db,
    z.object({ details: z.record(z.string(), z.unknown()) }),
    sql`select details from audit where object_kind = 'campaign' and object_id = ${campaignId}
        and action in ('campaign.finish', 'campaign.recount') order by seq desc limit 1`,
  );
  return row?.details ?? null;
}

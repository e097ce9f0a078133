import { z } from 'zod';
import { messageStates } from '../domain/message-state.ts';
import { many, maybe, sql, type Db } from './sql.ts';

/** Members whose call is open or whose claim nobody has settled yet: what a pause names. */
export const claimedNow = (db: Db, campaignKey: number, audienceId: string, limit: number) =>
  many(
    db,
    z.object({ seq: z.number(), phone: z.string(), since: z.date() }),
    sql`select m.seq, am.phone, m.claimed_at as since from message m join audience_member am on am.audience_id = ${audienceId} and am.seq = m.seq
      where m.campaign_key = ${campaignKey} and m.state = 'claimed' order by m.seq limit ${limit}`,
  );

/** Messages of a campaign that the gateway has taken and that no receipt has settled. */
export async function countAccepted(db: Db, campaignKey: number): Promise<number> {
  const rows = await many(
    db,
    z.object({ n: z.number() }),
    sql`select count(*)::int8 as n from message where campaign_key = ${campaignKey} and state = 'accepted'`,
  );
  return rows[0]?.n ?? 0;
}

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
});
export type LedgerRow = z.infer<typeof LedgerRow>;

/** One page of the ledger after `afterSeq`; everybody is pending before it is opened. */
export const ledgerPage = (
  db: Db,
  campaignKey: number,
  audienceId: string,
  afterSeq: number,
  limit: number,
): Promise<LedgerRow[]> =>
  many(
    db,
    LedgerRow,
    sql`select am.seq, am.phone, am.variables, coalesce(m.state, 'pending') as state, m.reason, coalesce(m.attempt, 0) as attempt, m.request_seq as "requestSeq",
        m.code, m.biz_id as "bizId", m.claimed_at as "claimedAt", m.changed_at as "changedAt"
      from audience_member am left join message m on m.campaign_key = ${campaignKey} and m.seq = am.seq and m.seq > ${afterSeq}
      where am.audience_id = ${audienceId} and am.seq > ${afterSeq} order by am.seq limit ${limit}`,
  );

/** The whole ledger in order of seq, a page at a time: a million rows in bounded memory. */
export async function* ledgerRows(db: Db, campaignKey: number, audienceId: string): AsyncGenerator<LedgerRow> {
  for (let after = 0; ;) {
    const page = await ledgerPage(db, campaignKey, audienceId, after, 5_000);
    yield* page;
    const last = page.at(-1);
    if (!last) return;
    after = last.seq;
  }
}

/** The member with that number, on the frozen list. */
export const findMemberByPhone = (db: Db, audienceId: string, phone: string) =>
  maybe(
    db,
    z.object({ seq: z.number(), customerId: z.uuid().nullable() }),
    sql`select seq, customer_id as "customerId" from audience_member where audience_id = ${audienceId} and phone = ${phone}`,
  );

export const findExclusion = (db: Db, audienceId: string, phone: string) =>
  maybe(
    db,
    z.object({ reason: z.string() }),
    sql`select reason from audience_exclusion where audience_id = ${audienceId} and phone = ${phone}`,
  );

export const receiptsOf = (db: Db, phone: string, outIdPrefix: string) =>
  many(
    db,
    z.object({
      outId: z.string(),
      delivered: z.boolean(),
      errorCode: z.string(),
      segments: z.number(),
      reportedAt: z.date().nullable(),
      receivedAt: z.date(),
      repeats: z.number(),
    }),
    sql`select out_id as "outId", delivered, error_code as "errorCode", segments, reported_at as "reportedAt", received_at as "receivedAt", repeats
      from receipt where phone = ${phone} and starts_with(out_id, ${outIdPrefix}) order by received_at`,
  );

export const repliesOf = (db: Db, phone: string, since: Date) =>
  many(
    db,
    z.object({ meaning: z.enum(['opt-out', 'other']), receivedAt: z.date() }),
    sql`select meaning, received_at as "receivedAt" from inbound_sms where phone = ${phone} and received_at >= ${since} order by received_at`,
  );

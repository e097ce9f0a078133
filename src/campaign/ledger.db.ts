import { z } from 'zod';
import { ownerAt } from '../customer/number.db.ts';
import type { ListToOpen } from './message.db.ts';
import { many, maybe, sql, type Db } from '../kernel/sql.db.ts';

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

/** When the last message was claimed; null before the first. */
export async function lastClaimAt(db: Db, campaignKey: number): Promise<Date | null> {
  const row = await maybe(
    db,
    z.object({ at: z.date().nullable() }),
    sql`select max(claimed_at) as at from message where campaign_key = ${campaignKey}`,
  );
  return row?.at ?? null;
}

/** Spans of a list with somebody due at `now`, numbered from 1; those whose ledger is not opened yet among them. */
export const spansDue = (db: Db, { key, size, batchSize, batchesPerSpan }: ListToOpen, now: Date) =>
  many(
    db,
    z.object({ span: z.number() }),
    sql`select distinct (seq - 1) / ${batchSize * batchesPerSpan}::int + 1 as span from message
      where campaign_key = ${key} and state = 'pending' and (due_at is null or due_at <= ${now})
      union
      select s.span from generate_series(1, (${size}::int - 1) / ${batchSize * batchesPerSpan}::int + 1) as s (span)
        where not exists (select from ledger_part p where p.campaign_key = ${key} and p.from_seq <= (s.span - 1) * ${batchSize * batchesPerSpan}::int + 1
          and p.to_seq >= (s.span - 1) * ${batchSize * batchesPerSpan}::int + 1)
      order by 1`,
  );

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
    z.object({ reason: z.string(), customerId: z.uuid().nullable() }),
    sql`select reason, customer_id as "customerId" from audience_exclusion where audience_id = ${audienceId} and phone = ${phone}`,
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

/** Replies since the person was written to, but none of whoever has come to have the number. */
export const repliesOf = (db: Db, { phone, customerId }: { phone: string; customerId: string | null }, since: Date) =>
  many(
    db,
    z.object({ meaning: z.enum(['opt-out', 'other']), receivedAt: z.date() }),
    sql`select r.meaning, r.received_at as "receivedAt" from inbound_sms r
      where r.phone = ${phone} and r.received_at >= ${since} and ${ownerAt(sql`r.phone`, sql`r.received_at`)}
        is not distinct from coalesce(${customerId}::uuid, ${ownerAt(sql`r.phone`, sql`${since}::timestamptz`)})
      order by r.received_at`,
  );

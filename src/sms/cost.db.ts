import { z } from 'zod';
import { lockFamilies } from '../kernel/locks.ts';
import { one, sql, type Db, type Sql } from '../kernel/sql.db.ts';

export const Handed = z.object({ handed: z.number().nullable() });
type Of = { campaignKey: number; plannedSegments: number; segmentLimit: number };

/** Of a message row named `m`: what the carrier bills, or may bill. A refusal at the submit costs nothing. */
const billed = sql`(m.state in ('claimed', 'accepted', 'delivered', 'unknown') or (m.state = 'failed' and m.biz_id is not null))`;

/** Null while even everybody on the list cannot reach the limit: then nothing has to be summed, and nobody waits for anybody. */
const farFromLimit = ({ campaignKey, plannedSegments, segmentLimit }: Of): Sql =>
  sql`coalesce((select extra_segments from campaign_cost where campaign_key = ${campaignKey}), 0) + ${plannedSegments}::bigint
    <= ${segmentLimit}::bigint`;

/** Segments handed over so far, by the receipts where they are here, else by our count; null far from the limit. */
export const handedOver = (of: Of): Sql =>
  sql`select case when ${farFromLimit(of)} then null
      else (select coalesce(sum(m.segments), 0) from message m where m.campaign_key = ${of.campaignKey} and ${billed}) end as handed`;

/**
 * Near the limit one claim of the campaign counts at a time: two that counted at once would both spend what is left. A statement of its
 * own, before `handedOver`, which then sees what was committed while this one waited.
 */
export const holdCost = (of: Of): Sql =>
  sql`select case when ${farFromLimit(of)} then null
      else (select 1 from pg_advisory_xact_lock(hashtextextended(${String(of.campaignKey)}, ${lockFamilies.costCeiling}))) end as held`;
export const Held = z.object({ held: z.number().nullable() });

/** The same, summed whatever the limit is. */
export const segmentsHandedOver = async (db: Db, campaignKey: number): Promise<number> =>
  (
    await one(
      db,
      z.object({ handed: z.number() }),
      sql`select coalesce(sum(m.segments), 0) as handed from message m where m.campaign_key = ${campaignKey} and ${billed}`,
    )
  ).handed;

import { z } from 'zod';
import { one, sql, type Db, type Sql } from '../kernel/sql.db.ts';

export const Handed = z.object({ handed: z.number().nullable() });
type Of = { campaignKey: number; plannedSegments: number; segmentLimit: number };

/** Of a message row named `m`: what the carrier bills, or may bill. A refusal at the submit costs nothing. */
const billed = sql`(m.state in ('claimed', 'accepted', 'delivered', 'unknown') or (m.state = 'failed' and m.biz_id is not null))`;

/**
 * Segments handed over so far, by the receipts where they are here, else by our count. Null while even everybody on the list
 * cannot reach the limit: then nothing has to be summed.
 */
export const handedOver = ({ campaignKey, plannedSegments, segmentLimit }: Of): Sql =>
  sql`select case
      when coalesce((select extra_segments from campaign_cost where campaign_key = ${campaignKey}), 0) + ${plannedSegments}::bigint
        <= ${segmentLimit}::bigint then null
      else (select coalesce(sum(m.segments), 0) from message m where m.campaign_key = ${campaignKey} and ${billed}) end as handed`;

/** The same, summed whatever the limit is. */
export const segmentsHandedOver = async (db: Db, campaignKey: number): Promise<number> =>
  (
    await one(
      db,
      z.object({ handed: z.number() }),
      sql`select coalesce(sum(m.segments), 0) as handed from message m where m.campaign_key = ${campaignKey} and ${billed}`,
    )
  ).handed;

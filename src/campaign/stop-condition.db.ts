import { z } from 'zod';
import { execute, many, one, sql, type Db } from '../kernel/sql.db.ts';
import { houseStopConditions, stopLimits, type StopConditions, type StopFigures } from '../form/stop-condition.rule.ts';

export const StopConditionsRow = z.object({
  failurePercent: z.number(),
  optOutsPerThousand: z.number(),
  complaintsPerThousand: z.number(),
}) satisfies z.ZodType<StopConditions>;

const limit = (field: keyof StopConditions) =>
  z.int().min(1).max(stopLimits[field]).default(houseStopConditions[field]);
/** As a caller gives them: what is left out is the house's own. */
export const StopConditionsInput = z.strictObject({
  failurePercent: limit('failurePercent').describe(
    'Pause when more than so many percent of those with a verdict failed.',
  ),
  optOutsPerThousand: limit('optOutsPerThousand').describe('Pause when more than so many of a thousand opted out.'),
  complaintsPerThousand: limit('complaintsPerThousand').describe(
    'Pause when more than so many of a thousand complained.',
  ),
});

const Watched = z.object({
  id: z.uuid(),
  key: z.number(),
  conditions: StopConditionsRow,
  since: z.date().nullable(),
});
export type WatchedCampaign = z.infer<typeof Watched>;

/** Campaigns that send now, with what stops them and from when on is counted. */
export const watchedCampaigns = (db: Db): Promise<WatchedCampaign[]> =>
  many(
    db,
    Watched,
    sql`select id, key, stop_conditions as conditions, stop_from as since from campaign where state = 'sending' order by id`,
  );

const Figures = z.object({
  sent: z.number(),
  judged: z.number(),
  failed: z.number(),
  optOuts: z.number(),
  complaints: z.number(),
}) satisfies z.ZodType<StopFigures>;

/**
 * Reads every row of the campaign (about 300 ms a million). Who opted out or complained counts by the campaign that their reply
 * answers, or that touched them; of the failed only those whose message was sent at all since then. A number that has passed on since
 * the message took its former holder's contacts and complaints with that person: what the new holder complains of is another message.
 */
export const stopFigures = (
  db: Db,
  { id, key, since }: Pick<WatchedCampaign, 'id' | 'key' | 'since'>,
): Promise<StopFigures> => {
  const from = since ?? new Date(0);
  return one(
    db,
    Figures,
    sql`select m.*,
        (select count(distinct phone)::int from inbound_sms
          where campaign_id = ${id} and meaning = 'opt-out' and taken_in_at >= ${from}) as "optOuts",
        (select count(distinct s.phone)::int from suppression s left join phone_number n on n.phone = s.phone
          where s.kind = 'complaint' and s.created_at >= ${from}
            and exists (select from contact k where k.phone = s.phone and k.campaign_key = ${key}
              and coalesce(k.customer_id, n.customer_id) is not distinct from coalesce(s.customer_id, n.customer_id))) as complaints
      from (select count(*) filter (where state in ('accepted', 'delivered', 'failed', 'unknown'))::int as sent,
          count(*) filter (where state in ('delivered', 'failed'))::int as judged,
          count(*) filter (where state = 'failed')::int as failed
        from message where campaign_key = ${key} and claimed_at >= ${from}) m`,
  );
};

/** A person has looked and goes on: what was before counts no more. */
export const countStopsFrom = (tx: Db, campaignId: string, now: Date) =>
  execute(tx, sql`update campaign set stop_from = ${now} where id = ${campaignId}`);

import { z } from 'zod';
import { many, maybe, sql, type Db } from '../kernel/sql.db.ts';

const Event = z.object({
  seq: z.number(),
  at: z.date(),
  action: z.string(),
  /** Null when the system did it. */
  person: z.string().nullable(),
  details: z.record(z.string(), z.unknown()),
});
export type CampaignEvent = z.infer<typeof Event>;

/** What happened to a campaign and who did it, newest first. */
export const campaignEvents = (db: Db, campaignId: string, limit: number): Promise<CampaignEvent[]> =>
  many(
    db,
    Event,
    sql`select a.seq, a.at, a.action, s.name as person, a.details
      from audit a left join staff s on s.id = case when a.actor like 'staff:%' then substr(a.actor, 7)::uuid end
      where a.object_kind = 'campaign' and a.object_id = ${campaignId} order by a.seq desc limit ${limit}`,
  );

/** Pauses and what ended them, in order: the gaps in the speed chart. */
export const pausesOf = (db: Db, campaignId: string): Promise<{ at: Date; action: string }[]> =>
  many(
    db,
    z.object({ at: z.date(), action: z.string() }),
    sql`select at, action from audit where object_kind = 'campaign' and object_id = ${campaignId}
        and action in ('campaign.pause', 'campaign.resume', 'campaign.cancel', 'campaign.void', 'campaign.finish')
      order by seq limit 200`,
  );

// A backlog that is far behind is said to be "more than": counting it is no cure.
const mostCounted = 10_000;

/** What the provider has pushed and nobody has read yet. */
export const webhookBacklog = (db: Db, accountId: string) =>
  many(
    db,
    z.object({ kind: z.enum(['receipts', 'replies']), count: z.number(), oldest: z.date() }),
    sql`select kind, count(*)::int as count, min(received_at) as oldest
      from (select kind, received_at from webhook_delivery where processed_at is null and gateway_account_id = ${accountId} limit ${mostCounted}) as waiting
      group by 1 order by 1`,
  );

/** Who was left out when the list was frozen, by reason. */
export const exclusionsOf = (db: Db, audienceId: string) =>
  maybe(
    db,
    z.object({ excluded: z.record(z.string(), z.number()).nullable(), frozenAt: z.date().nullable() }),
    sql`select excluded, frozen_at as "frozenAt" from audience where id = ${audienceId}`,
  );

/** Campaigns that share the account and are sending. */
export const sendingBeside = (db: Db, accountId: string, campaignId: string) =>
  many(
    db,
    z.object({ number: z.string(), ratePerSecond: z.number() }),
    sql`select c.number, c.rate_per_second as "ratePerSecond" from campaign c join template t on t.id = c.template_id
      where t.gateway_account_id = ${accountId} and c.state = 'sending' and c.id <> ${campaignId} order by c.number limit 20`,
  );

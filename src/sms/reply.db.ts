import { z } from 'zod';
import type { LastMessage } from './reply-campaign.rule.ts';
import type { NoticeNo } from '../contact/opt-out-effect.rule.ts';
import { contactPurposes, type ContactPurpose } from '../kernel/reach.rule.ts';
import { isAgainst } from '../contact/suppression.db.ts';
import { leftBy, ownerAt } from '../customer/number.db.ts';
import { execute, many, maybe, one, sql, type Db, type Sql, type Tx } from '../kernel/sql.db.ts';

export const replyMeanings = ['opt-out', 'other'] as const;
export type ReplyMeaningKind = (typeof replyMeanings)[number];

export const replyAsks = ['look', 'decide', 'moved'] as const;
export type ReplyAsks = (typeof replyAsks)[number];
/** Of a duty notice that somebody asks to stop: silenced by text, or sent on. */
export const replyDecisions = ['silence', 'keep'] as const;

export type NewReply = {
  accountId: string;
  sequenceId: string;
  phone: string;
  content: string;
  destCode: string;
  meaning: ReplyMeaningKind;
  /** Row and word of the table that decided. */
  because: string | null;
  /** The message that it answers, as far as anybody can tell. */
  answered: LastMessage | null;
  receivedAt: Date;
};

/** Stores a reply once and gives its id; null when it was there already. */
export async function storeReply(tx: Tx, { answered, ...reply }: NewReply): Promise<string | null> {
  const row = await maybe(
    tx,
    z.object({ id: z.uuid() }),
    sql`insert into inbound_sms (gateway_account_id, sequence_id, phone, content, dest_code, meaning, because, campaign_id, answers,
        answered_at, received_at)
      values (${reply.accountId}, ${reply.sequenceId}, ${reply.phone}, ${reply.content}, ${reply.destCode}, ${reply.meaning},
        ${reply.because}, ${answered?.campaignId ?? null}, ${answered?.purpose ?? null}, ${answered?.sentAt ?? null}, ${reply.receivedAt})
      on conflict (gateway_account_id, sequence_id) do nothing returning id`,
  );
  return row?.id ?? null;
}

/** The last message of each campaign from that account to whoever had that number at the moment, newest first. */
export const lastMessagesTo = (db: Db, phone: string, accountId: string, at: Date): Promise<LastMessage[]> =>
  many(
    db,
    z.object({ campaignId: z.uuid(), purpose: z.enum(contactPurposes), sentAt: z.date() }),
    sql`select c.id as "campaignId", t.purpose, max(t.at) as "sentAt"
      from contact t join campaign c on c.key = t.campaign_key join template p on p.id = c.template_id
        left join phone_number n on n.phone = t.phone
      where t.phone = ${phone} and t.channel = 'sms' and p.gateway_account_id = ${accountId}
        and (n.customer_id is null
          or coalesce(t.customer_id, n.customer_id) = ${ownerAt(sql`${phone}::text`, sql`${at}::timestamptz`)})
      group by c.id, t.purpose order by 3 desc limit 20`,
  );

const Row = z.object({
  id: z.uuid(),
  phone: z.string(),
  content: z.string(),
  meaning: z.enum(replyMeanings),
  because: z.string().nullable(),
  receivedAt: z.date(),
  takenInAt: z.date(),
  account: z.string(),
  campaignNumber: z.string().nullable(),
  campaignName: z.string().nullable(),
  unit: z.string().nullable(),
  customerId: z.uuid().nullable(),
  markedBy: z.string().nullable(),
  handledAt: z.date().nullable(),
  handledBy: z.string().nullable(),
  /** What the message was for that it answers. */
  answers: z.enum(contactPurposes).nullable(),
  /** `look`: a first no to a notice, to be seen. `decide`: a repeated no to a duty notice, to be decided. `moved`: of whoever had the number before. */
  asks: z.enum(replyAsks).nullable(),
  decision: z.enum(replyDecisions).nullable(),
  decisionReason: z.string().nullable(),
  /** A suppression silences marketing texts to the number now. */
  silent: z.boolean(),
});
export type Reply = z.infer<typeof Row>;

const columns = sql`r.id, r.phone, r.content, r.meaning, r.because, r.received_at as "receivedAt", r.taken_in_at as "takenInAt", g.name as account,
  c.number as "campaignNumber", c.name as "campaignName", c.unit, k.id as "customerId", m.name as "markedBy",
  r.handled_at as "handledAt", h.name as "handledBy", r.answers, r.asks, r.decision, r.decision_reason as "decisionReason",
  exists (select from suppression s where s.phone = r.phone and s.lifted_at is null and (s.expires_at is null or s.expires_at > now())
    and ${isAgainst({ channel: 'sms', purpose: 'marketing' })}
    and (n.customer_id is null or coalesce(s.customer_id, n.customer_id) = k.id)) as silent`;
/** `k`: the customer who wrote it, who may have given the number away since. */
const source = sql`inbound_sms r join gateway_account g on g.id = r.gateway_account_id left join campaign c on c.id = r.campaign_id
  left join phone_number n on n.phone = r.phone
  left join lateral (select ${ownerAt(sql`r.phone`, sql`r.received_at`)} as id offset 0) o on true
  left join customer k on k.id = o.id left join staff m on m.id = r.marked_by left join staff h on h.id = r.handled_by`;

/** Of a reply row `r` with its campaign `c`: those without a campaign belong to no unit, and are for people of every unit. */
const readable = (units: '*' | readonly string[]): Sql => (units === '*' ? sql`true` : sql`c.unit = any(${units})`);

/** Of a reply row `r`: waits for a person. */
const isOpen = sql`r.handled_at is null and (r.meaning = 'other' or r.asks is not null)`;

export type ReplyFilter = {
  units: '*' | readonly string[];
  meaning?: ReplyMeaningKind | undefined;
  /** `open`: not dealt with, and not an opt-out that ends with what it silenced. `decide`: those that a person must decide. */
  state?: 'open' | 'decide' | 'handled' | undefined;
  campaign?: string | undefined;
  from?: Date | undefined;
  until?: Date | undefined;
};

/** Newest first, after the row `before`. */
export function listReplies(db: Db, filter: ReplyFilter, before: string | null, limit: number): Promise<Reply[]> {
  const { meaning, state, campaign, from, until } = filter;
  const conditions = [
    readable(filter.units),
    meaning !== undefined && sql`r.meaning = ${meaning}`,
    state === 'open' && isOpen,
    state === 'decide' && sql`${isOpen} and r.asks = 'decide'`,
    state === 'handled' && sql`r.handled_at is not null`,
    campaign !== undefined && sql`c.number = ${campaign}`,
    from !== undefined && sql`r.taken_in_at >= ${from}`,
    until !== undefined && sql`r.taken_in_at < ${until}`,
    before !== null && sql`(r.taken_in_at, r.id) < (select taken_in_at, id from inbound_sms where id = ${before})`,
  ].filter((each) => each !== false);
  const where = conditions.reduce((all, each) => sql`${all} and ${each}`);
  return many(
    db,
    Row,
    sql`select ${columns} from ${source} where ${where} order by r.taken_in_at desc, r.id desc limit ${limit}`,
  );
}

export const findReply = (db: Db, units: '*' | readonly string[], id: string): Promise<Reply | null> =>
  maybe(db, Row, sql`select ${columns} from ${source} where r.id = ${id} and ${readable(units)}`);

/** Locks the row until the transaction ends. */
export const lockReply = (tx: Tx, id: string) =>
  maybe(
    tx,
    z.object({
      phone: z.string(),
      accountId: z.uuid(),
      meaning: z.enum(replyMeanings),
      handledAt: z.date().nullable(),
      answers: z.enum(contactPurposes).nullable(),
      asks: z.enum(replyAsks).nullable(),
    }),
    sql`select phone, gateway_account_id as "accountId", meaning, handled_at as "handledAt", answers, asks from inbound_sms where id = ${id} for update`,
  );

export const markReplyOptOut = (tx: Tx, id: string, staffId: string) =>
  execute(tx, sql`update inbound_sms set meaning = 'opt-out', marked_by = ${staffId} where id = ${id}`);

/** What was decided about it stays decided. */
export const askPerson = (tx: Tx, id: string, asks: ReplyAsks) =>
  execute(tx, sql`update inbound_sms set asks = ${asks} where id = ${id} and decision is null`);

/**
 * Every no to notices of that purpose of whoever has that number now, since a person last decided about them; of a number that is
 * nobody's all of them. By the provider's clock, as the reply itself.
 */
export const nosTo = (
  tx: Tx,
  { phone, answers }: { phone: string; answers: ContactPurpose },
  days: number,
): Promise<NoticeNo[]> =>
  many(
    tx,
    z.object({ at: z.date(), sentAt: z.date() }),
    sql`select r.received_at as at, r.answered_at as "sentAt" from inbound_sms r left join phone_number n on n.phone = r.phone
      where r.phone = ${phone} and r.meaning = 'opt-out' and r.answers = ${answers}
        and r.received_at > now() - make_interval(days => ${2 * days})
        and (n.customer_id is null or n.customer_id = ${ownerAt(sql`r.phone`, sql`r.received_at`)})
        and not exists (select from inbound_sms d where d.phone = r.phone and d.answers = r.answers and d.decision is not null
          and d.handled_at >= r.received_at)`,
  );

/** Who had the number when the reply came and has given it away since; null when nobody has. */
export async function writerWhoLeft(tx: Tx, id: string): Promise<string | null> {
  const reply = await maybe(
    tx,
    z.object({ phone: z.string(), at: z.date() }),
    sql`select phone, received_at as at from inbound_sms where id = ${id}`,
  );
  return reply && leftBy(tx, reply.phone, reply.at);
}

/** Settles it and all others of the person who wrote it that ask the same; gives how many. */
export async function decideReplies(
  tx: Tx,
  { id, phone, answers }: { id: string; phone: string; answers: ContactPurpose },
  decided: { decision: (typeof replyDecisions)[number]; reason: string; by: string; at: Date },
): Promise<number> {
  const { rowCount } = await execute(
    tx,
    sql`update inbound_sms r set decision = ${decided.decision}, decision_reason = ${decided.reason}, handled_at = ${decided.at},
        handled_by = ${decided.by}
      where r.phone = ${phone} and r.answers = ${answers} and r.asks in ('look', 'decide') and r.handled_at is null
        and ${ownerAt(sql`r.phone`, sql`r.received_at`)}
          is not distinct from (select ${ownerAt(sql`d.phone`, sql`d.received_at`)} from inbound_sms d where d.id = ${id})`,
  );
  return rowCount ?? 0;
}

export const markReplyHandled = (tx: Tx, id: string, staffId: string, now: Date) =>
  execute(tx, sql`update inbound_sms set handled_at = ${now}, handled_by = ${staffId} where id = ${id}`);

/** Up to 100: a badge needs no more. */
export async function countOpenReplies(db: Db, units: '*' | readonly string[]): Promise<number> {
  const { n } = await one(
    db,
    z.object({ n: z.number() }),
    sql`select count(*)::int as n from (
      select from inbound_sms r left join campaign c on c.id = r.campaign_id
      where ${isOpen} and ${readable(units)} limit 100) open`,
  );
  return n;
}

export const countRepliesOf = (db: Db, campaignId: string) =>
  one(
    db,
    z.object({ replies: z.number(), optOuts: z.number(), open: z.number() }),
    sql`select count(*)::int as replies, count(*) filter (where meaning = 'opt-out')::int as "optOuts",
        count(*) filter (where ${isOpen})::int as open
      from inbound_sms r where campaign_id = ${campaignId}`,
  );

/** Opt-outs that campaigns brought since then, and how many people each was frozen for. */
export const optOutsOf = (db: Db, campaignIds: readonly string[], since: Date) =>
  many(
    db,
    z.object({ campaignId: z.uuid(), optOuts: z.number(), people: z.number() }),
    sql`select c.id as "campaignId", count(*)::int as "optOuts", coalesce(max(a.size), 0)::int as people
      from inbound_sms r join campaign c on c.id = r.campaign_id left join audience a on a.id = coalesce(c.frozen_audience_id, c.audience_id)
      where r.campaign_id = any(${campaignIds}::uuid[]) and r.taken_in_at >= ${since} and r.meaning = 'opt-out' group by c.id`,
  );

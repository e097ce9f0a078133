import { z } from 'zod';
import { noticeItems, noticeKinds } from './notice.rule.ts';
import { channelKinds } from './channel.rule.ts';
import { aboutForm, stillAsks } from './notice.db.ts';
import { execute, many, maybe, one, sql, type Db, type Tx } from '../../kernel/sql.db.ts';

const Unplanned = z.object({
  id: z.uuid(),
  staffId: z.uuid().nullable(),
  kind: z.enum(noticeKinds),
  itemKind: z.enum(noticeItems),
  itemId: z.uuid(),
  details: z.record(z.string(), z.union([z.string(), z.number()])),
  createdAt: z.date(),
});
export type UnplannedNotice = z.infer<typeof Unplanned>;

/** The oldest notices whose deliveries nobody plans at this moment; locked until the transaction ends. */
export const takeUnplanned = (tx: Tx, limit: number): Promise<UnplannedNotice[]> =>
  many(
    tx,
    Unplanned,
    sql`select id, staff_id as "staffId", kind, item_kind as "itemKind", item_id as "itemId", details, created_at as "createdAt"
      from notice where planned_at is null order by id limit ${limit} for update skip locked`,
  );

export const markPlanned = (tx: Tx, planned: readonly { id: string; escalateAt: Date | null }[], now: Date) =>
  execute(
    tx,
    sql`update notice n set planned_at = ${now}, escalate_at = p.at
      from unnest(${planned.map(({ id }) => id)}::uuid[], ${planned.map(({ escalateAt }) => escalateAt)}::timestamptz[]) as p (id, at)
      where n.id = p.id`,
  );

export type NewDelivery = {
  id: string;
  noticeId: string;
  channelId: string;
  staffId: string | null;
  level: number;
  dueAt: Date;
};
export const insertDeliveries = (tx: Tx, rows: readonly NewDelivery[], now: Date) =>
  execute(
    tx,
    sql`insert into notice_delivery (id, notice_id, channel_id, staff_id, level, due_at, created_at)
      select *, ${now}::timestamptz from unnest(${rows.map(({ id }) => id)}::uuid[], ${rows.map(({ noticeId }) => noticeId)}::uuid[],
        ${rows.map(({ channelId }) => channelId)}::uuid[], ${rows.map(({ staffId }) => staffId)}::uuid[],
        ${rows.map(({ level }) => level)}::smallint[], ${rows.map(({ dueAt }) => dueAt)}::timestamptz[])
      on conflict do nothing`,
  );

// Read by anybody who was told of the same event.
const readByAnybody = sql`exists (select from notice o where o.kind = n.kind and o.item_id = n.item_id and o.step = n.step and o.read_at is not null)`;

/** Urgent notices whose time to ask the deputies has come and that nobody has read; the house's row stands for the event. */
export const takeEscalations = (tx: Tx, now: Date): Promise<(UnplannedNotice & { step: string; open: boolean })[]> =>
  many(
    tx,
    Unplanned.extend({ step: z.string(), open: z.boolean() }),
    sql`select n.id, n.staff_id as "staffId", n.kind, n.item_kind as "itemKind", n.item_id as "itemId", n.details, n.created_at as "createdAt",
        n.step, (${stillAsks} and not ${readByAnybody}) as open
      from notice n ${aboutForm}
      where n.escalate_at <= ${now} order by n.id limit 50 for update of n skip locked`,
  );
export const closeEscalations = (tx: Tx, ids: readonly string[]) =>
  execute(tx, sql`update notice set escalate_at = null where id = any(${[...ids]}::uuid[])`);

const Due = z.object({
  id: z.uuid(),
  noticeId: z.uuid(),
  number: z.number(),
  channelId: z.uuid(),
  channelKind: z.enum(channelKinds),
  staffId: z.uuid().nullable(),
  language: z.enum(['zh-CN', 'en']).nullable(),
  kind: z.enum(noticeKinds),
  itemKind: z.enum(noticeItems),
  itemId: z.uuid(),
  campaignNumber: z.string().nullable(),
  details: z.record(z.string(), z.union([z.string(), z.number()])),
  level: z.number(),
  attempts: z.number(),
  repeated: z.boolean(),
  createdAt: z.date(),
  settled: z.boolean(),
  read: z.boolean(),
  deadline: z.date().nullable(),
  /** Of the person, verified or entered by an administrator; null of groups, and where there is none. */
  address: z.string().nullable(),
  disabled: z.boolean(),
});
export type DueDelivery = z.infer<typeof Due>;

/** The channel that may be called now and whose delivery has waited longest, locked: each of several processes takes another one. */
export const takeChannel = async (tx: Tx, now: Date): Promise<string | null> =>
  (
    await maybe(
      tx,
      z.object({ id: z.uuid() }),
      sql`select h.id from notice_channel h
        join lateral (select d.due_at from notice_delivery d where d.channel_id = h.id and d.state = 'queued' and d.due_at <= ${now}
          order by d.due_at limit 1) waiting on true
        where h.next_at is null or h.next_at <= ${now} order by waiting.due_at limit 1 for update of h skip locked`,
    )
  )?.id ?? null;

/** What has been due longest by that channel. */
export const takeDue = (tx: Tx, channelId: string, now: Date): Promise<DueDelivery | null> =>
  maybe(
    tx,
    Due,
    sql`select d.id, d.notice_id as "noticeId", n.number, d.channel_id as "channelId", h.kind as "channelKind", d.staff_id as "staffId",
        s.language, n.kind, n.item_kind as "itemKind", n.item_id as "itemId", coalesce(c.number, f.number) as "campaignNumber", n.details, d.level, d.attempts,
        d.repeated, n.created_at as "createdAt", not (${stillAsks}) as settled,
        case when d.level > 0 then ${readByAnybody} else n.read_at is not null end as read,
        case when n.role <> '' then coalesce(c.sign_by, f.expires_at) end as deadline,
        case h.kind when 'email' then coalesce(a.address, s.email) when 'sms' then coalesce(a.address, s.phone) end as address,
        s.disabled_at is not null as disabled
      from notice_delivery d join notice n on n.id = d.notice_id join notice_channel h on h.id = d.channel_id
        ${aboutForm} left join staff s on s.id = d.staff_id
        left join notice_address a on a.staff_id = d.staff_id and a.channel = h.kind and a.verified_at is not null
      where d.channel_id = ${channelId} and d.state = 'queued' and d.due_at <= ${now}
      order by d.due_at, d.id limit 1 for update of d`,
  );

const AlikeRow = z.object({ id: z.uuid(), state: z.string(), at: z.date() });
/** Others of the same kind by the same channel to the same person or group: sent since then, or waiting and due. */
export const alikeOf = (tx: Tx, due: DueDelivery, since: Date, now: Date): Promise<z.infer<typeof AlikeRow>[]> =>
  many(
    tx,
    AlikeRow,
    sql`select d.id, d.state, coalesce(d.finished_at, d.created_at) as at from notice_delivery d join notice n on n.id = d.notice_id
      where d.channel_id = ${due.channelId} and d.staff_id is not distinct from ${due.staffId} and n.kind = ${due.kind} and d.id <> ${due.id}
        and ((d.state = 'accepted' and d.finished_at > ${since}) or (d.state = 'queued' and d.due_at <= ${now} and d.attempts = 0))
      order by at limit 200 for update of d`,
  );

export const sentToday = async (tx: Tx, channelId: string, since: Date): Promise<number> =>
  (
    await one(
      tx,
      z.object({ n: z.number() }),
      sql`select count(*)::int as n from notice_attempt t join notice_delivery d on d.id = t.delivery_id
        where d.channel_id = ${channelId} and t.at >= ${since}`,
    )
  ).n;

export const putOff = (tx: Tx, id: string, until: Date) =>
  execute(tx, sql`update notice_delivery set due_at = ${until} where id = ${id}`);
export const drop = (tx: Tx, id: string, why: string, now: Date) =>
  execute(
    tx,
    sql`update notice_delivery set state = 'dropped', reason = ${why}, finished_at = ${now} where id = ${id}`,
  );
export const mergeInto = (tx: Tx, ids: readonly string[], into: string, now: Date) =>
  execute(
    tx,
    sql`update notice_delivery set state = 'merged', merged_into = ${into}, finished_at = ${now} where id = any(${[...ids]}::uuid[])`,
  );

/** Committed before the call is made: whatever happens then, it is known that it may have been. */
export async function beginCall(
  tx: Tx,
  call: {
    id: string;
    channelId: string;
    address: string;
    bodyHash: string;
    version: number;
    leaseUntil: Date;
    channelNextAt: Date;
  },
  now: Date,
): Promise<void> {
  await execute(
    tx,
    sql`with begun as (update notice_delivery set state = 'sending', attempts = attempts + 1, lease_until = ${call.leaseUntil}, address = ${call.address},
        body_hash = ${call.bodyHash}, template_version = ${call.version} where id = ${call.id} returning id, attempts)
      insert into notice_attempt (delivery_id, attempt, at) select id, attempts, ${now} from begun`,
  );
  await execute(tx, sql`update notice_channel set next_at = ${call.channelNextAt} where id = ${call.channelId}`);
}

export type ClosedCall = {
  id: string;
  attempt: number;
  state: 'queued' | 'accepted' | 'failed' | 'unknown';
  outcome: string;
  code: string | null;
  dueAt: Date | null;
  repeated: boolean;
};
/** False when another process has taken the call for lost meanwhile: its word stands. */
export async function endCall(tx: Tx, call: ClosedCall, now: Date): Promise<boolean> {
  const { rowCount } = await execute(
    tx,
    sql`update notice_delivery set state = ${call.state}, reason = ${call.code}, due_at = coalesce(${call.dueAt}, due_at), repeated = ${call.repeated},
        lease_until = null, finished_at = case when ${call.state} = 'queued' then null else ${now}::timestamptz end
      where id = ${call.id} and state = 'sending' and attempts = ${call.attempt}`,
  );
  await execute(
    tx,
    sql`update notice_attempt set outcome = ${call.outcome}, code = ${call.code} where delivery_id = ${call.id} and attempt = ${call.attempt}`,
  );
  return rowCount === 1;
}

const Lost = z.object({
  id: z.uuid(),
  channelId: z.uuid(),
  channelKind: z.enum(channelKinds),
  attempts: z.number(),
  repeated: z.boolean(),
});
/** Calls whose process has not come back: they may have arrived. */
export const takeLost = (tx: Tx, now: Date): Promise<z.infer<typeof Lost>[]> =>
  many(
    tx,
    Lost,
    sql`select d.id, d.channel_id as "channelId", h.kind as "channelKind", d.attempts, d.repeated
      from notice_delivery d join notice_channel h on h.id = d.channel_id
      where d.state = 'sending' and d.lease_until < ${now} limit 50 for update of d skip locked`,
  );

const Listed = z.object({
  id: z.uuid(),
  number: z.number(),
  kind: z.enum(noticeKinds),
  channel: z.string(),
  person: z.string().nullable(),
  address: z.string(),
  state: z.enum(['queued', 'sending', 'accepted', 'failed', 'unknown', 'dropped', 'merged']),
  reason: z.string().nullable(),
  attempts: z.number(),
  repeated: z.boolean(),
  level: z.number(),
  dueAt: z.date(),
  createdAt: z.date(),
  finishedAt: z.date().nullable(),
});
export type ListedDelivery = z.infer<typeof Listed>;
/** Newest first; `open` are those that wait, failed or are unknown. */
export const listDeliveries = (
  db: Db,
  filter: { channelId?: string | undefined; open: boolean; limit: number },
): Promise<ListedDelivery[]> =>
  many(
    db,
    Listed,
    sql`select d.id, n.number, n.kind, h.name as channel, s.name as person, d.address, d.state, d.reason, d.attempts, d.repeated, d.level,
        d.due_at as "dueAt", d.created_at as "createdAt", d.finished_at as "finishedAt"
      from notice_delivery d join notice n on n.id = d.notice_id join notice_channel h on h.id = d.channel_id left join staff s on s.id = d.staff_id
      where (${filter.channelId ?? null}::uuid is null or d.channel_id = ${filter.channelId ?? null})
        and (not ${filter.open} or d.state in ('queued', 'sending', 'failed', 'unknown'))
      order by d.id desc limit ${filter.limit}`,
  );

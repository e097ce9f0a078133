import { z } from 'zod';
import { execute, many, maybe, one, sql, type Db, type Tx } from '../kernel/sql.db.ts';

export const deliveryKinds = ['receipts', 'replies'] as const;
export type DeliveryKind = (typeof deliveryKinds)[number];

export type NewDelivery = { accountId: string; kind: DeliveryKind; raw: Uint8Array; contentType: string | null };

/**
 * Kept byte by byte, before it is answered: whatever happens next, nothing that a provider told us is lost. That the account was
 * pushed to is noted at most once a second, so that a flood of pushes does not queue for one row.
 */
export const keepDelivery = (db: Db, { accountId, kind, raw, contentType }: NewDelivery) =>
  execute(
    db,
    sql`with noted as (
        insert into gateway_push (gateway_account_id, last_at) select ${accountId}, now()
        where not exists (select from gateway_push where gateway_account_id = ${accountId} and last_at > now() - interval '1 second')
        on conflict (gateway_account_id) do update set last_at = greatest(gateway_push.last_at, excluded.last_at))
      insert into webhook_delivery (gateway_account_id, kind, raw, content_type)
      values (${accountId}, ${kind}, ${Buffer.from(raw)}, ${contentType?.slice(0, 200).toWellFormed() ?? null})`,
  );

/** When the provider last pushed anything for the account, to the second; one look, however many deliveries and months are kept. */
export async function findLastPush(db: Db, accountId: string): Promise<Date | null> {
  const row = await maybe(
    db,
    z.object({ at: z.date() }),
    sql`select last_at as at from gateway_push where gateway_account_id = ${accountId}`,
  );
  return row?.at ?? null;
}

const DeliveryRow = z.object({
  id: z.number(),
  accountId: z.uuid(),
  provider: z.enum(['aliyun']),
  kind: z.enum(deliveryKinds),
  raw: z.instanceof(Uint8Array),
  contentType: z.string().nullable(),
  attempts: z.number(),
});
export type Delivery = z.infer<typeof DeliveryRow>;

const waiting = sql`d.processed_at is null and d.set_aside_at is null`;

/** Tries after which a delivery is read by itself: so often it was in hand when something went wrong, by its own fault or not. */
const triesInCompany = 3;

/**
 * Takes the oldest deliveries of a kind for `leaseSeconds`: who dies over one leaves it to the next, and the try counts. Those
 * tried often are taken one at a time, so that what kills its reader takes no others along.
 */
export const takeDeliveries = (
  db: Db,
  kind: DeliveryKind,
  { limit, leaseSeconds, alone }: { limit: number; leaseSeconds: number; alone: boolean },
): Promise<Delivery[]> =>
  many(
    db,
    DeliveryRow,
    sql`with due as materialized (
        select d.id from webhook_delivery d
        where d.kind = ${kind} and ${waiting} and (d.try_after is null or d.try_after <= now())
          and (d.attempts >= ${triesInCompany}) = ${alone}
        order by d.id limit ${limit} for update skip locked)
      update webhook_delivery d set attempts = d.attempts + 1, try_after = now() + make_interval(secs => ${leaseSeconds})
      from due, gateway_account g where d.id = due.id and g.id = d.gateway_account_id
      returning d.id, d.gateway_account_id as "accountId", g.provider, d.kind, d.content_type as "contentType", d.attempts,
        coalesce(d.raw, convert_to(d.body, 'UTF8')) as raw`,
  );

/** Sets aside what was tried `attempts` times and never came to an end, not even to a fault: its readers died. Gives their ids. */
export const setDeadlyAside = (db: Db, kind: DeliveryKind, attempts: number): Promise<{ id: number }[]> =>
  many(
    db,
    z.object({ id: z.number() }),
    sql`update webhook_delivery d set set_aside_at = now(), fault = 'reader-died'
      where d.kind = ${kind} and ${waiting} and d.attempts >= ${attempts} and d.try_after <= now() returning d.id`,
  );

/** Long ones stay in the hands they are in. */
export const extendLease = (db: Db, ids: readonly number[], leaseSeconds: number) =>
  execute(
    db,
    sql`update webhook_delivery set try_after = now() + make_interval(secs => ${leaseSeconds}) where id = any(${ids}::bigint[])`,
  );

export type Ended = { id: number; items: number; rejected: number; fault: string | null };

/** What was taken in; `fault` says what could not be read, null when all could. */
export const endDeliveries = (db: Db, ended: readonly Ended[]) =>
  execute(
    db,
    sql`update webhook_delivery d set processed_at = now(), fault = e.fault, items = e.items, rejected = e.rejected, try_after = null
      from unnest(${ended.map(({ id }) => id)}::bigint[], ${ended.map(({ fault }) => fault)}::text[],
        ${ended.map(({ items }) => items)}::int[], ${ended.map(({ rejected }) => rejected)}::int[]) as e (id, fault, items, rejected)
      where d.id = e.id`,
  );

/** It could not be taken in now: again after some seconds, or never again by itself when those are null. */
export const postponeDelivery = (db: Db, id: number, fault: string, seconds: number | null) =>
  execute(
    db,
    sql`update webhook_delivery set fault = ${fault}, try_after = now() + make_interval(secs => ${seconds ?? 0}),
        set_aside_at = case when ${seconds === null} then now() end
      where id = ${id} and processed_at is null`,
  );

const BacklogRow = z.object({ waiting: z.number(), oldest: z.date().nullable(), setAside: z.number() });
/** How many deliveries wait to be taken in (counted up to 10,000), since when, and how many wait for a person. */
export type Backlog = z.infer<typeof BacklogRow>;

export const deliveryBacklog = (db: Db): Promise<Backlog> =>
  one(
    db,
    BacklogRow,
    sql`select (select count(*)::int from (select from webhook_delivery d where ${waiting} limit 10000) w) as waiting,
        (select min(o.received_at) from (values ('receipts'), ('replies')) k (kind)
          cross join lateral (select received_at from webhook_delivery d where d.kind = k.kind and ${waiting} order by d.id limit 1) o) as oldest,
        (select count(*)::int from webhook_delivery where closed_at is null and set_aside_at is not null) as "setAside"`,
  );

/** Accounts whose pushes wait since before `since`, or were set aside, with the first of those pushes. */
export const accountsWithWaitingPushes = (db: Db, since: Date) =>
  many(
    db,
    z.object({ accountId: z.uuid(), first: z.number(), pushes: z.number() }),
    sql`select d.gateway_account_id as "accountId", min(d.id) as first, count(*)::int as pushes from webhook_delivery d
      where d.closed_at is null and (d.set_aside_at is not null or (${waiting} and d.received_at < ${since})) group by 1`,
  );

const FaultyRow = z.object({
  id: z.number(),
  account: z.string(),
  kind: z.enum(deliveryKinds),
  receivedAt: z.date(),
  processedAt: z.date().nullable(),
  setAsideAt: z.date().nullable(),
  attempts: z.number(),
  fault: z.string().nullable(),
  items: z.number().nullable(),
  rejected: z.number().nullable(),
  bytes: z.number(),
  closedAt: z.date().nullable(),
  closedBy: z.string().nullable(),
});
/** A delivery that could not be read, wholly or in part, or not be taken in. */
export type FaultyDelivery = z.infer<typeof FaultyRow>;
const faultyColumns = sql`d.id, g.name as account, d.kind, d.received_at as "receivedAt", d.processed_at as "processedAt",
  d.set_aside_at as "setAsideAt", d.attempts, d.fault, d.items, d.rejected, octet_length(coalesce(d.raw, convert_to(d.body, 'UTF8'))) as bytes,
  d.closed_at as "closedAt", s.name as "closedBy"`;
const faulty = sql`webhook_delivery d join gateway_account g on g.id = d.gateway_account_id left join staff s on s.id = d.closed_by`;

/** Newest first, before the id `before`; closed ones too when `all`. */
export const listFaultyDeliveries = (
  db: Db,
  { all, before, limit }: { all: boolean; before: number | null; limit: number },
): Promise<FaultyDelivery[]> =>
  many(
    db,
    FaultyRow,
    sql`select ${faultyColumns} from ${faulty}
      where (d.fault is not null or d.set_aside_at is not null) and (${all} or d.closed_at is null)
        and (${before}::bigint is null or d.id < ${before}) order by d.id desc limit ${limit}`,
  );

/** As if it had just come. Says whether it was one that could be tried again. */
export async function retryDelivery(tx: Tx, id: number): Promise<boolean> {
  const { rowCount } = await execute(
    tx,
    sql`update webhook_delivery set processed_at = null, set_aside_at = null, fault = null, attempts = 0, try_after = null,
        closed_at = null, closed_by = null, items = null, rejected = null
      where id = ${id} and (fault is not null or set_aside_at is not null)`,
  );
  return rowCount === 1;
}

/** It needs to be seen no more; it stays as it is. Says whether it was open. */
export async function closeDelivery(tx: Tx, id: number, staffId: string, now: Date): Promise<boolean> {
  const { rowCount } = await execute(
    tx,
    sql`update webhook_delivery set closed_at = ${now}, closed_by = ${staffId}
      where id = ${id} and closed_at is null and (set_aside_at is not null or (fault is not null and processed_at is not null))`,
  );
  return rowCount === 1;
}

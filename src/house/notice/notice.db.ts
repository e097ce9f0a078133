import { randomUUIDv7 } from 'node:crypto';
import { z } from 'zod';
import { noticeItems, noticeKinds, type NoticeItem, type NoticeKind } from './notice.rule.ts';
import { execute, many, maybe, one, sql, type Db, type Sql } from '../../kernel/sql.db.ts';

export type NewNotice = {
  /** Null: the house, for its groups and systems. */
  staffId: string | null;
  kind: NoticeKind;
  item: { kind: NoticeItem; id: string };
  /** Whose signature it is about; empty of everything else. */
  role?: 'liaison' | 'leader';
  round?: number;
  /** Tells two events of one kind about one item apart. */
  step?: string;
  /** Ids, codes and counts; never personal data, since it leaves the house. */
  details?: Readonly<Record<string, string | number>>;
};

/** Writes what is not there yet; gives how many people are told something new. */
export async function insertNotices(db: Db, notices: readonly NewNotice[], now: Date): Promise<number> {
  if (notices.length === 0) return 0;
  const rows = notices.map(({ staffId, kind, item, role, round = 0, step, details = {} }) => ({
    id: randomUUIDv7(),
    staffId,
    kind,
    itemKind: item.kind,
    itemId: item.id,
    campaignId: item.kind === 'campaign' ? item.id : null,
    role: role ?? '',
    round,
    step: step ?? (role ? `${role}:${round}` : ''),
    details,
  }));
  const { rows: written } = await execute(
    db,
    sql`insert into notice (id, staff_id, kind, item_kind, item_id, campaign_id, role, round, step, details, created_at)
      select id, "staffId", kind, "itemKind", "itemId", "campaignId", role, round, step, details, ${now}::timestamptz
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r (id uuid, "staffId" uuid, kind text, "itemKind" text,
        "itemId" uuid, "campaignId" uuid, role text, round int, step text, details jsonb)
      on conflict do nothing returning staff_id`,
  );
  return written.filter((row: { staff_id: string | null }) => row.staff_id !== null).length;
}

/** Whether the house was told of it before; its own row is there even where nobody holds a role that is told. */
export const wasTold = async (db: Db, kind: NoticeKind, itemId: string, step: string): Promise<boolean> =>
  (await maybe(
    db,
    z.object({ id: z.uuid() }),
    sql`select id from notice where kind = ${kind} and item_id = ${itemId} and staff_id is null and step = ${step}`,
  )) !== null;

/** The campaign `c` or the form `f` that a notice `n` is about, where it is about one. */
export const aboutForm: Sql = sql`left join campaign c on c.id = n.campaign_id
    left join form f on n.item_kind = 'form' and f.id = n.item_id`;

// What asked for an act that somebody has done since asks no more: it counts as read.
export const stillAsks: Sql = sql`case
    when n.role <> '' then coalesce(c.state, f.state) = 'awaiting-' || n.role
    when n.kind = 'campaign-paused' then c.state = 'paused'
    when n.kind = 'key-awaited' then exists (select from credential k where k.id = n.item_id and k.state = 'requested')
    when n.kind = 'account-stopped' then exists (select from gateway_account g where g.id = n.item_id and g.state = 'stopped')
    else true end`;

const Row = z.object({
  id: z.uuid(),
  number: z.number(),
  kind: z.enum(noticeKinds),
  itemKind: z.enum(noticeItems),
  itemId: z.uuid(),
  role: z.enum(['', 'liaison', 'leader']),
  round: z.number(),
  details: z.record(z.string(), z.union([z.string(), z.number()])),
  createdAt: z.date(),
  readAt: z.date().nullable(),
  /** Of a campaign, or of a form of other content. */
  campaignNumber: z.string().nullable(),
  applicantName: z.string().nullable(),
  expiresAt: z.date().nullable(),
  /** Of a key: whose it is. */
  keyOwnerId: z.string().nullable(),
  /** What the item is called: the campaign, what a form is about, the owner of a key, the file, the gateway account. */
  name: z.string().nullable(),
});
export type Notice = z.infer<typeof Row>;

const itemName = sql`case n.item_kind when 'campaign' then c.name when 'form' then f.name
    when 'credential' then (select s.name from credential k join staff s on s.id = k.staff_id where k.id = n.item_id)
    when 'import' then (select i.file_name from import i where i.id = n.item_id)
    when 'gateway' then (select g.name from gateway_account g where g.id = n.item_id)
    when 'channel' then (select h.name from notice_channel h where h.id = n.item_id) end`;
const listed = sql`n.id, n.number, n.kind, n.item_kind as "itemKind", n.item_id as "itemId", n.role, n.round, n.details,
    n.created_at as "createdAt", case when ${stillAsks} then n.read_at else coalesce(n.read_at, n.created_at) end as "readAt",
    coalesce(c.number, f.number) as "campaignNumber", coalesce(c.applicant_name, f.applicant_name) as "applicantName",
    coalesce(c.sign_by, f.expires_at) as "expiresAt",
    (select k.staff_id from credential k where n.item_kind = 'credential' and k.id = n.item_id) as "keyOwnerId", ${itemName} as name
  from notice n ${aboutForm}`;

/** The person's notices, newest first, before the id `before`. */
export const listNotices = (db: Db, staffId: string, before: string | null, limit: number): Promise<Notice[]> =>
  many(
    db,
    Row,
    sql`select ${listed} where n.staff_id = ${staffId} and (${before}::uuid is null or n.id < ${before})
      order by n.id desc limit ${limit}`,
  );

export const findNotice = (db: Db, staffId: string, id: string): Promise<Notice | null> =>
  maybe(db, Row, sql`select ${listed} where n.staff_id = ${staffId} and n.id = ${id}`);

// Up to 100: the bell needs no more.
const unreadOf = sql`from notice n ${aboutForm} where n.read_at is null and ${stillAsks}`;

export async function countUnread(db: Db, staffId: string): Promise<number> {
  const row = await one(
    db,
    z.object({ n: z.number() }),
    sql`select count(*)::int as n from (select ${unreadOf} and n.staff_id = ${staffId} limit 100) unread`,
  );
  return row.n;
}

/** Of many people at once: what one look for everybody's bell costs. Who has nothing unread is 0. */
export async function countUnreadOf(db: Db, staffIds: readonly string[]): Promise<Map<string, number>> {
  const rows = await many(
    db,
    z.object({ staffId: z.string(), n: z.number() }),
    sql`select p.id as "staffId", (select count(*)::int from (select ${unreadOf} and n.staff_id = p.id limit 100) unread) as n
      from unnest(${[...staffIds]}::uuid[]) as p (id)`,
  );
  return new Map(rows.map(({ staffId, n }) => [staffId, n]));
}

/** All of the person's, or those about one item. */
export const markRead = (db: Db, staffId: string, about: { itemId: string } | 'all', now: Date) =>
  execute(
    db,
    sql`update notice n set read_at = ${now} where n.staff_id = ${staffId} and n.read_at is null
      and (${about === 'all'} or n.item_id = ${about === 'all' ? null : about.itemId})`,
  );

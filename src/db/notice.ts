import { z } from 'zod';
import { execute, many, one, sql, type Db } from './sql.ts';

export const noticeKinds = ['sign-awaited', 'sign-reminder', 'sign-nudge', 'form-rejected', 'form-expired'] as const;
export type NoticeKind = (typeof noticeKinds)[number];

export type NewNotice = {
  id: string;
  staffId: string;
  kind: NoticeKind;
  campaignId: string;
  /** Whose signature it is about; empty of notices to the applicant. */
  role: '' | 'liaison' | 'leader';
  round: number;
};

/** Writes what is not there yet; gives how many were new. */
export async function insertNotices(db: Db, notices: readonly NewNotice[], now: Date): Promise<number> {
  if (notices.length === 0) return 0;
  const { rowCount } = await execute(
    db,
    sql`insert into notice (id, staff_id, kind, campaign_id, role, round, created_at)
      select *, ${now}::timestamptz from unnest(${notices.map((n) => n.id)}::uuid[], ${notices.map((n) => n.staffId)}::uuid[], ${notices.map((n) => n.kind)}::text[],
        ${notices.map((n) => n.campaignId)}::uuid[], ${notices.map((n) => n.role)}::text[], ${notices.map((n) => n.round)}::int[])
      on conflict do nothing`,
  );
  return rowCount ?? 0;
}

const Row = z.object({
  id: z.uuid(),
  kind: z.enum(noticeKinds),
  role: z.enum(['', 'liaison', 'leader']),
  round: z.number(),
  createdAt: z.date(),
  readAt: z.date().nullable(),
  number: z.string(),
  name: z.string(),
  applicantName: z.string(),
  expiresAt: z.date(),
});
export type Notice = z.infer<typeof Row>;

// What somebody was asked to sign and has been signed since, by whomever, asks no more: it counts as read.
const stillAsks = sql`(n.role = '' or c.state = 'awaiting-' || n.role)`;

/** The person's notices, newest first, before the id `before`. */
export const listNotices = (db: Db, staffId: string, before: string | null, limit: number): Promise<Notice[]> =>
  many(
    db,
    Row,
    sql`select n.id, n.kind, n.role, n.round, n.created_at as "createdAt", case when ${stillAsks} then n.read_at else coalesce(n.read_at, n.created_at) end as "readAt", c.number, c.name, c.applicant_name as "applicantName",
        c.sign_by as "expiresAt"
      from notice n join campaign c on c.id = n.campaign_id
      where n.staff_id = ${staffId} and (${before}::uuid is null or n.id < ${before}) order by n.id desc limit ${limit}`,
  );

/** Up to 100: the bell needs no more. */
export async function countUnread(db: Db, staffId: string): Promise<number> {
  const row = await one(
    db,
    z.object({ n: z.number() }),
    sql`select count(*)::int as n from (
        select from notice n join campaign c on c.id = n.campaign_id where n.staff_id = ${staffId} and n.read_at is null and ${stillAsks} limit 100) unread`,
  );
  return row.n;
}

/** All of the person's, or those about one campaign. */
export const markRead = (db: Db, staffId: string, about: { number: string } | 'all', now: Date) =>
  execute(
    db,
    sql`update notice n set read_at = ${now} where n.staff_id = ${staffId} and n.read_at is null
      and (${about === 'all'} or n.campaign_id = (select id from campaign where number = ${about === 'all' ? '' : about.number}))`,
  );

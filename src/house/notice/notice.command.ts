import { AppError } from '../../kernel/app-error.rule.ts';
import { countUnread, findNotice, listNotices, markRead, type Notice } from './notice.db.ts';
import { demand, type Context } from '../context.ts';

const pageSize = 50;

/** Unread notices of the caller, up to 100. */
export const unreadCount = (ctx: Context): Promise<number> => countUnread(ctx.pool, ctx.staff.id);

/** The caller's own, newest first. */
export async function browseNotices(
  ctx: Context,
  before: string | null,
): Promise<{ rows: Notice[]; next: string | null }> {
  demand(ctx, 'self:read');
  const found = await listNotices(ctx.pool, ctx.staff.id, before, pageSize + 1);
  const rows = found.slice(0, pageSize);
  return { rows, next: found.length > pageSize ? (rows.at(-1)?.id ?? null) : null };
}

/** One of the caller's own. Throws `notice.missing`, also for other people's. */
export async function showNotice(ctx: Context, id: string): Promise<Notice> {
  demand(ctx, 'self:read');
  const notice = await findNotice(ctx.pool, ctx.staff.id, id);
  if (!notice) throw new AppError('missing', 'notice.missing', 'You have no such notice.');
  return notice;
}

/** Of one's own only; what one has read is nobody's business, so it is not put on record. */
export async function readNotices(ctx: Context, about: { itemId: string } | 'all'): Promise<void> {
  demand(ctx, 'self:write');
  await markRead(ctx.pool, ctx.staff.id, about, ctx.now());
}

import { unreadCount } from '../../commands/notice.ts';
import { AppError } from '../../domain/app-error.ts';
import type { Api } from '../api.ts';
import { errorFields } from '../log.ts';
import { createBellFeed } from './bell-feed.ts';
import type { Pages } from './page.ts';

// A page holds one connection while somebody looks at it; beyond this many somebody opens them by machine.
const mostWatchers = 2_000;
// The browser asks again by itself, and the session is looked at then.
const longestMs = 120_000;

/** The bell's count, as it changes. */
export function noticeFeedPages(app: Api, pages: Pages): void {
  const feed = createBellFeed({
    pool: pages.pool,
    onTrouble: (error) => app.log.warn({ error: errorFields(error) }, 'The bell could not be looked at.'),
  });
  const open = new Set<() => void>();
  // Before the server waits for its connections to end: these would never.
  app.addHook('preClose', async () => {
    for (const end of open) end();
    feed.close();
  });
  app.get('/notices/events', { config: { needs: 'self:read' } }, async (request, reply) => {
    const ctx = pages.contextOf(request);
    const t = pages.translatorOf(request);
    const wordsFor = (count: number) => ({
      count,
      shown: new Intl.NumberFormat(t.language).format(count),
      label: t('common.notices', { count }),
    });
    // Who cannot read a stream gets the count of this moment.
    if (!/text\/event-stream/.test(request.headers.accept ?? '')) return wordsFor(await unreadCount(ctx));
    if (open.size >= mostWatchers)
      throw new AppError('unavailable', 'events.too-many', 'Too many pages are open; reload this one later.');
    reply.hijack();
    const { raw } = reply;
    const cookies = reply.getHeader('set-cookie');
    raw.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      'x-content-type-options': 'nosniff',
      ...(cookies !== undefined && { 'set-cookie': cookies as string | string[] }),
    });
    raw.write('retry: 3000\n\n');
    const unwatch = feed.watch(
      ctx.staff.id,
      (count) => void raw.write(`event: unread\ndata: ${JSON.stringify(wordsFor(count))}\n\n`),
    );
    const last = setTimeout(() => end(), longestMs);
    const end = (): void => {
      if (!open.delete(end)) return;
      clearTimeout(last);
      unwatch();
      raw.end();
    };
    open.add(end);
    raw.on('close', end);
    raw.on('error', end);
  });
}

import { unreadCount } from './notice.command.ts';
import type { Api } from '../../kit/http/api.ts';
import { errorFields } from '../../kernel/error-fields.ts';
import { createBellFeed } from './bell-feed.page.ts';
import { createEventStreams } from '../../kit/page/event-stream.ts';
import type { Pages } from '../../kit/page/page.ts';

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
  const streams = createEventStreams(app, mostWatchers, () => feed.close());
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
    streams.demandRoom();
    const stream = streams.open(reply, () => {
      clearTimeout(last);
      unwatch();
    });
    const last = setTimeout(() => stream.end(), longestMs);
    const unwatch = feed.watch(ctx.staff.id, (count) => stream.send('unread', wordsFor(count)));
  });
}

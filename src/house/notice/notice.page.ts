import { z } from 'zod';
import { browseNotices, readNotices, showNotice } from './notice.command.ts';
import { asksToSign } from './notice.rule.ts';
import type { Notice } from './notice.db.ts';
import type { Translate } from '../../kernel/translate.ts';
import { Id, type Api } from '../../kit/http/api.ts';
import { noticeFeedPages } from './feed.page.ts';
import { iconOf, placeOf, sentenceOf } from './words.page.ts';
import type { Pages } from '../../kit/page/page.ts';

const shown = (t: Translate, notice: Notice) => ({
  ...notice,
  sentence: sentenceOf(t, notice),
  icon: iconOf(notice),
  asksForAct: asksToSign(notice.kind),
});

export function noticePages(app: Api, pages: Pages): void {
  app.get(
    '/notices',
    { config: { needs: 'self:read' }, schema: { querystring: z.object({ before: z.uuid().optional() }) } },
    async (request, reply) => {
      const t = pages.translatorOf(request);
      const { before } = request.query;
      const { rows, next } = await browseNotices(pages.contextOf(request), before ?? null);
      return pages.page(request, reply, 'notice/list', {
        title: t('notice.title'),
        nav: 'none',
        styles: ['sign-off.css'],
        rows: rows.map((row) => shown(t, row)),
        unreadHere: rows.some(({ readAt }) => readAt === null),
        next: next && `/notices?before=${next}`,
        first: before ? '/notices' : null,
      });
    },
  );

  // What a link outside the console opens: it shows, and changes nothing, whoever or whatever follows it.
  app.get('/notices/:id', { config: { needs: 'self:read' }, schema: { params: Id } }, async (request, reply) => {
    const t = pages.translatorOf(request);
    const notice = await showNotice(pages.contextOf(request), request.params.id);
    return pages.page(request, reply, 'notice/show', {
      title: t('notice.one', { number: notice.number }),
      nav: 'none',
      crumbs: [{ href: '/notices', label: t('notice.title') }],
      styles: ['sign-off.css'],
      notice: shown(t, notice),
    });
  });

  app.post('/notices/read', { config: { needs: 'self:write' } }, async (request, reply) => {
    await readNotices(pages.contextOf(request), 'all');
    return pages.done(request, reply, '/notices', 'notice.all-read');
  });

  // Opens what a notice is about; whatever else was said about that has been seen then, too.
  app.post(
    '/notices/open',
    { config: { needs: 'self:write' }, schema: { body: z.object({ id: z.uuid() }) } },
    async (request, reply) => {
      const ctx = pages.contextOf(request);
      const notice = await showNotice(ctx, request.body.id);
      await readNotices(ctx, { itemId: notice.itemId });
      return reply.redirect(placeOf(notice), 303);
    },
  );
  noticeFeedPages(app, pages);
}

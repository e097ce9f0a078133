import { z } from 'zod';
import { browseNotices, readNotices } from '../../commands/notice.ts';
import type { Api } from '../api.ts';
import type { Pages } from './page.ts';

const hidden = { hide: true };

export function noticePages(app: Api, pages: Pages): void {
  app.get(
    '/notices',
    {
      config: { needs: 'self:read', page: true },
      schema: { ...hidden, querystring: z.object({ before: z.uuid().optional() }) },
    },
    async (request, reply) => {
      const t = pages.translatorOf(request);
      const { before } = request.query;
      const { rows, next } = await browseNotices(pages.contextOf(request), before ?? null);
      return pages.page(request, reply, 'notice/list', {
        title: t('notice.title'),
        nav: 'none',
        styles: ['sign-off.css'],
        rows: rows.map((row) => ({
          ...row,
          sentence: t(`notice.kind.${row.kind}`, { name: row.name, applicant: row.applicantName, round: row.round }),
          asksForAct: row.kind.startsWith('sign-'),
        })),
        unreadHere: rows.some(({ readAt }) => readAt === null),
        next: next && `/notices?before=${next}`,
        first: before ? '/notices' : null,
      });
    },
  );

  app.post('/notices/read', { config: { needs: 'self:write', page: true }, schema: hidden }, async (request, reply) => {
    await readNotices(pages.contextOf(request), 'all');
    return pages.done(request, reply, '/notices', 'notice.all-read');
  });

  // Opens what a notice is about; whatever else was said about that form has been seen then, too.
  app.post(
    '/notices/open',
    {
      config: { needs: 'self:write', page: true },
      schema: { ...hidden, body: z.object({ number: z.string().regex(/^WH-[0-9-]{3,40}$/) }) },
    },
    async (request, reply) => {
      const { number } = request.body;
      await readNotices(pages.contextOf(request), { number });
      return reply.redirect(`/sign-off/${number}`, 303);
    },
  );
}

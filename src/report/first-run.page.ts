import { z } from 'zod';
import { hideFirstRun, showFirstRun } from './first-run.command.ts';
import type { Api } from '../kit/http/api.ts';
import type { Pages } from '../kit/page/page.ts';

/** The first-run list by itself: it is drawn anew every few seconds where it stands, since others work at it too. */
export function firstRunPages(app: Api, pages: Pages): void {
  const shown = z.object({ signs: z.literal('1').optional().catch(undefined) });
  app.get('/first-run', { config: { needs: 'self:read' }, schema: { querystring: shown } }, async (request, reply) => {
    const firstRun = await showFirstRun(pages.contextOf(request));
    // A form has come to be signed: the rest of the page still says that there is none.
    const signs = firstRun?.some(({ act }) => act?.key === 'sign') ?? false;
    if (signs && request.query.signs === undefined) void reply.header('hx-refresh', 'true');
    return pages.fragment(request, reply, 'first-run/list', { firstRun });
  });
  app.post('/first-run/hide', { config: { needs: 'self:write' } }, async (request, reply) => {
    await hideFirstRun(pages.contextOf(request));
    return pages.done(request, reply, '/', 'first-run.hidden');
  });
}

import { hideFirstRun, showFirstRun } from '../../commands/first-run.ts';
import type { Api } from '../api.ts';
import type { Pages } from './page.ts';

/** The first-run list by itself: it is drawn anew every few seconds where it stands, since others work at it too. */
export function firstRunPages(app: Api, pages: Pages): void {
  app.get('/first-run', { config: { needs: 'self:read' } }, async (request, reply) =>
    pages.fragment(request, reply, 'first-run/list', { firstRun: await showFirstRun(pages.contextOf(request)) }),
  );
  app.post('/first-run/hide', { config: { needs: 'self:write' } }, async (request, reply) => {
    await hideFirstRun(pages.contextOf(request));
    return pages.done(request, reply, '/', 'first-run.hidden');
  });
}

import { z } from 'zod';
import { browseCustomers, countRoughly, keptSearch, lookUpCustomer } from './search.command.ts';
import type { Context } from '../house/context.ts';
import { listTopics } from './topic.command.ts';
import { rightsOf } from '../kernel/permission.rule.ts';
import { tiers } from './customer.db.ts';
import type { Api } from '../kit/http/api.ts';
import { addressOf, browsed, Filter } from './filter.page.ts';
import { blank } from '../kit/page/query.ts';
import type { Pages } from '../kit/page/page.ts';

export function customerPages(app: Api, pages: Pages): void {
  app.get(
    '/customers',
    {
      config: { needs: 'customer:read', page: true },
      schema: { querystring: Filter.extend({ after: z.preprocess(blank, z.uuid().optional()) }) },
    },
    async (request, reply) => {
      const t = pages.translatorOf(request);
      const ctx = pages.contextOf(request);
      const { after, ...filter } = request.query;
      const search = filter.search ? await keptSearch(ctx, filter.search) : null;
      const gone = filter.search !== undefined && search === null;
      const kept = gone ? { ...filter, search: undefined } : filter;
      const [found, total, topics] = await Promise.all([
        browseCustomers(ctx, { ...browsed(kept, search), after: after ?? null }),
        countRoughly(ctx),
        topicsFor(ctx),
      ]);
      return pages.page(request, reply, 'customer/list', {
        title: t('customer.list.title'),
        nav: 'customers',
        styles: ['customer.css'],
        filter: {
          tier: kept.tier ?? '',
          topic: kept.topic ?? '',
          suppressed: kept.suppressed ?? '',
          search: kept.search ?? '',
        },
        narrowed: Object.values(kept).some(Boolean),
        searched: search !== null,
        gone,
        tiers,
        topics,
        total: t(total.exact ? 'customer.list.total' : 'customer.list.total-about', { count: total.count }),
        rows: found.rows.map((row) => ({ ...row, consent: consentWord(row.marketingConsent) })),
        next: found.next === null ? null : addressOf(kept, { after: found.next }),
        first: after === undefined ? null : addressOf(kept),
      });
    },
  );

  app.post(
    '/customers/search',
    {
      config: { needs: 'customer:read', page: true, readsOnly: true },
      schema: { body: Filter.extend({ words: z.string().max(100).default('') }) },
    },
    async (request, reply) => {
      const { words, search: _, ...filter } = request.body;
      if (words.trim() === '') return reply.redirect(addressOf(filter), 303);
      const answer = await lookUpCustomer(pages.contextOf(request), words);
      if (answer.kind === 'customer') return reply.redirect(`/customers/${answer.id}`, 303);
      if (answer.kind === 'nobody') return pages.done(request, reply, '/customers', 'customer.list.nobody');
      return reply.redirect(addressOf({ ...filter, search: answer.id }), 303);
    },
  );
}

export const consentWord = (granted: boolean | null): string => (granted === null ? 'none' : granted ? 'yes' : 'no');

/** For the filter; none for whoever may not see topics. */
export const topicsFor = async (ctx: Context): Promise<{ code: string; name: string }[]> =>
  rightsOf(ctx.staff.grants).has('topic:read') ? listTopics(ctx) : [];

import { z } from 'zod';
import { exportCustomers } from '../../commands/customer-export.ts';
import {
  browseCustomers,
  countRoughly,
  keptSearch,
  lookUpCustomer,
  type KeptSearch,
} from '../../commands/customer-search.ts';
import type { Context } from '../../commands/context.ts';
import { listTopics } from '../../commands/topic.ts';
import { permissionsOf } from '../../domain/permission.ts';
import { tiers } from '../../db/customer.ts';
import type { Translate } from '../../i18n/translate.ts';
import type { Api } from '../api.ts';
import { formatDate } from './format.ts';
import type { Pages } from './page.ts';

const blank = (value: unknown) => (value === '' ? undefined : value);
const Filter = z.object({
  tier: z.preprocess(blank, z.enum(tiers).optional()),
  topic: z.preprocess(blank, z.string().max(64).optional()),
  suppressed: z.preprocess(blank, z.enum(['yes', 'no']).optional()),
  search: z.preprocess(blank, z.uuid().optional()),
});
type Filter = z.output<typeof Filter>;

const addressOf = (filter: Filter, more: Record<string, string> = {}): string => {
  const query = new URLSearchParams(
    Object.entries({ ...filter, ...more }).filter((each): each is [string, string] => Boolean(each[1])),
  );
  return query.size === 0 ? '/customers' : `/customers?${query.toString()}`;
};

const browsed = ({ tier, topic, suppressed }: Filter, search: KeptSearch | null) => ({
  tier: tier ?? null,
  topic: topic ?? null,
  suppressed: suppressed === undefined ? null : suppressed === 'yes',
  search,
});

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

  app.post(
    '/customers/export',
    {
      config: { needs: 'customer:export', page: true },
      schema: { body: Filter.extend({ plain: z.literal('yes').optional(), reason: z.string().max(500).default('') }) },
    },
    async (request, reply) => {
      const t = pages.translatorOf(request);
      const ctx = pages.contextOf(request);
      const { plain, reason, ...filter } = request.body;
      const search = filter.search ? await keptSearch(ctx, filter.search) : null;
      const wanted = { ...browsed(filter, search), plain: plain === 'yes', reason };
      const csv = await exportCustomers(ctx, wanted, exportWords(t));
      const name = encodeURIComponent(`${t('customer.export.file-name')}-${formatDate(ctx.now())}.csv`);
      return reply
        .type('text/csv; charset=utf-8')
        .header('content-disposition', `attachment; filename="customers.csv"; filename*=UTF-8''${name}`)
        .header('cache-control', 'no-store')
        .send(csv);
    },
  );
}

export const consentWord = (granted: boolean | null): string => (granted === null ? 'none' : granted ? 'yes' : 'no');

/** For the filter; none for whoever may not see topics. */
export const topicsFor = async (ctx: Context): Promise<{ code: string; name: string }[]> =>
  permissionsOf(ctx.staff.roles).has('topic:read') ? listTopics(ctx) : [];

const exportWords = (t: Translate) => ({
  headings: [
    t('customer.card.external-id'),
    ...['phone', 'name', 'tier', 'consent', 'suppressed', 'created'].map((column) =>
      t(`customer.export.column-${column}`),
    ),
  ],
  word: (kind: 'tier' | 'answer', value: string) =>
    kind === 'tier' ? t(`tier.${value}`) : t(`customer.export.answer-${value}`),
});

import { z } from 'zod';
import { exportCustomers, exportPlain } from './export.command.ts';
import { keptSearch } from './search.command.ts';
import { browseExports, decideOnExport, requestPlainExport } from './plain-export.command.ts';
import { rightsOf } from '../kernel/permission.rule.ts';
import type { Translate } from '../kernel/translate.ts';
import { Id, type Api } from '../kit/http/api.ts';
import { browsed, Filter } from './filter.page.ts';
import { formatDate } from '../kit/page/format.ts';
import type { Pages } from '../kit/page/page.ts';
import type { FastifyReply } from 'fastify';

const here = '/customers/exports';

/** Customers in a file: masked at once; whole numbers by request, somebody else's approval and one download. */
export function customerExportPages(app: Api, pages: Pages): void {
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
      if (plain !== 'yes') {
        const csv = await exportCustomers(ctx, browsed(filter, search), exportWords(t));
        return sendFile(reply, t('customer.export.file-name'), ctx.now()).send(csv);
      }
      const { ready, people } = await requestPlainExport(ctx, { ...browsed(filter, search), reason });
      return pages.done(request, reply, here, `customer.exports.${ready ? 'is-ready' : 'is-waiting'}`, {
        count: people,
      });
    },
  );

  app.get(here, { config: { needs: 'customer:read', page: true } }, async (request, reply) => {
    const t = pages.translatorOf(request);
    const ctx = pages.contextOf(request);
    const rows = await browseExports(ctx);
    return pages.page(request, reply, 'customer/exports', {
      title: t('customer.exports.title'),
      nav: 'customers',
      crumbs: [{ href: '/customers', label: t('customer.list.title') }],
      styles: ['customer.css'],
      decides: rightsOf(ctx.staff.grants).has('export:decide'),
      rows: rows.map(({ id, staffName, reason, people, requestedAt, decidedByName, mine, stands }) => ({
        id,
        staffName,
        reason,
        people,
        requestedAt,
        decidedByName,
        mine,
        stands,
        word: t(`customer.exports.stands-${stands}`),
      })),
    });
  });

  for (const decision of ['approve', 'decline'] as const) {
    app.post(
      `${here}/:id/${decision}`,
      { config: { needs: 'export:decide', page: true }, schema: { params: Id } },
      async (request, reply) => {
        const { id } = request.params;
        const { staffName } = await decideOnExport(pages.contextOf(request), { id, approve: decision === 'approve' });
        return pages.done(request, reply, here, `customer.exports.done-${decision}`, { name: staffName });
      },
    );
  }

  app.post(
    `${here}/:id/take`,
    { config: { needs: 'customer:export', page: true }, schema: { params: Id } },
    async (request, reply) => {
      const t = pages.translatorOf(request);
      const ctx = pages.contextOf(request);
      const marks = [t('customer.exports.taken-by'), t('customer.exports.taken-at')];
      const csv = await exportPlain(ctx, request.params.id, { ...exportWords(t), marks });
      return sendFile(reply, `${t('customer.export.file-name')}-${ctx.staff.name}`, ctx.now()).send(csv);
    },
  );
}

function sendFile(reply: FastifyReply, name: string, now: Date): FastifyReply {
  const file = encodeURIComponent(`${name}-${formatDate(now)}.csv`);
  return reply
    .type('text/csv; charset=utf-8')
    .header('content-disposition', `attachment; filename="customers.csv"; filename*=UTF-8''${file}`)
    .header('cache-control', 'no-store');
}

const exportWords = (t: Translate) => ({
  headings: [
    t('customer.card.external-id'),
    ...['phone', 'further', 'name', 'tier', 'consent', 'suppressed', 'created'].map((column) =>
      t(`customer.export.column-${column}`),
    ),
  ],
  word: (kind: 'tier' | 'answer', value: string) =>
    kind === 'tier' ? t(`tier.${value}`) : t(`customer.export.answer-${value}`),
});

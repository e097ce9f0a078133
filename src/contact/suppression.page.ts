import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import {
  browseSuppressions,
  liftSuppression,
  suppressionSources,
  type NamedSuppressionView,
} from './suppression.command.ts';
import { keepNumber, keptNumber } from './suppression-search.command.ts';
import { suppressionKinds } from './contact.rule.ts';
import { reachText } from '../kit/page/reach.ts';
import type { Translate } from '../kernel/translate.ts';
import { Id, type Api } from '../kit/http/api.ts';
import { wordOf } from '../customer/timeline.page.ts';
import { formatMinute } from '../kit/page/format.ts';
import type { PageFault, Pages } from '../kit/page/page.ts';
import { blank } from '../kit/page/query.ts';

const Filter = z.object({
  kind: z.preprocess(blank, z.enum(suppressionKinds).optional()),
  source: z.preprocess(blank, z.enum(suppressionSources).optional()),
  active: z.preprocess(blank, z.literal('yes').optional()),
  search: z.preprocess(blank, z.uuid().optional()),
});
const Query = Filter.extend({ before: z.preprocess(blank, z.uuid().optional()) });
type Query = z.output<typeof Query>;

const addressOf = (query: Query): string => {
  const given = Object.entries(query).filter((each): each is [string, string] => Boolean(each[1]));
  return given.length === 0 ? '/suppressions' : `/suppressions?${new URLSearchParams(given).toString()}`;
};

export function suppressionPages(app: Api, pages: Pages): void {
  app.get(
    '/suppressions',
    { config: { needs: 'suppression:read', page: true }, schema: { querystring: Query } },
    (request, reply) => showList(pages, request, reply, request.query),
  );

  app.post(
    '/suppressions/search',
    {
      config: { needs: 'suppression:read', page: true, readsOnly: true },
      schema: { body: z.object({ phone: z.string().max(40).default('') }) },
    },
    async (request, reply) => {
      if (request.body.phone.trim() === '') return reply.redirect('/suppressions', 303);
      try {
        const search = await keepNumber(pages.contextOf(request), request.body.phone);
        return await reply.redirect(addressOf({ search }), 303);
      } catch (error) {
        return showList(pages, request, reply.code(422), {}, pages.faultOf(request, error));
      }
    },
  );

  app.post(
    '/suppressions/:id/lift',
    {
      config: { needs: 'suppression:lift', page: true },
      schema: { params: Id, body: z.object({ reason: z.string().max(500).default('') }).extend(Filter.shape) },
    },
    async (request, reply) => {
      const { reason, ...filter } = request.body;
      try {
        await liftSuppression(pages.contextOf(request), { id: request.params.id, reason });
      } catch (error) {
        return showList(pages, request, reply.code(422), filter, pages.faultOf(request, error));
      }
      return pages.done(request, reply, addressOf(filter), 'suppression.done.lifted');
    },
  );
}

async function showList(
  pages: Pages,
  request: FastifyRequest,
  reply: FastifyReply,
  { before, ...filter }: Query,
  fault?: PageFault,
): Promise<FastifyReply> {
  const t = pages.translatorOf(request);
  const ctx = pages.contextOf(request);
  const phone = filter.search ? await keptNumber(ctx, filter.search) : null;
  const gone = filter.search !== undefined && phone === null;
  const kept = gone ? { ...filter, search: undefined } : filter;
  const { rows, next } = await browseSuppressions(ctx, {
    kind: kept.kind ?? null,
    source: kept.source ?? null,
    active: kept.active === 'yes',
    phone,
    before: before ?? null,
  });
  return pages.page(request, reply, 'suppression/list', {
    title: t('suppression.list.title'),
    nav: 'suppressions',
    styles: ['customer.css'],
    filter: {
      kind: kept.kind ?? '',
      source: kept.source ?? '',
      active: kept.active ?? '',
      search: kept.search ?? '',
    },
    narrowed: Object.values(kept).some(Boolean),
    searched: phone !== null,
    gone,
    kinds: suppressionKinds,
    sources: suppressionSources,
    rows: rows.map((row) => lineOf(t, row)),
    next: next === null ? null : addressOf({ ...kept, before: next }),
    first: before === undefined ? null : addressOf(kept),
    fault: fault ?? null,
  });
}

function lineOf(t: Translate, row: NamedSuppressionView) {
  const source = row.source.split(':')[0] ?? row.source;
  return {
    id: row.id,
    // Inside a part `id` is the part's own.
    rowId: row.id,
    phone: row.phone,
    customerId: row.customerId,
    kind: row.kind,
    reach: reachText(t, row),
    reason:
      source === 'receipt' || source === 'refusal'
        ? t('suppression.receipt-code', { code: row.reason ?? '' })
        : row.reason,
    source: row.createdByName ?? wordOf(t, 'suppression.source', source),
    createdAt: row.createdAt,
    end: row.expiresAt === null ? t('suppression.no-end') : t('suppression.until', { at: formatMinute(row.expiresAt) }),
    state: row.active ? 'active' : row.liftedAt === null ? 'expired' : 'lifted',
    active: row.active,
    lifted:
      row.liftedAt === null
        ? null
        : t('suppression.lifted-by', { name: row.liftedByName ?? '', reason: row.liftReason ?? '' }),
    liftedAt: row.liftedAt,
    liftText: t('suppression.lift.text', { phone: row.phone, kind: t(`suppression-kind.${row.kind}`) }),
  };
}

import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { closePush, listPushes, retryPush, showPushBacklog } from './push.command.ts';
import type { Translate } from '../kernel/translate.ts';
import type { Api } from '../kit/http/api.ts';
import type { PageFault, Pages } from '../kit/page/page.ts';
import { blank } from '../kit/page/query.ts';

const whole = z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER);
const Query = z.object({
  all: z.preprocess(blank, z.literal('yes').optional()),
  before: z.preprocess(blank, whole.optional()),
});
const Id = z.object({ id: whole });

/** What a provider pushed and could not be read or taken in: somebody looks at it. */
export function pushPages(app: Api, pages: Pages): void {
  const show = async (
    request: FastifyRequest,
    reply: FastifyReply,
    { all, before }: z.output<typeof Query>,
    fault: PageFault | null,
  ) => {
    const t = pages.translatorOf(request);
    const ctx = pages.contextOf(request);
    const [{ rows, next }, backlog] = await Promise.all([
      listPushes(ctx, { all: all === 'yes', before: before ?? null }),
      showPushBacklog(ctx),
    ]);
    const suffix = all === 'yes' ? '&all=yes' : '';
    return pages.page(request, reply, 'push/list', {
      title: t('push.title'),
      nav: 'gateways',
      crumbs: [{ href: '/gateways', label: t('gateway.list.title') }],
      backlog,
      all: all === 'yes',
      rows: rows.map((row) =>
        Object.assign(row, {
          rowId: row.id,
          why: whyOf(t, row.fault),
          closable: row.state === 'unread' || row.state === 'set-aside',
        }),
      ),
      next: next === null ? null : `/pushes?before=${next}${suffix}`,
      first: before === undefined ? null : `/pushes${all === 'yes' ? '?all=yes' : ''}`,
      fault,
    });
  };

  app.get('/pushes', { config: { needs: 'gateway:read' }, schema: { querystring: Query } }, (request, reply) =>
    show(request, reply, request.query, null),
  );
  app.post(
    '/pushes/:id/retry',
    { config: { needs: 'gateway:write' }, schema: { params: Id } },
    async (request, reply) => {
      try {
        await retryPush(pages.contextOf(request), request.params);
      } catch (error) {
        return show(request, reply.code(409), {}, pages.faultOf(request, error));
      }
      return pages.done(request, reply, '/pushes', 'push.retried');
    },
  );
  app.post(
    '/pushes/:id/close',
    {
      config: { needs: 'gateway:write' },
      schema: { params: Id, body: z.object({ reason: z.string().max(500).default('') }) },
    },
    async (request, reply) => {
      try {
        await closePush(pages.contextOf(request), { ...request.params, ...request.body });
      } catch (error) {
        return show(request, reply.code(422), {}, pages.faultOf(request, error));
      }
      return pages.done(request, reply, '/pushes', 'push.closed');
    },
  );
}

function whyOf(t: Translate, fault: string | null): string {
  if (fault === 'items-unread') return t('push.fault-items');
  if (fault === 'sms-push.body') return t('push.fault-unreadable');
  if (fault === 'reader-died') return t('push.fault-deadly');
  return t('push.fault-other', { code: fault ?? '' });
}

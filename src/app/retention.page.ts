import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Api } from '../kit/http/api.ts';
import type { PageFault, Pages } from '../kit/page/page.ts';
import { setRetention, showRetention } from './retention.command.ts';
import { retained, type Retained, type Retention } from './retention.rule.ts';

const field = z.string().max(10).default('');
const Form = z.object(Object.fromEntries(retained.map((what) => [what, field])) as Record<Retained, typeof field>);
type Form = z.infer<typeof Form>;
const hidden = { hide: true };

/** How long each kind of data is kept: everybody may read it, who sets the house up may change it. */
export function retentionPages(app: Api, pages: Pages): void {
  const show = async (request: FastifyRequest, reply: FastifyReply, typed: Form | null, fault: PageFault | null) => {
    const t = pages.translatorOf(request);
    const lines = await showRetention(pages.contextOf(request));
    return pages.page(request, reply, 'retention/show', {
      title: t('retention.title'),
      nav: 'retention',
      lines: lines.map((line) =>
        Object.assign(line, {
          name: t(`retention.kind-${line.what}`),
          value: typed?.[line.what] ?? String(line.days),
          fault: fault?.fields[line.what] ?? null,
        }),
      ),
      fault,
    });
  };
  app.get('/retention', { config: { needs: 'self:read', page: true }, schema: hidden }, (request, reply) =>
    show(request, reply, null, null),
  );
  app.post(
    '/retention',
    { config: { needs: 'setting:write', page: true }, schema: { ...hidden, body: Form } },
    async (request, reply) => {
      try {
        await setRetention(pages.contextOf(request), daysIn(request.body));
        return pages.done(request, reply, '/retention', 'retention.changed');
      } catch (error) {
        return show(request, reply.code(422), request.body, pages.faultOf(request, error));
      }
    },
  );
}

const daysIn = (form: Form): Retention =>
  Object.fromEntries(
    retained.map((what) => [what, /^\d+$/.test(form[what].trim()) ? Number(form[what]) : 0.5]),
  ) as Retention;

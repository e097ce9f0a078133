import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Api } from '../kit/http/api.ts';
import type { PageFault, Pages } from '../kit/page/page.ts';
import { setRetention, shorterThanNow, showRetention, type Shorter } from './retention.command.ts';
import { retained, type Retained, type Retention } from './retention.rule.ts';

const field = z.string().max(10).default('');
const Days = z.object(Object.fromEntries(retained.map((what) => [what, field])) as Record<Retained, typeof field>);
/** `sure`: what gets shorter was named, and is meant. */
const Form = Days.extend({ sure: z.literal('yes').optional() });
type Form = z.infer<typeof Form>;
const hidden = { hide: true };

/** How long each kind of data is kept: everybody may read it, who sets the house up may change it. */
export function retentionPages(app: Api, pages: Pages): void {
  const show = async (
    request: FastifyRequest,
    reply: FastifyReply,
    typed: Form | null,
    fault: PageFault | null,
    shorter: readonly Shorter[] = [],
  ) => {
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
      shorter: shorter.map(({ what, from, to }) =>
        t('retention.shorter-line', { name: t(`retention.kind-${what}`), from, to }),
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
      const wanted = daysIn(request.body);
      try {
        const shorter = await shorterThanNow(pages.contextOf(request), wanted);
        // What goes cannot be brought back: one digit too few must not be enough.
        if (shorter.length > 0 && request.body.sure === undefined)
          return await show(request, reply.code(422), request.body, null, shorter);
        await setRetention(pages.contextOf(request), wanted);
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

import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { checkList, mostNumbers, suppressList, type ListCheck } from './suppression-list.command.ts';
import { suppressionKinds } from './contact.rule.ts';
import { askedBy, reachChoices, ReachForm } from '../kit/page/reach.ts';
import { AppError } from '../kernel/app-error.rule.ts';
import type { Api } from '../kit/http/api.ts';
import { wordOf } from '../customer/timeline.page.ts';
import type { PageFault, Pages } from '../kit/page/page.ts';

const Form = z.object({
  ...ReachForm,
  scope: ReachForm.scope.default('all'),
  numbers: z.string().max(60_000).default(''),
  kind: z.enum(suppressionKinds).default('dnc'),
  reason: z.string().max(500).default(''),
  expiresAt: z.string().max(40).default(''),
});
type Form = z.output<typeof Form>;

const faultsShown = 50;

export function suppressionAddPages(app: Api, pages: Pages): void {
  const config = { needs: 'suppression:write', page: true } as const;
  app.get('/suppressions/new', { config }, (request, reply) =>
    showForm(pages, request, reply, { form: Form.parse({}) }),
  );

  app.post('/suppressions/check', { config, schema: { body: Form } }, async (request, reply) => {
    const form = request.body;
    try {
      const check = await checkList(pages.contextOf(request), wantedOf(form));
      return await showForm(pages, request, reply, { form, check });
    } catch (error) {
      return showForm(pages, request, reply.code(422), { form, fault: pages.faultOf(request, error) });
    }
  });

  app.post('/suppressions', { config, schema: { body: Form } }, async (request, reply) => {
    const form = request.body;
    try {
      const { added, standing } = await suppressList(pages.contextOf(request), wantedOf(form));
      return pages.done(request, reply, '/suppressions', 'suppression.done.added', { added, standing });
    } catch (error) {
      return showForm(pages, request, reply.code(422), { form, fault: pages.faultOf(request, error) });
    }
  });
}

/** The form's time is Beijing time, without saying so. */
function wantedOf({ expiresAt, scope, channels, purposes, ...rest }: Form) {
  const form = { ...rest, ...askedBy({ scope, channels, purposes }) };
  if (expiresAt === '') return { ...form, expiresAt: null };
  const at = new Date(`${expiresAt}:00+08:00`);
  if (Number.isNaN(at.getTime())) {
    throw new AppError('invalid', 'suppression.expired', 'This is no time.', { field: 'expiresAt' });
  }
  return { ...form, expiresAt: at };
}

function showForm(
  pages: Pages,
  request: FastifyRequest,
  reply: FastifyReply,
  { form, check, fault }: { form: Form; check?: ListCheck; fault?: PageFault },
): Promise<FastifyReply> {
  const t = pages.translatorOf(request);
  return pages.page(request, reply, 'suppression/add', {
    title: t('suppression.add.title'),
    nav: 'suppressions',
    crumbs: [{ href: '/suppressions', label: t('suppression.list.title') }],
    styles: ['customer.css'],
    form,
    limit: mostNumbers,
    kinds: suppressionKinds,
    reach: reachChoices(t, form),
    check: check
      ? {
          good: check.good,
          standing: check.standing,
          fresh: check.good - check.standing,
          bad: check.faults.length,
          faults: check.faults
            .slice(0, faultsShown)
            .map(({ line, value, reason }) => ({ line, value, reason: wordOf(t, 'row-reason', reason) })),
        }
      : null,
    fault: fault ?? null,
    faults: { numbers: null, reason: null, expiresAt: null, purposes: null, ...fault?.fields },
  });
}

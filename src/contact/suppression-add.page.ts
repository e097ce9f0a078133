import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { checkList, mostNumbers, suppressList, type ListCheck } from './suppression-list.command.ts';
import { suppressionKinds } from './contact.rule.ts';
import { askedBy, reachChoices, ReachForm } from '../kit/page/reach.ts';
import { AppError } from '../kernel/app-error.rule.ts';
import { digestOf } from '../kernel/digest.rule.ts';
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
  /** `markOf` what was checked; empty where nothing was. */
  checked: z.string().max(64).default(''),
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
      // Changed since it was checked: the button named another count, so the new one is shown first.
      if (form.checked !== '' && form.checked !== markOf(form)) {
        const check = await checkList(pages.contextOf(request), wantedOf(form));
        return await showForm(pages, request, reply.code(409), { form, check, changed: true });
      }
      const { added, standing } = await suppressList(pages.contextOf(request), wantedOf(form));
      return pages.done(request, reply, '/suppressions', 'suppression.done.added', { added, standing });
    } catch (error) {
      return showForm(pages, request, reply.code(422), { form, fault: pages.faultOf(request, error) });
    }
  });
}

/** Stands for what a check was about: everything but the reason. */
const markOf = ({ numbers, kind, scope, channels, purposes, expiresAt }: Form): string =>
  digestOf([numbers.split(/\s+/), kind, scope, channels, purposes, expiresAt]);

/** The form's time is Beijing time, without saying so. */
function wantedOf({ expiresAt, scope, channels, purposes, numbers, kind, reason }: Form) {
  const form = { numbers, kind, reason, ...askedBy({ scope, channels, purposes }) };
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
  { form, check, fault, changed = false }: { form: Form; check?: ListCheck; fault?: PageFault; changed?: boolean },
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
          mark: markOf(form),
          changed,
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

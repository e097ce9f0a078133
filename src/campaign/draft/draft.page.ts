import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { createAudience } from '../../audience/audience.command.ts';
import { createDraft, discardDraft, loadDraft, saveDraft } from './draft.command.ts';
import { seeToEstimate, somebodyIn } from './estimate.command.ts';
import { cloneCampaign, submitDraft, whereDraftWent } from './submit.command.ts';
import type { Context } from '../../house/context.ts';
import { findAudience } from '../../audience/audience.db.ts';
import { onlyChoices } from './draft.db.ts';
import { findTemplate } from '../../sms/template/template.db.ts';
import { chinaTimeOf } from './draft.rule.ts';
import type { Translate } from '../../kernel/translate.ts';
import { guessSources } from './form.page.ts';
import { AppError } from '../../kernel/app-error.rule.ts';
import { Id, type Api } from '../../kit/http/api.ts';
import { FilterForm, readFilter } from '../../audience/form.page.ts';
import { draftStepPages, showStep } from './step.page.ts';
import { draftTestPages } from './test.page.ts';
import { newTab } from './view.page.ts';
import type { PageFault, Pages } from '../../kit/page/page.ts';

const NewForm = z.object({
  name: z.string().max(200).default(''),
  purpose: z.string().max(1_000).default(''),
  unit: z.string().max(200).default(''),
  /** From a template's or an audience's own page. */
  templateId: z.uuid().or(z.literal('')).default(''),
  audienceId: z.uuid().or(z.literal('')).default(''),
});
type NewForm = z.infer<typeof NewForm>;
const SubmitForm = z.object({
  version: z.coerce.number().int().min(1),
  confirmed: z.literal('yes').optional(),
  leftOutMeant: z.literal('yes').optional(),
});
const BuilderForm = FilterForm.extend({ version: z.coerce.number().int().min(1), tab: z.string().max(64).optional() });

/** The wizard from its first page to the submission. */
export function draftPages(app: Api, pages: Pages): void {
  app.get('/drafts/new', { config: { needs: 'campaign:write' } }, (request, reply) =>
    showNew(pages, request, reply, {
      form: { name: '', purpose: '', templateId: '', audienceId: '', unit: pages.contextOf(request).staff.unit },
      fault: null,
    }),
  );
  app.post('/drafts', { config: { needs: 'campaign:write' }, schema: { body: NewForm } }, async (request, reply) => {
    const ctx = pages.contextOf(request);
    try {
      const { id } = await beginDraft(ctx, request.body, pages.translatorOf(request));
      return await reply.redirect(`/drafts/${id}/audience`, 303);
    } catch (error) {
      const fault = pages.faultOf(request, error);
      return await showNew(pages, request, reply.code(422), { form: request.body, fault });
    }
  });
  app.get('/drafts/:id', { config: { needs: 'campaign:write' }, schema: { params: Id } }, async (request, reply) => {
    const ctx = pages.contextOf(request);
    // A bookmark or the back button after the submission: the draft has become a campaign.
    const number = await whereDraftWent(ctx, request.params.id);
    if (number !== null) return reply.redirect(`/campaigns/${number}`, 303);
    const { id, step } = await loadDraft(ctx, request.params.id);
    return reply.redirect(`/drafts/${id}/${step}`, 303);
  });
  app.post(
    '/drafts/:id/submit',
    { config: { needs: 'campaign:submit' }, schema: { params: Id, body: SubmitForm } },
    async (request, reply) => {
      const ctx = pages.contextOf(request);
      const { id } = request.params;
      try {
        if (request.body.confirmed !== 'yes')
          throw new AppError('invalid', 'draft.not-confirmed', 'Confirm that you have checked the form.', {
            field: 'confirmed',
          });
        const { number } = await submitDraft(ctx, {
          id,
          version: request.body.version,
          leftOutMeant: request.body.leftOutMeant === 'yes',
        });
        return pages.done(request, reply, `/campaigns/${number}`, 'draft.submitted', { number });
      } catch (error) {
        const number = await whereDraftWent(ctx, id);
        // Handed in already, only its process did not answer: nothing is lost, and the same button may be pressed again.
        if (number !== null && error instanceof AppError && error.kind === 'unavailable') {
          const { message } = pages.faultOf(request, error);
          const title = pages.translatorOf(request)('draft.unreached.title', { number });
          const shown = { title, nav: 'campaigns' as const, id, number, message, version: request.body.version };
          return pages.page(request, reply.code(503), 'draft/unreached', shown);
        }
        if (number !== null || (error instanceof AppError && error.kind === 'missing')) throw error;
        const fault = pages.faultOf(request, error);
        void reply.code(error instanceof AppError && error.kind === 'conflict' ? 409 : 422);
        return showStep(pages, request, reply, { ctx, draft: await loadDraft(ctx, id), step: 'review', fault });
      }
    },
  );
  app.post(
    '/drafts/:id/delete',
    { config: { needs: 'campaign:write' }, schema: { params: Id } },
    async (request, reply) => {
      const ctx = pages.contextOf(request);
      const draft = await loadDraft(ctx, request.params.id);
      await discardDraft(ctx, draft.id);
      return pages.done(request, reply, '/campaigns', 'draft.deleted', { name: draft.name });
    },
  );
  app.post(
    '/drafts/:id/audience/new',
    { config: { needs: 'audience:write' }, schema: { params: Id, body: BuilderForm } },
    async (request, reply) => {
      const ctx = pages.contextOf(request);
      const { version, tab, ...values } = request.body;
      const draft = await loadDraft(ctx, request.params.id);
      try {
        const { id: audienceId } = await createAudience(ctx, { name: values.name, filter: readFilter(values) });
        const step = { id: draft.id, step: 'audience' as const, tab: tab || newTab() };
        const saved = await saveDraft(ctx, { ...step, version, body: { audienceId } });
        // Somebody else saved meanwhile: the new audience stands in the list, and they choose.
        if (saved.kind === 'saved') await seeToEstimate(ctx, saved.draft);
        const said = saved.kind === 'saved' ? 'draft.audience.made' : 'draft.audience.made-only';
        return pages.done(request, reply, `/drafts/${draft.id}/audience`, said, { name: values.name });
      } catch (error) {
        const fault = pages.faultOf(request, error);
        const builder = { open: true, fault, values };
        void reply.code(422);
        return showStep(pages, request, reply, { ctx, draft, step: 'audience', builder });
      }
    },
  );
  app.post(
    '/campaigns/:campaign/clone',
    { config: { needs: 'campaign:write' }, schema: { params: z.object({ campaign: z.string().max(60) }) } },
    async (request, reply) => {
      const { id } = await cloneCampaign(pages.contextOf(request), request.params.campaign);
      return pages.done(request, reply, `/drafts/${id}/audience`, 'draft.cloned', { number: request.params.campaign });
    },
  );
  draftTestPages(app, pages);
  draftStepPages(app, pages);
}

/** With what is known: the template or the people it was begun from, else the only ones there are. */
async function beginDraft(ctx: Context, form: NewForm, t: Translate): Promise<{ id: string }> {
  const { name, purpose, unit } = form;
  const only = await onlyChoices(ctx.pool);
  const templateId = form.templateId || only.templateId;
  const audienceId = form.audienceId || only.audienceId;
  const template = templateId === null ? null : await findTemplate(ctx.pool, templateId);
  const audience = audienceId === null ? null : await findAudience(ctx.pool, audienceId);
  const begun = form.templateId ? template?.name : form.audienceId ? audience?.name : undefined;
  const day = chinaTimeOf(ctx.now()).slice(5, 10);
  const people = audience?.state === 'open' ? audience : null;
  // Without people nobody knows which columns there are: the sources are guessed when they are chosen.
  const person = people && (await somebodyIn(ctx, people));
  return createDraft(ctx, {
    name: name.trim() === '' && begun !== undefined ? t('draft.begun-from', { name: begun, day }).slice(0, 80) : name,
    purpose,
    ...(unit.trim() !== '' && { unit }),
    templateId: template?.id ?? null,
    audienceId: people?.id ?? null,
    variableSources: template && people ? guessSources(template.variables, {}, person) : {},
  });
}

function showNew(
  pages: Pages,
  request: FastifyRequest,
  reply: FastifyReply,
  { form, fault }: { form: NewForm; fault: PageFault | null },
) {
  const t = pages.translatorOf(request);
  return pages.page(request, reply, 'draft/new', {
    title: t('draft.new.title'),
    nav: 'campaigns',
    crumbs: [{ href: '/campaigns', label: t('draft.campaigns') }],
    styles: ['draft.css'],
    form,
    fault,
    fields: fault?.fields ?? {},
  });
}

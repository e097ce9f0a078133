import { z } from 'zod';
import { loadDraft } from './draft.command.ts';
import { askDraftGateway, examplesOf, seeToEstimate, showEstimate } from './estimate.command.ts';
import { listTestSends, sendTests } from './test-send.command.ts';
import { AppError } from '../../kernel/app-error.rule.ts';
import { draftSteps } from './draft.rule.ts';
import { Id, type Api } from '../../kit/http/api.ts';
import { several } from '../../audience/form.page.ts';
import { StepForm } from './form.page.ts';
import { readTyped, showStep } from './step.page.ts';
import { estimateData, exampleLines, testLines } from './view.page.ts';
import type { Pages } from '../../kit/page/page.ts';

const steps = z.enum(draftSteps);
const needs = 'campaign:write';

/** What moves on the wizard's pages: the count, the preview, the test messages. */
export function draftTestPages(app: Api, pages: Pages): void {
  app.get('/drafts/:id/estimate', { config: { needs }, schema: { params: Id } }, async (request, reply) => {
    const ctx = pages.contextOf(request);
    const t = pages.translatorOf(request);
    const draft = await loadDraft(ctx, request.params.id);
    const estimate = await showEstimate(ctx, draft);
    // Checks and examples hang on the count: the page fetches them anew, and leaves what is being typed alone.
    if (estimate.state !== 'running') void reply.header('hx-trigger', 'draft-counted');
    return pages.fragment(request, reply, 'draft/estimate', estimateData(t, draft, estimate));
  });
  app.post(
    '/drafts/:id/estimate',
    { config: { needs }, schema: { params: Id, body: z.object({ step: steps }) } },
    async (request, reply) => {
      const ctx = pages.contextOf(request);
      const draft = await loadDraft(ctx, request.params.id);
      await seeToEstimate(ctx, draft, { again: true });
      return reply.redirect(`/drafts/${draft.id}/${request.body.step}`, 303);
    },
  );
  app.post(
    '/drafts/:id/gateway',
    { config: { needs }, schema: { params: Id, body: z.object({ step: z.enum(draftSteps) }) } },
    async (request, reply) => {
      const ctx = pages.contextOf(request);
      const draft = await loadDraft(ctx, request.params.id);
      await askDraftGateway(ctx, pages.gatewayOf, draft);
      return reply.redirect(`/drafts/${draft.id}/${request.body.step}`, 303);
    },
  );
  app.post(
    '/drafts/:id/preview',
    { config: { needs }, schema: { params: Id, body: StepForm } },
    async (request, reply) => {
      const ctx = pages.contextOf(request);
      const t = pages.translatorOf(request);
      const draft = await loadDraft(ctx, request.params.id);
      const typed = await readTyped(ctx, draft, 'text', request.body);
      const { result } = await showEstimate(ctx, draft);
      const shown = await examplesOf(ctx, { ...draft, body: { ...draft.body, ...typed.body } }, result);
      return pages.fragment(request, reply, 'draft/examples', { examples: exampleLines(t, shown) });
    },
  );
  app.get('/drafts/:id/tests', { config: { needs }, schema: { params: Id } }, async (request, reply) => {
    const ctx = pages.contextOf(request);
    const draft = await loadDraft(ctx, request.params.id);
    const lines = await listTestSends(ctx, draft);
    return pages.fragment(request, reply, 'draft/tests', testLines(pages.translatorOf(request), draft, lines));
  });
  app.post(
    '/drafts/:id/tests',
    {
      config: { needs },
      schema: {
        params: Id,
        body: z.object({ to: several(20), which: z.enum(['shortest', 'usual', 'longest']).default('usual') }),
      },
    },
    async (request, reply) => {
      const ctx = pages.contextOf(request);
      const draftId = request.params.id;
      try {
        const staffIds = request.body.to.filter((each) => z.uuid().safeParse(each).success);
        if (staffIds.length === 0)
          throw new AppError('invalid', 'test-send.nobody', 'Choose who gets the test message.');
        const { ids } = await sendTests(ctx, { draftId, staffIds, which: request.body.which });
        return pages.done(request, reply, `/drafts/${draftId}/checks#tests`, 'draft.test.sent', { count: ids.length });
      } catch (error) {
        const fault = pages.faultOf(request, error);
        void reply.code(error instanceof AppError && error.kind === 'unavailable' ? 503 : 422);
        return showStep(pages, request, reply, { ctx, draft: await loadDraft(ctx, draftId), step: 'checks', fault });
      }
    },
  );
}

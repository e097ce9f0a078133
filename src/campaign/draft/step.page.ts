import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { accountOf, checkDraft, findWindowFaults } from './checks.command.ts';
import { loadDraft, saveDraft } from './draft.command.ts';
import { seeToEstimate, showEstimate, somebodyOf } from './estimate.command.ts';
import { whereDraftWent } from './submit.command.ts';
import type { Context } from '../../house/context.ts';
import { draftSteps, stepAfter, type DraftStep } from './draft.rule.ts';
import { findAudience } from '../../audience/audience.db.ts';
import type { Draft } from './draft.db.ts';
import { findTemplate } from '../../sms/template/template.db.ts';
import { Id, type Api } from '../../kit/http/api.ts';
import { guessSources, readStep, StepForm } from './form.page.ts';
import { conflictRows, estimateData, fieldFaults, newTab, sentenceOf, stepLinks } from './view.page.ts';
import { partsOfStep } from './parts.page.ts';
import { formatClock } from '../../kit/page/format.ts';
import type { PageFault, Pages } from '../../kit/page/page.ts';

const Place = Id.extend({ step: z.enum(draftSteps) });
export type Conflict = { by: string; at: Date; rows: { label: string; theirs: string; mine: string }[] };

/** Each step: looked at, and saved (by its buttons, and by itself while somebody types). */
export function draftStepPages(app: Api, pages: Pages): void {
  app.get(
    '/drafts/:id/:step',
    { config: { needs: 'campaign:write' }, schema: { params: Place } },
    async (request, reply) => {
      const ctx = pages.contextOf(request);
      const { id, step } = request.params;
      // The back button after the submission: the draft has become a campaign.
      const number = await whereDraftWent(ctx, id);
      if (number !== null) return reply.redirect(`/campaigns/${number}`, 303);
      return showStep(pages, request, reply, { ctx, draft: await loadDraft(ctx, id), step });
    },
  );
  app.post(
    '/drafts/:id/:step',
    { config: { needs: 'campaign:write' }, schema: { params: Place, body: StepForm } },
    async (request, reply) => {
      const ctx = pages.contextOf(request);
      const t = pages.translatorOf(request);
      const { id, step } = request.params;
      const form = request.body;
      const auto = form['autosave'] === '1';
      const draft = await loadDraft(ctx, id);
      const { name, body } = await readTyped(ctx, draft, step, form);
      const goTo = form['go'] === 'next' ? stepAfter(step) : form['go'] === 'back' ? stepBefore(step) : step;
      const saved = await saveDraft(ctx, {
        id,
        step,
        version: Number(form['version'] ?? 0) || 1,
        tab: form['tab'] || newTab(),
        ...(name !== undefined && { name }),
        body,
        ...(!auto && { goTo }),
      });
      if (saved.kind === 'changed-elsewhere') {
        const { theirs } = saved;
        if (auto)
          return reply.code(409).send({
            message: t('draft.conflict.auto', { name: theirs.savedBy, time: formatClock(theirs.updatedAt) }),
          });
        const mine: Draft = { ...theirs, name: name ?? theirs.name, body: { ...theirs.body, ...body } };
        const names = await namesOf(ctx, [theirs, mine]);
        const conflict = { by: theirs.savedBy, at: theirs.updatedAt, rows: conflictRows(t, step, theirs, mine, names) };
        void reply.code(409);
        return showStep(pages, request, reply, { ctx, draft: mine, step, conflict });
      }
      if (auto)
        return reply.send({
          version: saved.draft.version,
          message: t('draft.saved-at', { time: formatClock(saved.draft.updatedAt) }),
        });
      const account = step === 'window' ? await accountOf(ctx, saved.draft) : null;
      const fields = fieldFaults(t, saved.draft, step, account);
      if (step === 'window' && form['go'] === 'next')
        for (const { field, code, params } of await findWindowFaults(ctx, saved.draft))
          fields[field] ??= sentenceOf(t, code, params);
      if (goTo !== step && goTo === stepAfter(step) && Object.keys(fields).length > 0) {
        void reply.code(422);
        const fault = { code: 'draft.unreadable', message: t('error.draft.unreadable'), fields };
        return showStep(pages, request, reply, { ctx, draft: saved.draft, step, fault });
      }
      if (step === 'audience' || step === 'text') await seeToEstimate(ctx, saved.draft);
      const place = goTo === 'checks' && step === 'window' && (await inOrder(ctx, saved.draft)) ? 'review' : goTo;
      return reply.redirect(`/drafts/${id}/${place}`, 303);
    },
  );
}

type Shown = { ctx: Context; draft: Draft; step: DraftStep; fault?: PageFault; conflict?: Conflict; builder?: object };

export async function showStep(pages: Pages, request: FastifyRequest, reply: FastifyReply, shown: Shown) {
  const { ctx, draft, step, fault = null, conflict = null } = shown;
  const t = pages.translatorOf(request);
  // Typed and saved by itself: nobody has asked for the new count yet.
  const known = await showEstimate(ctx, draft);
  const estimate = known.state === 'stale' && conflict === null ? await seeToEstimate(ctx, draft) : known;
  const overview = await checkDraft(ctx, draft);
  const parts = await partsOfStep(pages, request, { ...shown, estimate, overview });
  return pages.page(request, reply, `draft/${step}`, {
    title: draft.name === '' ? t('draft.unnamed') : draft.name,
    nav: 'campaigns',
    crumbs: [{ href: '/campaigns', label: t('draft.campaigns') }],
    styles: ['draft.css'],
    scripts: ['draft.js'],
    draft,
    step,
    tab: newTab(),
    steps: stepLinks(t, draft, step, overview.checks),
    estimate: estimateData(t, draft, estimate),
    fault,
    fields: fault?.fields ?? fieldFaults(t, draft, step, overview.account),
    conflict,
    ...parts,
  });
}

/** What the form says; a template chosen anew gets sources guessed from its variables and the list. */
export async function readTyped(ctx: Context, draft: Draft, step: DraftStep, form: StepForm) {
  if (step === 'audience') return withSources(ctx, draft, readStep(step, form, []));
  if (step !== 'text') return readStep(step, form, []);
  const { body } = readStep('text', form, []);
  const templateId = body.templateId === undefined ? draft.body.templateId : body.templateId;
  const template = templateId === null ? null : await findTemplate(ctx.pool, templateId);
  const variables = template?.variables ?? [];
  const typed = readStep('text', form, variables, draft.body.variableSources);
  const said = Object.keys(form).some((field) => field.startsWith('from.'));
  if (templateId === draft.body.templateId && (said || variables.length === 0)) return typed;
  const known = { ...draft.body.variableSources, ...typed.body.variableSources };
  const guessed = guessSources(variables, known, await somebodyOf(ctx, draft));
  return { body: { ...typed.body, variableSources: guessed } };
}

/** Other people have other columns: variables without a source are guessed anew from the list that is chosen now. */
async function withSources(ctx: Context, draft: Draft, typed: ReturnType<typeof readStep>) {
  const { templateId, audienceId, variableSources } = draft.body;
  const chosen = typed.body.audienceId;
  if (templateId === null || chosen === undefined || chosen === null || chosen === audienceId) return typed;
  const template = await findTemplate(ctx.pool, templateId);
  const person = await somebodyOf(ctx, { ...draft, body: { ...draft.body, audienceId: chosen } });
  const guessed = guessSources(template?.variables ?? [], variableSources, person);
  return { ...typed, body: { ...typed.body, variableSources: guessed } };
}

async function namesOf(ctx: Context, drafts: readonly Draft[]): Promise<Map<string, string>> {
  const names = new Map<string, string>();
  for (const { body } of drafts) {
    const audience = body.audienceId === null ? null : await findAudience(ctx.pool, body.audienceId);
    const template = body.templateId === null ? null : await findTemplate(ctx.pool, body.templateId);
    if (audience) names.set(audience.id, audience.name);
    if (template) names.set(template.id, `${template.name} v${template.version}`);
  }
  return names;
}

/** Nothing to change and nothing to think about: the checks have no news, and stand on the review as well. */
async function inOrder(ctx: Context, draft: Draft): Promise<boolean> {
  const { ready, checks } = await checkDraft(ctx, draft);
  return ready && checks.every(({ state }) => state === 'passed');
}

const stepBefore = (step: DraftStep): DraftStep => draftSteps[Math.max(0, draftSteps.indexOf(step) - 1)] ?? step;

import { randomUUIDv7 } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { rejectForm, signForm } from './sign.command.ts';
import { findFormMade, loadSubject, showSignOff, signOffCentre } from './sign-off.command.ts';
import { nudgeSigners, setReminderPolicy, showReminderPolicy } from './sign-reminder.command.ts';
import type { ReminderPolicy } from './sign-reminder.rule.ts';
import { Evidence } from './evidence.api.ts';
import type { SubjectRef } from './subject.ts';
import type { Context } from '../house/context.ts';
import type { Api } from '../kit/http/api.ts';
import type { PageFault, Pages } from '../kit/page/page.ts';
import { awaitingRow, paperOf, stateWord } from './paper.page.ts';
import { panelOf } from './sign-off-panel.page.ts';

const Which = z.object({ number: z.string().max(60) });
const hidden = { hide: true };
const Policy = z.object({
  firstAfterHours: z.coerce.number(),
  workFrom: z.string().max(10),
  workTo: z.string().max(10),
});
// Every two seconds for five minutes: nobody watches longer, and a page that was left open asks for ever.
const mostLooks = 150;
const Looked = z.object({ looks: z.coerce.number().int().min(0).max(mostLooks).catch(0) });
const makingData = (number: string, looks: number) => ({
  number,
  next: looks < mostLooks ? `/sign-off/${number}/making?looks=${looks + 1}` : null,
});
const SignForm = z.object({
  signatureId: z.uuid(),
  role: z.enum(['liaison', 'leader']),
  credentialId: z.uuid(),
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  evidence: z
    .string()
    .max(60_000)
    .transform((text, refuse): unknown => {
      try {
        return JSON.parse(text);
      } catch {
        refuse.addIssue({ code: 'custom', message: 'Not JSON.' });
        return z.NEVER;
      }
    })
    .pipe(Evidence),
});

async function aboutOf(ctx: Context, number: string): Promise<SubjectRef> {
  const { subject, stand } = await loadSubject(ctx, number);
  return { kind: subject.kind, id: stand.id };
}

export function signOffPages(app: Api, pages: Pages): void {
  const centre = async (
    request: FastifyRequest,
    reply: FastifyReply,
    fault: PageFault | null,
    typed?: ReminderPolicy,
  ) => {
    const t = pages.translatorOf(request);
    const ctx = pages.contextOf(request);
    const { mine, others, recent } = await signOffCentre(ctx);
    const shown = (row: (typeof mine)[number]) => ({
      ...awaitingRow(row),
      stateWord: stateWord(t, row.subjectKind, row.state),
      waitedSeconds: (ctx.now().getTime() - row.since.getTime()) / 1_000,
      signedNames: row.signed.map(({ name }) => name).join(t('sign-off.list-comma')),
    });
    return pages.page(request, reply, 'sign-off/centre', {
      title: t('sign-off.centre.title'),
      nav: 'sign-off',
      styles: ['sign-off.css', 'first-run.css'],
      firstRun: await pages.firstRun(request),
      mine: mine.map(shown),
      others: others.map(shown),
      recent: recent.map((row) => Object.assign(row, { stateWord: stateWord(t, row.subjectKind, row.state) })),
      policy: typed ?? (await showReminderPolicy(ctx)),
      fault,
    });
  };
  app.get('/sign-off', { config: { needs: 'campaign:read', page: true }, schema: hidden }, (request, reply) =>
    centre(request, reply, null),
  );
  app.post(
    '/sign-off/reminders',
    { config: { needs: 'setting:write', page: true }, schema: { ...hidden, body: Policy } },
    async (request, reply) => {
      try {
        await setReminderPolicy(pages.contextOf(request), request.body);
      } catch (error) {
        return centre(request, reply.code(422), pages.faultOf(request, error), request.body);
      }
      return pages.done(request, reply, '/sign-off', 'sign-off.rule-of-reminders.saved');
    },
  );

  app.get(
    '/sign-off/:number',
    { config: { needs: 'campaign:read', page: true }, schema: { ...hidden, params: Which } },
    async (request, reply) => {
      const { number, made, making, href } = await findFormMade(pages.contextOf(request), request.params.number);
      if (made) return show(request, reply, request.params.number, null);
      // Nothing makes it any more: the page of what was to be signed says why.
      if (!making) return reply.redirect(href, 302);
      const t = pages.translatorOf(request);
      const crumbs = [{ href: '/sign-off', label: t('sign-off.centre.title') }];
      const shown = { title: number, nav: 'sign-off' as const, crumbs, styles: ['sign-off.css'] };
      return pages.page(request, reply, 'sign-off/making', { ...shown, ...makingData(number, 0) });
    },
  );
  app.get(
    '/sign-off/:number/making',
    { config: { needs: 'campaign:read', page: true }, schema: { ...hidden, params: Which, querystring: Looked } },
    async (request, reply) => {
      const { number, made, making } = await findFormMade(pages.contextOf(request), request.params.number);
      if (made || !making) return reply.header('hx-redirect', `/sign-off/${number}`).send();
      return pages.fragment(request, reply, 'sign-off/making', makingData(number, request.query.looks));
    },
  );

  app.post(
    '/sign-off/:number/sign',
    // Checked by the handler: what a browser could not make is told on the page, beside what stands there.
    { config: { needs: 'campaign:sign', page: true }, schema: { ...hidden, params: Which } },
    async (request, reply) => {
      const { number } = request.params;
      try {
        const form = SignForm.parse(request.body);
        const ctx = pages.contextOf(request);
        await signForm(ctx, await aboutOf(ctx, number), form);
        return pages.done(request, reply, `/sign-off/${number}`, 'sign-off.signed', { number });
      } catch (error) {
        return show(request, reply, number, pages.faultOf(request, error));
      }
    },
  );

  app.post(
    '/sign-off/:number/reject',
    {
      config: { needs: 'campaign:sign', page: true },
      schema: { ...hidden, params: Which, body: z.object({ reason: z.string().max(2_000).default('') }) },
    },
    async (request, reply) => {
      const { number } = request.params;
      try {
        const ctx = pages.contextOf(request);
        await rejectForm(ctx, await aboutOf(ctx, number), { reason: request.body.reason });
        return pages.done(request, reply, `/sign-off/${number}`, 'sign-off.rejected', { number });
      } catch (error) {
        return show(request, reply, number, pages.faultOf(request, error), request.body.reason);
      }
    },
  );

  app.post(
    '/sign-off/:number/nudge',
    { config: { needs: 'campaign:submit', page: true }, schema: { ...hidden, params: Which } },
    async (request, reply) => {
      const { number } = request.params;
      try {
        const ctx = pages.contextOf(request);
        const { asked } = await nudgeSigners(ctx, await aboutOf(ctx, number));
        return pages.done(request, reply, `/sign-off/${number}`, 'sign-off.nudged', { count: asked });
      } catch (error) {
        return show(request, reply, number, pages.faultOf(request, error));
      }
    },
  );

  async function show(
    request: FastifyRequest,
    reply: FastifyReply,
    number: string,
    fault: PageFault | null,
    reason = '',
  ): Promise<FastifyReply> {
    const t = pages.translatorOf(request);
    const ctx = pages.contextOf(request);
    const view = await showSignOff(ctx, number);
    // One address a form, whether it was asked for by id or by number.
    if (number !== view.stand.number && fault === null) return reply.redirect(`/sign-off/${view.stand.number}`, 302);
    if (fault) void reply.code(422);
    const [paper, panel] = await Promise.all([paperOf(ctx, view, t), panelOf(ctx, view, t)]);
    return pages.page(request, reply, 'sign-off/form', {
      title: view.stand.number,
      nav: 'sign-off',
      crumbs: [{ href: '/sign-off', label: t('sign-off.centre.title') }],
      leadsOn: true,
      styles: ['sign-off.css'],
      scripts: ['sign.js', 'verify-signature.js'],
      fault,
      typedReason: reason,
      // One a page view: a double click, or a repeat after an answer that got lost, does one thing.
      signatureId: randomUUIDv7(),
      paper,
      panel,
      canonical: view.stand.canonical,
      now: ctx.now(),
    });
  }
}

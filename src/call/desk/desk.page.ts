import { randomUUID } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { AppError } from '../../kernel/app-error.rule.ts';
import { Id, type Api } from '../../kit/http/api.ts';
import type { PageFault, Pages } from '../../kit/page/page.ts';
import { verificationItems } from '../script/content.rule.ts';
import { results } from '../task.rule.ts';
import * as session from './agent-session.command.ts';
import { breakReasons } from './agent-session.rule.ts';
import { barOf, callOf, queueOf, verificationLines, workOf } from './desk-face.page.ts';
import { checkIdentity, verificationOf } from './verification.command.ts';
import { viewEntrance, viewQueue, viewWork } from './view.command.ts';
import { dialOffered, giveBack, hangUp, keepOffers, takeNext } from './work.command.ts';
import { finishCall, saveDraft } from './write-up.command.ts';

const hidden = { hide: true };
const needs = { needs: 'desk:work', page: true } as const;
type Show = (request: FastifyRequest, reply: FastifyReply, fault?: PageFault | null) => Promise<FastifyReply>;

/** Tells the page that it shows another task, or the same in another state: then it is fetched anew. */
const keyOf = (work: { taskId: string; state: string } | undefined, state: string): string =>
  work ? `${work.taskId} ${work.state}` : state;

export function deskPages(app: Api, pages: Pages): void {
  const show: Show = async (request, reply, fault = null) => {
    const t = pages.translatorOf(request);
    const ctx = pages.contextOf(request);
    const own = await session.showOwnSession(ctx);
    const head = {
      title: t('desk.title'),
      nav: 'desk' as const,
      styles: ['agent-state.css', 'desk.css'],
      scripts: ['desk.js'],
      fault,
    };
    if (!own || own.state === 'away') {
      const { last, accounts } = await viewEntrance(ctx);
      const form = { accountId: last?.accountId ?? null, extension: last?.extension ?? '' };
      return pages.page(request, reply, 'desk/entrance', { ...head, accounts, form });
    }
    const [queue, work] = [await viewQueue(ctx, own), await viewWork(ctx)];
    return pages.page(request, reply, 'desk/show', {
      ...head,
      key: keyOf(queue.held[0], own.state),
      bar: barOf(t, own, await session.showBreakLimits(ctx), ctx.now()),
      queue: queueOf(t, queue),
      call: work && callOf(t, work, ctx.now()),
      work: work && workOf(t, work),
    });
  };
  app.get('/desk', { config: needs, schema: hidden }, (request, reply) => show(request, reply));
  comingAndGoing(app, pages, show);
  beating(app, pages);
  working(app, pages, show);
}

const Entrance = z.object({
  accountId: z.string().max(40).default(''),
  extension: z.string().max(80).default(''),
  browserId: z.uuid().optional().catch(undefined),
});
const Browser = z.object({ browserId: z.uuid() });
const Busy = z.object({ reason: z.enum(breakReasons) });
const nothing = z.object({}).nullish();

function comingAndGoing(app: Api, pages: Pages, show: Show): void {
  const act = <Body extends z.ZodType>(
    path: string,
    body: Body,
    work: (request: FastifyRequest, body: z.output<Body>) => Promise<unknown>,
  ) =>
    app.post(path, { config: needs, schema: { ...hidden, body } }, async (request, reply) => {
      try {
        await work(request, request.body as z.output<Body>);
        return reply.redirect('/desk', 303);
      } catch (error) {
        return show(request, reply.code(422), pages.faultOf(request, error));
      }
    });
  act('/desk/sign-in', Entrance, (request, body) =>
    session.signInToDesk(pages.contextOf(request), { ...body, browserId: body.browserId ?? randomUUID() }),
  );
  act('/desk/sign-out', nothing, (request) => session.signOutOfDesk(pages.contextOf(request)));
  act('/desk/busy', Busy, (request, body) => session.becomeBusy(pages.contextOf(request), body));
  act('/desk/ready', nothing, async (request) => {
    const ctx = pages.contextOf(request);
    await session.becomeReady(ctx);
    await takeNext(ctx);
  });
}

/** What the page's script asks: it never holds a form, so nothing that is typed is lost by it. */
function beating(app: Api, pages: Pages): void {
  const quiet = { needs: 'desk:work', page: false } as const;
  app.post('/desk/arrive', { config: quiet, schema: { ...hidden, body: Browser } }, async (request) => {
    await session.takeOver(pages.contextOf(request), request.body);
    return {};
  });
  app.post('/desk/beat', { config: quiet, schema: { ...hidden, body: Browser } }, async (request) => {
    const t = pages.translatorOf(request);
    const ctx = pages.contextOf(request);
    const heard = await session.beat(ctx, request.body);
    if (heard.kind !== 'here') return { kind: heard.kind };
    await keepOffers(ctx);
    if (heard.session.state === 'ready') await takeNext(ctx);
    const queue = await viewQueue(ctx, heard.session);
    const work = await viewWork(ctx);
    const parts: Record<string, string> = {
      'desk-bar': pages.render(request, 'desk/bar', {
        bar: barOf(t, heard.session, await session.showBreakLimits(ctx), ctx.now()),
      }),
      'desk-queue': pages.render(request, 'desk/queue', { queue: queueOf(t, queue) }),
      ...(work && { 'desk-call': pages.render(request, 'desk/call', { call: callOf(t, work, ctx.now()) }) }),
    };
    return { kind: 'here', key: keyOf(queue.held[0], heard.session.state), state: heard.session.state, parts };
  });
}

const optional = (type: z.ZodType) => z.preprocess((value) => (value === '' ? undefined : value), type.optional());
const WriteUp = z.object({
  result: optional(z.enum(results)),
  branches: z.string().max(8).default(''),
  interest: optional(z.coerce.number().int()),
  note: z.string().max(4_000).default(''),
  promisedAt: z.string().max(40).default(''),
  personal: z.string().max(5).default('yes'),
});
type WriteUp = z.output<typeof WriteUp>;

const draftOf = (body: WriteUp) => ({
  result: (body.result as (typeof results)[number] | undefined) ?? null,
  branches: body.branches,
  interest: (body.interest as number | undefined) ?? null,
  note: body.note.slice(0, 2_000),
  promisedAt: body.promisedAt === '' ? null : body.promisedAt,
  promiseIsPersonal: body.personal === 'yes',
});

const Check = z.object({ item: z.enum(verificationItems), said: z.string().max(200).default('') });

function working(app: Api, pages: Pages, show: Show): void {
  const act = (name: string, work: (request: FastifyRequest, taskId: string) => Promise<unknown>) =>
    app.post(
      `/desk/tasks/:id/${name}`,
      { config: needs, schema: { ...hidden, params: Id, body: nothing } },
      async (request, reply) => {
        try {
          await work(request, request.params.id);
          return reply.redirect('/desk', 303);
        } catch (error) {
          return show(request, reply.code(422), pages.faultOf(request, error));
        }
      },
    );
  act('give-back', async (request, taskId) => {
    await giveBack(pages.contextOf(request), { taskId });
  });
  act('hang-up', (request, taskId) => hangUp(pages.contextOf(request), { taskId }));
  app.post(
    '/desk/tasks/:id/dial',
    { config: needs, schema: { ...hidden, params: Id, body: nothing } },
    async (request, reply) => {
      try {
        const ctx = pages.contextOf(request);
        const answer = await dialOffered(ctx, { taskId: request.params.id });
        if (answer.kind === 'wanted') return await reply.redirect('/desk', 303);
        await takeNext(ctx);
        return pages.done(request, reply, '/desk', 'desk.refused', {
          why: answer.why === 'no-number' ? 'number' : answer.why,
        });
      } catch (error) {
        return show(request, reply.code(422), pages.faultOf(request, error));
      }
    },
  );
  app.post(
    '/desk/tasks/:id/draft',
    { config: { needs: 'desk:work', page: false }, schema: { ...hidden, params: Id, body: WriteUp } },
    async (request) =>
      saveDraft(pages.contextOf(request), { taskId: request.params.id, content: draftOf(request.body) }),
  );
  app.post(
    '/desk/tasks/:id/finish',
    { config: needs, schema: { ...hidden, params: Id, body: WriteUp } },
    async (request, reply) => {
      const ctx = pages.contextOf(request);
      const { promisedAt, promiseIsPersonal, ...draft } = draftOf(request.body);
      try {
        const at = promisedAt === null ? null : new Date(promisedAt);
        if (draft.result === null)
          throw new AppError('invalid', 'desk.result-missing', 'Choose what came of the call.', { field: 'result' });
        await finishCall(ctx, {
          ...draft,
          taskId: request.params.id,
          result: draft.result,
          promise: at === null || Number.isNaN(at.getTime()) ? null : { at, isPersonal: promiseIsPersonal },
        });
        await takeNext(ctx);
        return await reply.redirect('/desk', 303);
      } catch (error) {
        return show(request, reply.code(422), pages.faultOf(request, error));
      }
    },
  );
  app.post('/desk/check', { config: needs, schema: { ...hidden, body: Check } }, async (request, reply) => {
    const t = pages.translatorOf(request);
    const ctx = pages.contextOf(request);
    let fault: PageFault | null = null;
    try {
      const { answer } = await checkIdentity(ctx, request.body);
      if (answer === 'not-on-record') fault = { code: answer, message: t('desk.not-on-record'), fields: {} };
    } catch (error) {
      fault = pages.faultOf(request, error);
    }
    if (request.headers['hx-request'] !== 'true') return show(request, reply, fault);
    const work = await viewWork(ctx);
    const verification = work?.verification ?? (await verificationOf(ctx, null, []));
    return pages.fragment(request, reply, 'desk/verification', {
      verification: verificationLines(t, verification),
      fault,
    });
  });
}

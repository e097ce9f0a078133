import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Translate } from '../../kernel/translate.ts';
import { Id, type Api } from '../../kit/http/api.ts';
import type { PageFault, Pages } from '../../kit/page/page.ts';
import { watchOf } from '../desk/watch.ts';
import { callAgentBack, setBreakLimits, showBreakLimits, signAgentOut } from '../desk/agent-session.command.ts';
import { viewFloor, type FloorView } from './floor.command.ts';
import { endSupervision, handOverWriteUp, superviseAgent, supervisionWays, viewAgent } from './supervise.command.ts';

const hidden = { hide: true };

const stateWord = (t: Translate, { state, reason }: { state: string; reason: string | null }): string =>
  reason === null ? t(`agent.state-${state}`) : t(`agent.reason-${reason}`);

function boardOf(t: Translate, view: FloorView) {
  const { today } = view;
  return {
    at: view.at,
    calls: view.calls,
    today,
    working: view.agents.length,
    states: view.states.map(({ state, count }) => ({ state, count, word: t(`agent.state-${state}`) })),
    agents: view.agents.map((each) => ({ ...each, word: stateWord(t, each), watch: watchOf(each.seconds) })),
    lists: view.lists.map((each) => ({
      ...each,
      total: each.waiting + each.held + each.ended,
      modeWord: t(`floor.mode-${each.mode}`),
      stateWord: t(`floor.list-${each.state}`),
      capPercent: each.cap * 100,
      paced: each.mode !== 'preview',
    })),
    atRisk: view.atRisk.map((each) => ({
      ...each,
      watch: watchOf(each.secondsLeft),
      late: each.secondsLeft < 0,
      soon: each.secondsLeft >= 0 && each.secondsLeft < 600,
      what: t(each.promisedAt ? 'floor.promise' : 'floor.clock'),
      doing: t(`floor.task-${each.state}`),
    })),
  };
}

export function floorPages(app: Api, pages: Pages): void {
  app.get('/floor', { config: { needs: 'floor:read', page: true }, schema: hidden }, async (request, reply) => {
    const t = pages.translatorOf(request);
    const board = boardOf(t, await viewFloor(pages.contextOf(request)));
    if (request.headers['hx-request'] === 'true') return pages.fragment(request, reply, 'floor/board', board);
    return pages.page(request, reply, 'floor/show', {
      title: t('floor.title'),
      nav: 'floor',
      styles: ['agent-state.css', 'floor.css'],
      scripts: ['floor.js'],
      ...board,
    });
  });
  agentPages(app, pages);
  breakPages(app, pages);
}

const Supervise = z.object({ how: z.enum(supervisionWays), extension: z.string().max(80).default('') });
const HandOver = z.object({ toStaffId: z.string().max(40).default('') });

function agentPages(app: Api, pages: Pages): void {
  const show = async (request: FastifyRequest, reply: FastifyReply, staffId: string, fault: PageFault | null) => {
    const t = pages.translatorOf(request);
    const ctx = pages.contextOf(request);
    const [agent, { agents }] = await Promise.all([viewAgent(ctx, { staffId }), viewFloor(ctx)]);
    const seconds = (ctx.now().getTime() - agent.since.getTime()) / 1_000;
    return pages.page(request, reply, 'floor/agent', {
      title: agent.name,
      nav: 'floor',
      crumbs: [{ href: '/floor', label: t('floor.title') }],
      styles: ['agent-state.css', 'floor.css'],
      agent,
      word: stateWord(t, agent),
      watch: watchOf(seconds),
      colleagues: agents
        .filter((each) => each.staffId !== staffId)
        .map((each) => ({ staffId: each.staffId, name: each.name, word: stateWord(t, each) })),
      ways: supervisionWays.map((how) => ({ how, label: t(`floor.how-${how}`), hint: t(`floor.how-${how}-hint`) })),
      listening: agent.listening && {
        ...agent.listening,
        word: t('floor.listening', { how: agent.listening.how, state: agent.listening.state }),
      },
      fault,
    });
  };
  app.get(
    '/floor/agents/:id',
    { config: { needs: 'floor:read', page: true }, schema: { ...hidden, params: Id } },
    (request, reply) => show(request, reply, request.params.id, null),
  );
  const act = <Body extends z.ZodType>(
    name: string,
    body: Body,
    done: string,
    work: (request: FastifyRequest, staffId: string, body: z.output<Body>) => Promise<unknown>,
  ) =>
    app.post(
      `/floor/agents/:id/${name}`,
      { config: { needs: 'floor:manage', page: true }, schema: { ...hidden, params: Id, body } },
      async (request, reply) => {
        const { id } = request.params;
        try {
          await work(request, id, request.body as z.output<Body>);
          return pages.done(request, reply, `/floor/agents/${id}`, done);
        } catch (error) {
          return show(request, reply.code(422), id, pages.faultOf(request, error));
        }
      },
    );
  const nothing = z.object({}).nullish();
  act('sign-out', nothing, 'floor.signed-out', (request, staffId) =>
    signAgentOut(pages.contextOf(request), { staffId }),
  );
  act('call-back', nothing, 'floor.called-back', (request, staffId) =>
    callAgentBack(pages.contextOf(request), { staffId }),
  );
  act('supervise', Supervise, 'floor.supervising', (request, staffId, body) =>
    superviseAgent(pages.contextOf(request), { staffId, ...body }),
  );
  act('leave', nothing, 'floor.left-call', (request) => endSupervision(pages.contextOf(request)));
  const WriteUp = HandOver.extend({ taskId: z.string().max(40).default('') });
  act('hand-over', WriteUp, 'floor.handed-over', (request, _staffId, { taskId, toStaffId }) =>
    handOverWriteUp(pages.contextOf(request), { taskId, toStaffId }),
  );
}

const Breaks = z.object({
  minutes: z.string().max(4).default(''),
  places: z.string().max(5).default(''),
  placesOf: z.string().max(4_000).default(''),
});

function breakPages(app: Api, pages: Pages): void {
  const show = async (
    request: FastifyRequest,
    reply: FastifyReply,
    typed: z.output<typeof Breaks> | null,
    fault: PageFault | null,
  ) => {
    const t = pages.translatorOf(request);
    const limits = await showBreakLimits(pages.contextOf(request));
    const form = typed ?? {
      minutes: String(limits.minutes),
      places: String(limits.places),
      placesOf: Object.entries(limits.placesOf)
        .map(([unit, places]) => `${unit} ${places}`)
        .join('\n'),
    };
    return pages.page(request, reply, 'floor/breaks', {
      title: t('floor.breaks'),
      nav: 'floor',
      crumbs: [{ href: '/floor', label: t('floor.title') }],
      form,
      fault,
    });
  };
  app.get('/floor/breaks', { config: { needs: 'floor:read', page: true }, schema: hidden }, (request, reply) =>
    show(request, reply, null, null),
  );
  app.post(
    '/floor/breaks',
    { config: { needs: 'floor:manage', page: true }, schema: { ...hidden, body: Breaks } },
    async (request, reply) => {
      const { minutes, places, placesOf } = request.body;
      try {
        await setBreakLimits(pages.contextOf(request), {
          minutes: Number(minutes || Number.NaN),
          places: Number(places || Number.NaN),
          placesOf: readPlaces(placesOf),
        });
        return pages.done(request, reply, '/floor/breaks', 'floor.breaks-set');
      } catch (error) {
        return show(request, reply.code(422), request.body, pages.faultOf(request, error));
      }
    },
  );
}

/** One unit a line, its places last. */
const readPlaces = (text: string): Record<string, number> =>
  Object.fromEntries(
    text
      .split('\n')
      .map((line) => /^(.*\S)[\s:：]+(\d+)$/.exec(line.trim()))
      .flatMap((found) => (found ? [[found[1] ?? '', Number(found[2])] as const] : [])),
  );

import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { AppError } from '../../kernel/app-error.rule.ts';
import type { Translate } from '../../kernel/translate.ts';
import type { Api } from '../../kit/http/api.ts';
import { formatDateTime } from '../../kit/page/format.ts';
import type { PageFault, Pages } from '../../kit/page/page.ts';
import { taskKinds } from '../kind.rule.ts';
import type { Why } from '../priority.rule.ts';
import { showScript, browseScripts } from '../script/view.command.ts';
import { taskStates } from '../task.rule.ts';
import { callModes } from './callable.db.ts';
import { fillList } from './case.command.ts';
import { cloneList, createList } from './list.command.ts';
import { closeList, openList, pauseList } from './state.command.ts';
import { browseLists, browseTasks, listCallers, showList, type TaskView } from './view.command.ts';

const hidden = { hide: true };
const Which = z.object({ list: z.string().max(60) });
const text = z.string().max(200).default('');
const Form = z.object({ name: text, kind: text, mode: text, script: text, caller: text });
const Before = z.object({ before: z.uuid().optional() });

/** Why a task is called now, or when it may be. */
function sayWhy(why: Why, t: Translate): string {
  switch (why.code) {
    case 'promised':
      return t('call-list.why.promised', { at: formatDateTime(why.promisedAt) });
    case 'clock-broken':
      return t('call-list.why.clock-broken', { at: formatDateTime(why.dueAt) });
    case 'clock-soon':
      return t('call-list.why.clock-soon', { minutes: why.leftMinutes });
    case 'in-turn':
      return t('call-list.why.in-turn', { at: formatDateTime(why.since) });
    case 'not-yet':
      return t('call-list.why.not-yet', { at: formatDateTime(why.until) });
    case 'promised-by-another':
      return t('call-list.why.promised-by-another', { at: formatDateTime(why.until) });
  }
}

const taskRow = (task: TaskView, t: Translate) => ({
  ...task,
  who: task.name ?? t('call-list.nameless'),
  say: task.state === 'waiting' ? sayWhy(task.why, t) : '',
  because: task.stateReason === null ? '' : t(`call-list.because.${task.stateReason}`),
});

const unreadable = (): AppError =>
  new AppError(
    'invalid',
    'call-list.incomplete',
    'Give a name, and choose the kind, the dialling, the script and the caller number.',
  );

const option = (value: string, label: string, chosen: string) => ({ value, label, on: value === chosen });

export function callListPages(app: Api, pages: Pages): void {
  const list = async (
    request: FastifyRequest,
    reply: FastifyReply,
    { before, form, fault }: { before?: string | undefined; form: z.output<typeof Form>; fault: PageFault | null },
  ) => {
    const ctx = pages.contextOf(request);
    const t = pages.translatorOf(request);
    const { rows, next } = await browseLists(ctx, { before });
    const signed = (await browseScripts(ctx, { state: 'signed' })).rows;
    const callers = await listCallers(ctx);
    return pages.page(request, reply, 'call-list/list', {
      title: t('call-list.title'),
      nav: 'call-lists',
      rows,
      next: next && `/call-lists?before=${next}`,
      first: before === undefined ? null : '/call-lists',
      callers: signed.length === 0 ? [] : callers,
      choices: [
        {
          field: 'kind',
          label: t('call-list.kind'),
          options: taskKinds.map((id) => option(id, t(`call-list.kind.${id}`), form.kind)),
        },
        {
          field: 'mode',
          label: t('call-list.mode'),
          options: callModes.map((id) => option(id, t(`call-list.mode.${id}`), form.mode)),
        },
        {
          field: 'script',
          label: t('call-list.script'),
          options: signed.map((each) => option(each.number, `${each.name} ${each.number}`, form.script)),
        },
        {
          field: 'caller',
          label: t('call-list.caller'),
          options: callers.map(({ id, name, callerNumber }) =>
            option(`${id} ${callerNumber}`, `${callerNumber} (${name})`, form.caller),
          ),
        },
      ],
      form,
      fault,
    });
  };
  app.get(
    '/call-lists',
    { config: { needs: 'call-list:read', page: true }, schema: { ...hidden, querystring: Before } },
    (request, reply) => list(request, reply, { before: request.query.before, form: Form.parse({}), fault: null }),
  );
  app.post(
    '/call-lists',
    { config: { needs: 'call-list:write', page: true }, schema: { ...hidden, body: Form } },
    async (request, reply) => {
      const { caller, ...rest } = request.body;
      const [accountId = '', callerNumber = ''] = caller.split(' ');
      try {
        const { number } = await createList(pages.contextOf(request), { ...rest, accountId, callerNumber } as never);
        return pages.done(request, reply, `/call-lists/${number}`, 'call-list.made', { number });
      } catch (error) {
        const fault = pages.faultOf(request, error instanceof z.ZodError ? unreadable() : error);
        return list(request, reply.code(422), { form: request.body, fault });
      }
    },
  );
  onePages(app, pages);
}

function onePages(app: Api, pages: Pages): void {
  const Query = Before.extend({ state: z.enum(taskStates).optional() });
  const show = async (
    request: FastifyRequest,
    reply: FastifyReply,
    which: string,
    { before, state, fault }: z.output<typeof Query> & { fault: PageFault | null },
  ) => {
    const ctx = pages.contextOf(request);
    const t = pages.translatorOf(request);
    const view = await showList(ctx, which);
    const { script } = await showScript(ctx, view.scriptId);
    const { rows, next } = await browseTasks(ctx, { list: view.id, state, before, limit: 50 });
    const here = `/call-lists/${view.number}`;
    const runs = ctx.staff.roles.some((role) => role === 'operator' || role === 'supervisor');
    const code = typeof view.stateReason?.['code'] === 'string' ? view.stateReason['code'] : null;
    const idle = view.state === 'draft' || view.state === 'paused';
    return pages.page(request, reply, 'call-list/show', {
      title: view.name,
      nav: 'call-lists',
      crumbs: [{ href: '/call-lists', label: t('call-list.title') }],
      list: view,
      why:
        view.state === 'paused' && code !== null
          ? t(`error.${code}`, { promises: Number(view.stateReason?.['promises'] ?? 0) })
          : '',
      scriptNumber: script.number,
      ledger: taskStates.map((each) => ({ state: each, count: view.counts[each] })),
      can: {
        open: runs && idle,
        openAs: view.state === 'paused' ? 'call-list.resume' : 'call-list.open',
        pause: runs && view.state === 'open',
        close: runs && view.state !== 'closed',
        fill: runs && view.state !== 'closed' && view.source !== null,
        clone: runs,
      },
      tabs: [undefined, ...taskStates].map((each) => ({
        href: each === undefined ? here : `${here}?state=${each}`,
        label: each === undefined ? t('call-list.all') : t(`call-list.task.${each}`),
        current: each === state,
      })),
      tasks: rows.map((row) => taskRow(row, t)),
      next: next && `${here}?before=${next}${state === undefined ? '' : `&state=${state}`}`,
      first: before === undefined ? null : here,
      fault,
    });
  };
  app.get(
    '/call-lists/:list',
    { config: { needs: 'call-list:read', page: true }, schema: { ...hidden, params: Which, querystring: Query } },
    (request, reply) => show(request, reply, request.params.list, { ...request.query, fault: null }),
  );
  const acts = {
    open: async (ctx: ReturnType<Pages['contextOf']>, which: string) => openList(ctx, { list: which }),
    pause: async (ctx: ReturnType<Pages['contextOf']>, which: string, body: { reason?: string | undefined }) =>
      pauseList(ctx, { list: which, reason: body.reason }),
    close: async (ctx: ReturnType<Pages['contextOf']>, which: string, body: { dropPromises?: string | undefined }) =>
      closeList(ctx, { list: which, dropPromises: body.dropPromises === 'yes' }),
    fill: async (ctx: ReturnType<Pages['contextOf']>, which: string) => fillList(ctx, { list: which }),
  };
  const Body = z
    .object({ reason: z.string().max(500).optional(), dropPromises: z.string().max(10).optional() })
    .nullish();
  for (const act of ['open', 'pause', 'close', 'fill'] as const)
    app.post(
      `/call-lists/:list/${act}`,
      {
        config: {
          needs: act === 'fill' ? 'call-list:write' : 'call-list:run',
          page: true,
          ...(act === 'pause' && { stops: true }),
        },
        schema: { ...hidden, params: Which, body: Body },
      },
      async (request, reply) => {
        const which = request.params.list;
        try {
          await acts[act](pages.contextOf(request), which, request.body ?? {});
          return pages.done(request, reply, `/call-lists/${encodeURIComponent(which)}`, `call-list.did.${act}`);
        } catch (error) {
          return show(request, reply.code(422), which, { fault: pages.faultOf(request, error) });
        }
      },
    );
  app.post(
    '/call-lists/:list/clone',
    { config: { needs: 'call-list:write', page: true }, schema: { ...hidden, params: Which } },
    async (request, reply) => {
      const { number } = await cloneList(pages.contextOf(request), { list: request.params.list });
      return pages.done(request, reply, `/call-lists/${number}`, 'call-list.made', { number });
    },
  );
}

import { z } from 'zod';
import { asPage, Id, Nothing, pageOf, PageQuery, refusals, type Api, type RouteDeps } from '../../kit/http/api.ts';
import { contactPurposes } from '../../kernel/reach.rule.ts';
import { taskKinds } from '../kind.rule.ts';
import { results, taskStates } from '../task.rule.ts';
import { callModes } from './callable.db.ts';
import { addCasesTo, CaseInput, fillList } from './case.command.ts';
import { changeList, cloneList, createList, NewListInput } from './list.command.ts';
import { ListSource } from './list.db.ts';
import { closeList, openList, pauseList } from './state.command.ts';
import { listStates } from './state.rule.ts';
import { browseLists, browseTasks, showList, type ListView, type TaskView } from './view.command.ts';

const CallList = z
  .object({
    id: z.uuid(),
    number: z.string(),
    name: z.string(),
    unit: z.string(),
    kind: z.enum(taskKinds),
    purpose: z.enum(contactPurposes),
    state: z.enum(listStates),
    stateReason: z.record(z.string(), z.unknown()).nullable(),
    mode: z.enum(callModes),
    scriptId: z.uuid(),
    accountId: z.uuid(),
    callerNumber: z.string(),
    source: ListSource.nullable(),
    opensAt: z.date().nullable(),
    closesAt: z.date().nullable(),
    createdAt: z.date(),
    openedAt: z.date().nullable(),
    closedAt: z.date().nullable(),
    given: z.int().describe('Tasks that the list was ever given; the counts add up to it.'),
    counts: z.record(z.enum(taskStates), z.int()),
  })
  .meta({ id: 'CallList' });
const shown = (list: ListView) => CallList.parse(list);

const Task = z
  .object({
    id: z.uuid(),
    customerId: z.uuid(),
    phone: z.string().describe('Masked.'),
    kind: z.enum(taskKinds),
    reason: z.string(),
    state: z.enum(taskStates),
    stateReason: z.string().nullable(),
    promisedAt: z.date().nullable(),
    dueAt: z.date().nullable(),
    notBefore: z.date(),
    agent: z.string().nullable(),
    attempts: z.int(),
    lastDisposition: z.string().nullable(),
    result: z.enum(results).nullable(),
    why: z.looseObject({ code: z.string() }).describe('Why it is called now, or when it may be.'),
  })
  .meta({ id: 'CallTask' });
const shownTask = (task: TaskView) => Task.parse(task);

const Which = z.object({ list: z.string().max(60).describe('Its id or its number, `CL-20261128-0001`.') });
const Made = Id.extend({ number: z.string() });
const Added = z.object({
  items: z.array(
    z.union([
      z.object({ place: z.int(), taskId: z.uuid(), added: z.boolean() }),
      z.object({ place: z.int(), fault: z.string(), field: z.string() }),
    ]),
  ),
});
const tags = ['call lists'];

export function callListRoutes(app: Api, { contextOf }: RouteDeps): void {
  app.get(
    '/call-lists',
    {
      config: { needs: 'call-list:read' },
      schema: {
        tags,
        summary: 'Call lists with their ledgers, newest first',
        querystring: PageQuery.extend({ state: z.enum(listStates).optional() }),
        response: { 200: pageOf(CallList), ...refusals },
      },
    },
    async (request) => {
      const { rows, next } = await browseLists(contextOf(request), request.query);
      return asPage({ rows: rows.map(shown), next });
    },
  );
  app.get(
    '/call-lists/:list',
    {
      config: { needs: 'call-list:read' },
      schema: { tags, summary: 'One list: state and ledger', params: Which, response: { 200: CallList, ...refusals } },
    },
    async (request) => shown(await showList(contextOf(request), request.params.list)),
  );
  app.get(
    '/call-lists/:list/tasks',
    {
      config: { needs: 'call-list:read' },
      schema: {
        tags,
        summary: 'Its tasks, newest first, each with why it is called now',
        params: Which,
        querystring: PageQuery.extend({ state: z.enum(taskStates).optional() }),
        response: { 200: pageOf(Task), ...refusals },
      },
    },
    async (request) => {
      const { rows, next } = await browseTasks(contextOf(request), { ...request.query, list: request.params.list });
      return asPage({ rows: rows.map(shownTask), next });
    },
  );
  makingRoutes(app, contextOf);
  movingRoutes(app, contextOf);
}

function makingRoutes(app: Api, contextOf: RouteDeps['contextOf']): void {
  app.post(
    '/call-lists',
    {
      config: { needs: 'call-list:write' },
      schema: {
        tags,
        summary: 'Make a list; nobody is in it yet',
        body: NewListInput,
        response: { 201: Made, ...refusals },
      },
    },
    async (request, reply) => reply.code(201).send(await createList(contextOf(request), request.body)),
  );
  app.post(
    '/call-lists/:list',
    {
      config: { needs: 'call-list:write' },
      schema: {
        tags,
        summary: 'Set a list otherwise while nobody is called from it',
        params: Which,
        body: NewListInput,
        response: { 200: Nothing, ...refusals },
      },
    },
    async (request) => {
      await changeList(contextOf(request), { ...request.body, list: request.params.list });
      return null;
    },
  );
  app.post(
    '/call-lists/:list/clone',
    {
      config: { needs: 'call-list:write' },
      schema: {
        tags,
        summary: 'A draft like it, without people and dates',
        params: Which,
        response: { 201: Made, ...refusals },
      },
    },
    async (request, reply) => reply.code(201).send(await cloneList(contextOf(request), request.params)),
  );
  app.post(
    '/call-lists/:list/fill',
    {
      config: { needs: 'call-list:write' },
      schema: {
        tags,
        summary: 'Bring it to what its filter or audience says now',
        params: Which,
        response: {
          200: z.object({ people: z.int(), added: z.int(), returned: z.int(), left: z.int(), strangers: z.int() }),
          ...refusals,
        },
      },
    },
    (request) => fillList(contextOf(request), request.params),
  );
  app.post(
    '/call-lists/:list/cases',
    {
      config: { needs: 'call-list:write' },
      schema: {
        tags,
        summary: 'Add people to be called; the same `sourceKey` again adds nobody',
        params: Which,
        body: z.object({ cases: z.array(CaseInput).min(1).max(1_000) }),
        response: { 200: Added, ...refusals },
      },
    },
    async (request) => ({
      items: await addCasesTo(contextOf(request), { list: request.params.list, cases: request.body.cases }),
    }),
  );
}

function movingRoutes(app: Api, contextOf: RouteDeps['contextOf']): void {
  app.post(
    '/call-lists/:list/open',
    {
      config: { needs: 'call-list:run' },
      schema: {
        tags,
        summary: 'Open it, or go on with a paused one',
        params: Which,
        response: { 200: Nothing, ...refusals },
      },
    },
    async (request) => {
      await openList(contextOf(request), request.params);
      return null;
    },
  );
  app.post(
    '/call-lists/:list/pause',
    {
      config: { needs: 'call-list:run', stops: true },
      schema: {
        tags,
        summary: 'Nobody new is called from it once this has answered',
        params: Which,
        body: z.looseObject({ reason: z.unknown().optional() }).nullish(),
        response: { 200: z.object({ live: z.int().describe('Calls that go on.') }), ...refusals },
      },
    },
    (request) => pauseList(contextOf(request), { list: request.params.list, reason: request.body?.reason }),
  );
  app.post(
    '/call-lists/:list/close',
    {
      config: { needs: 'call-list:run' },
      schema: {
        tags,
        summary: 'End it for good; whoever waits is removed',
        params: Which,
        body: z.object({ dropPromises: z.boolean().default(false) }).nullish(),
        response: { 200: z.object({ removed: z.int() }), ...refusals },
      },
    },
    (request) =>
      closeList(contextOf(request), {
        list: request.params.list,
        dropPromises: request.body?.dropPromises ?? false,
      }),
  );
}

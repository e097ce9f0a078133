import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import { z } from 'zod';
import { FaultSchema } from './faults.ts';
import { parsePhone } from './phone.ts';
import { parseScenario, patchScenario, SignatureSchema, TemplateSchema } from './scenario.ts';
import type { WitnessFilter } from './witness.ts';
import type { World } from './world.ts';

/** What an admin route works on: the decoded rest of the path, the query, and the parsed body. */
interface AdminCall {
  name: string;
  query: URLSearchParams;
  body: unknown;
}
type Answer = { status?: number; body: unknown } | { lines: Generator<string> };
type Route = (world: World, call: AdminCall) => Answer | Promise<Answer>;

const ok = (body: unknown): Answer => ({ body });
const notFound = (message: string): Answer => ({ status: 404, body: { error: message } });

const url = z.url({ protocol: /^https?$/ }).nullable();
const PushBody = z.strictObject({ reportUrl: url.optional(), replyUrl: url.optional() });
const ReplyBody = z.strictObject({ phone: z.string(), content: z.string().min(1), signName: z.string().optional() });
const HoldBody = z.strictObject({ actions: z.array(z.string()).default([]) });
const FaultsBody = z.union([FaultSchema.transform((fault) => [fault]), z.array(FaultSchema)]);

const filterOf = (query: URLSearchParams): WitnessFilter => ({
  templateCode: query.get('templateCode') ?? undefined,
  outIdPrefix: query.get('outIdPrefix') ?? undefined,
});

function summary(world: World, filter: WitnessFilter) {
  return {
    ...world.witness.counts(filter),
    calls: world.tally.read(),
    ...world.carrier.counts(),
    heldAnswers: world.gate.waiting,
  };
}

const ROUTES: Readonly<Record<string, Route>> = {
  'GET healthz': () => ok({ status: 'ok' }),

  'GET templates/': (world, { name }) => {
    const template = world.registry.list().templates.find(({ code }) => code === name);
    return template ? ok(template) : notFound('No such template.');
  },
  'PUT templates/': (world, { name, body }) => {
    world.registry.putTemplate(TemplateSchema.parse({ ...(body as object), code: name }));
    world.saveRegistry();
    return ok(world.registry.list().templates.find(({ code }) => code === name));
  },
  'GET signatures/': (world, { name }) => {
    const signature = world.registry.signature(name);
    return signature ? ok({ ...signature, destCode: world.carrier.destCode(name) }) : notFound('No such signature.');
  },
  'PUT signatures/': (world, { name, body }) => {
    world.registry.putSignature(SignatureSchema.parse({ ...(body as object), name }));
    world.saveRegistry();
    return ok({ ...world.registry.signature(name), destCode: world.carrier.destCode(name) });
  },

  'GET scenario': (world) => ok(world.scenario),
  'PUT scenario': (world, { body }) => {
    world.useScenario(parseScenario(body));
    world.saveRegistry();
    return ok(world.scenario);
  },
  'PATCH scenario': (world, { body }) => {
    const { templates, signatures } = world.scenario;
    // Only what the patch itself names is filed: a template put by hand must not fall back to the file's version.
    world.useScenario(patchScenario({ ...world.scenario, templates: [], signatures: [] }, body));
    world.saveRegistry();
    world.scenario = { ...world.scenario, templates, signatures };
    return ok(world.scenario);
  },
  'GET push': (world) => ok(world.push),
  'PUT push': (world, { body }) => {
    const { reportUrl, replyUrl } = PushBody.parse(body);
    if (reportUrl !== undefined) world.push.reportUrl = reportUrl;
    if (replyUrl !== undefined) world.push.replyUrl = replyUrl;
    return ok(world.push);
  },
  'POST reset': async (world) => {
    await world.reset();
    return ok({ reset: true });
  },

  'POST replies': (world, { body }) => {
    const { phone, content, signName } = ReplyBody.parse(body);
    const number = parsePhone(phone, false) ?? parsePhone(phone, true);
    const sequence = number === null ? null : world.carrier.reply(number, content, signName);
    return sequence === null
      ? { status: 409, body: { error: 'This customer has received nothing to reply to; name a signName.' } }
      : ok({ sequenceId: String(sequence) });
  },

  'GET faults': (world) => ok(world.faults.list()),
  'POST faults': (world, { body }) => {
    for (const fault of FaultsBody.parse(body)) world.faults.add(fault);
    return ok(world.faults.list());
  },
  'DELETE faults': (world) => {
    world.faults.clear();
    return ok([]);
  },
  'POST hold': (world, { body }) => {
    world.gate.hold(HoldBody.parse(body ?? {}).actions);
    return ok({ holding: true });
  },
  'POST release': (world) => ok({ released: world.gate.release() }),

  'GET state': (world) => {
    const { templates, signatures } = world.registry.list();
    return ok({
      ...summary(world, {}),
      holding: world.gate.holding,
      faults: world.faults.list(),
      billedSegments: world.carrier.billedSegments(),
      templates: templates.map(({ code, type, state }) => ({ code, type, state })),
      signatures,
      push: world.push,
      scenario: { ...world.scenario, templates: undefined, signatures: undefined },
    });
  },
  'GET witness': (world, { query }) => {
    const phone = query.get('phone');
    const outId = query.get('outId');
    if (outId !== null) return ok(world.witness.byOutId(outId));
    // A plus in a query arrives as a space.
    const text = phone?.replace(/^ /, '+') ?? '';
    const number = parsePhone(text, false) ?? parsePhone(text, true);
    return number === null
      ? { status: 400, body: { error: 'Ask with ?phone= or ?outId=.' } }
      : ok(world.witness.byPhone(number));
  },
  'GET witness/summary': (world, { query }) => ok(summary(world, filterOf(query))),
  'GET witness/accepted.ndjson': (world, { query }) => ({ lines: world.witness.lines(filterOf(query)) }),
};

/** Answers one call of the admin API under `/sandbox/`. Errors name the field, never its value. */
export async function handleAdmin(world: World, request: IncomingMessage, response: ServerResponse, body: Buffer) {
  try {
    const result = await dispatch(world, request, body);
    if ('body' in result) return send(response, result.status ?? 200, result.body);
    response.writeHead(200, { 'content-type': 'application/x-ndjson' });
    await pipeline(Readable.from(result.lines), response);
    return undefined;
  } catch (error) {
    if (response.headersSent) return response.destroy();
    if (error instanceof z.ZodError) return send(response, 400, { error: z.prettifyError(error) });
    if (error instanceof SyntaxError || error instanceof URIError) {
      return send(response, 400, { error: 'The body must be JSON and the path well escaped.' });
    }
    const message = error instanceof Error ? error.message : 'Unknown fault.';
    return send(response, message.startsWith('The scenario') ? 400 : 500, { error: message });
  }
}

function dispatch(world: World, request: IncomingMessage, body: Buffer): Answer | Promise<Answer> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://sandbox.invalid');
  const path = pathname.slice('/sandbox/'.length);
  const slash = path.indexOf('/') + 1;
  const exact = ROUTES[`${request.method} ${path}`];
  const route =
    exact ?? (slash > 0 && slash < path.length ? ROUTES[`${request.method} ${path.slice(0, slash)}`] : undefined);
  if (!route) return notFound('No such admin address; see docs/sandbox.md.');
  const name = exact ? '' : decodeURIComponent(path.slice(slash));
  return route(world, {
    name,
    query: searchParams,
    body: body.length > 0 ? JSON.parse(body.toString('utf8')) : undefined,
  });
}

function send(response: ServerResponse, status: number, body: unknown) {
  response.writeHead(status, { 'content-type': 'application/json;charset=utf-8' });
  response.end(`${JSON.stringify(body)}\n`);
}

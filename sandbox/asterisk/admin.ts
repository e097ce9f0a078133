import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import type { WebSocket } from 'ws';
import { z } from 'zod';
import { AriFault, type AriFaults } from './faults.ts';
import type { Switch } from './switch.ts';
import { CallScenario, CustomerScript, PhoneScript } from './scenario.ts';

const OfChannel = z.strictObject({ channelId: z.string() });
const Key = OfChannel.extend({ digit: z.string().regex(/^[\d*#]$/) });
const Sockets = z.strictObject({ action: z.enum(['drop', 'close', 'freeze', 'thaw']) });

type Answer = { status: number; body: unknown };
const ok = (body: unknown): Answer => ({ status: 200, body });
const missing: Answer = { status: 404, body: { error: 'No such call, or no such address.' } };

/** What tests and demos ask of the PBX behind its back: its witness, its people, its accidents. */
export function adminOfCalls(pbx: Switch, faults: AriFaults, clients: () => Iterable<WebSocket>) {
  function sockets(action: z.infer<typeof Sockets>['action']): Answer {
    if (action === 'freeze' || action === 'thaw') faults.freezeSockets(action === 'freeze');
    else
      for (const socket of clients())
        if (action === 'drop') socket.terminate();
        else socket.close(1_001);
    return ok({ action });
  }

  function put(noun: string, name: string, body: unknown): Answer {
    const { scenario } = pbx;
    if (noun === 'scenario' && name === '') pbx.scenario = CallScenario.parse(body);
    else if (noun === 'customers' && name !== '')
      pbx.scenario = { ...scenario, customers: { ...scenario.customers, [name]: CustomerScript.parse(body) } };
    else if (noun === 'phones' && name !== '')
      pbx.scenario = { ...scenario, extensions: { ...scenario.extensions, [name]: PhoneScript.parse(body) } };
    else return missing;
    return ok({ put: true });
  }

  function post(noun: string, body: unknown): Answer {
    if (noun === 'faults') faults.add(AriFault.parse(body));
    else if (noun === 'sockets') return sockets(Sockets.parse(body).action);
    else if (noun === 'restart') pbx.restart();
    else if (noun === 'reset') {
      pbx.restart();
      faults.clear();
      pbx.witness.clear();
    } else if (noun === 'hang-up' || noun === 'press') {
      const channel = pbx.channels.get((noun === 'press' ? Key : OfChannel).parse(body).channelId);
      if (!channel) return missing;
      if (noun === 'press') pbx.press(channel, Key.parse(body).digit);
      else pbx.hangUpByFar(channel);
    } else return missing;
    return ok({ done: true });
  }

  function get(noun: string, query: URLSearchParams): Answer {
    if (noun === '')
      return ok({ ...pbx.witness.summary(), missedEvents: pbx.apps.missed(), bridges: pbx.bridges.list().length });
    if (noun === 'scenario') return ok(pbx.scenario);
    if (noun !== 'of') return missing;
    const id = query.get('channelId');
    // A plus in a query arrives as a space.
    const number = query.get('number')?.replace(/^ /, '+') ?? '';
    return ok(id === null ? pbx.witness.ofNumber(number) : pbx.witness.ofChannel(id));
  }

  return (request: IncomingMessage, response: ServerResponse, url: URL, body: Buffer): void => {
    const [noun = '', name = ''] = url.pathname
      .slice('/sandbox/calls'.length)
      .split('/')
      .filter(Boolean)
      .map(decodeURIComponent);
    if (request.method === 'GET' && noun === 'originates.ndjson') {
      response.writeHead(200, { 'content-type': 'application/x-ndjson' });
      Readable.from(pbx.witness.all().map((call) => `${JSON.stringify(call)}\n`)).pipe(response);
      return;
    }
    let answer: Answer;
    try {
      const read: unknown = body.length > 0 ? JSON.parse(body.toString('utf8')) : {};
      if (request.method === 'GET') answer = get(noun, url.searchParams);
      else if (request.method === 'PUT') answer = put(noun, name, read);
      else answer = request.method === 'POST' ? post(noun, read) : missing;
    } catch (error) {
      const message = error instanceof z.ZodError ? z.prettifyError(error) : 'The body must be JSON.';
      answer = { status: 400, body: { error: message } };
    }
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(`${JSON.stringify(answer.body)}\n`);
  };
}

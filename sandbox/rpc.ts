import type { IncomingMessage, ServerResponse } from 'node:http';
import { decodeQuery } from './acs3.ts';
import { createSmsSign, createSmsTemplate, querySmsSignList, querySmsTemplateList } from './apply.ts';
import { answer, gatewayAnswer, messageOf, type ApiAnswer } from './codes.ts';
import { delayFor, draw, pick } from './draw.ts';
import type { Fault } from './faults.ts';
import { getSmsSign, getSmsTemplate, querySendDetails, querySendStatistics } from './query.ts';
import type { WIRE_FAULTS } from './scenario.ts';
import { sendBatchSms, sendSms } from './send.ts';
import { writeAnswer, type Manner } from './wire.ts';
import type { World } from './world.ts';

type WireFault = (typeof WIRE_FAULTS)[number];
type Action = (world: World, fields: ReadonlyMap<string, string>) => ApiAnswer;

const ACTIONS: Readonly<Record<string, Action>> = {
  SendSms: sendSms,
  SendBatchSms: sendBatchSms,
  QuerySendDetails: querySendDetails,
  QuerySendStatistics: querySendStatistics,
  GetSmsTemplate: getSmsTemplate,
  GetSmsSign: getSmsSign,
  CreateSmsTemplate: createSmsTemplate,
  CreateSmsSign: createSmsSign,
  QuerySmsTemplateList: querySmsTemplateList,
  QuerySmsSignList: querySmsSignList,
};

const MANNERS: Readonly<Record<WireFault, { accept: boolean; manner: Manner }>> = {
  'accept-then-timeout': { accept: true, manner: 'timeout' },
  'accept-then-reset': { accept: true, manner: 'reset' },
  'reset-before-accept': { accept: false, manner: 'reset' },
  'html-502-after-accept': { accept: true, manner: 'html-502' },
  'html-502-before-accept': { accept: false, manner: 'html-502' },
  'empty-200-after-accept': { accept: true, manner: 'empty-200' },
};

const UNHEARD: ApiAnswer = { status: 500, code: '(none)', message: '' };

/** Answers one call of the Dysms RPC API. */
export function handleRpc(world: World, request: IncomingMessage, response: ServerResponse, body: Buffer) {
  const url = request.url ?? '/';
  const at = url.indexOf('?');
  const query = decodeQuery(at < 0 ? '' : url.slice(at + 1));
  const action = String(request.headers['x-acs-action'] ?? '');
  const refusal = refuse(world, request, at < 0 ? url : url.slice(0, at), query, body);
  if (query === null || refusal) {
    return write(world, response, action, refusal ?? answer('isv.INVALID_PARAMETERS'), 'normal');
  }
  const fields = body.length > 0 ? withForm(query, body) : query;
  const { reply, manner } = play(world, action, fields);
  return write(world, response, action, reply, manner, fields);
}

function refuse(
  { signatureCheck, now }: World,
  request: IncomingMessage,
  path: string,
  query: ReadonlyMap<string, string> | null,
  body: Buffer,
): ApiAnswer | null {
  const { method = '', headers } = request;
  if (query === null || path !== '/') {
    return gatewayAnswer({ status: 400, code: 'InvalidParameter', message: 'The request address is not well formed.' });
  }
  const unsigned = signatureCheck({ method, path, query, headers, body }, now());
  if (unsigned) return gatewayAnswer(unsigned);
  if (headers['x-acs-version'] !== '2017-05-25') {
    return gatewayAnswer({ status: 400, code: 'InvalidVersion', message: 'Specified parameter Version is not valid.' });
  }
  if (method !== 'POST' || !Object.hasOwn(ACTIONS, String(headers['x-acs-action']))) {
    const message = 'Specified api is not found, please check your url and method.';
    return gatewayAnswer({ status: 404, code: 'InvalidAction.NotFound', message });
  }
  return null;
}

function withForm(query: ReadonlyMap<string, string>, body: Buffer): Map<string, string> {
  const fields = new Map(query);
  for (const [name, value] of new URLSearchParams(body.toString('utf8'))) fields.set(name, value);
  return fields;
}

const phonesOf = (fields: ReadonlyMap<string, string>): string[] =>
  (fields.get('PhoneNumbers') ?? fields.get('PhoneNumberJson') ?? fields.get('PhoneNumber') ?? '')
    .split(/[^\d+]+/)
    .filter(Boolean);

/** What the service does with a genuine call, and how its answer travels. */
function play(world: World, action: string, fields: ReadonlyMap<string, string>): { reply: ApiAnswer; manner: Manner } {
  const { scenario, faults, throttle, now } = world;
  const isSend = action === 'SendSms' || action === 'SendBatchSms';
  const run = () => (ACTIONS[action] ?? sendSms)(world, fields);
  const outId = fields.get('OutId') ?? '';

  if (!faults.empty) {
    const fault = faults.take({ action, phones: phonesOf(fields), outId });
    if (fault) return playFault(fault, run);
  }
  if (!isSend) return { reply: run(), manner: 'normal' };

  const { throttling, unknownOutcomes, seed } = scenario;
  if (!throttle(throttling.callsPerSecond, now())) return { reply: throttled(world), manner: 'normal' };
  if (throttling.share === 0 && unknownOutcomes.share === 0) return { reply: run(), manner: 'normal' };

  const key = `${phonesOf(fields)[0] ?? ''}|${outId}`;
  if (draw(seed, 'throttling', key) < throttling.share && firstTime(world, `throttling|${key}`)) {
    return { reply: throttled(world), manner: 'normal' };
  }
  if (draw(seed, 'unknown', key) < unknownOutcomes.share && firstTime(world, `unknown|${key}`)) {
    return playWireFault(pick(unknownOutcomes.weights, draw(seed, 'unknown-kind', key)), run);
  }
  return { reply: run(), manner: 'normal' };
}

/** A drawn fault strikes once: a draw that struck every retry of the same message would never let it through. */
function firstTime({ struck }: World, key: string): boolean {
  if (struck.has(key)) return false;
  struck.add(key);
  return true;
}

function throttled({ scenario: { throttling } }: World): ApiAnswer {
  const reply = { status: throttling.status, code: 'Throttling.User', message: messageOf('Throttling.User') };
  return throttling.retryAfter === null ? reply : { ...reply, retryAfter: throttling.retryAfter };
}

function playWireFault(fault: WireFault, run: () => ApiAnswer): { reply: ApiAnswer; manner: Manner } {
  const { accept, manner } = MANNERS[fault];
  return { reply: accept ? run() : UNHEARD, manner };
}

function playFault(fault: Fault, run: () => ApiAnswer): { reply: ApiAnswer; manner: Manner } {
  if (fault.action !== 'code' && fault.action !== 'code-after-accept') return playWireFault(fault.action, run);
  if (fault.action === 'code-after-accept') run();
  const code = fault.code ?? 'isp.SYSTEM_ERROR';
  const status = fault.status ?? (/^is[vp]\./.test(code) ? 200 : 400);
  const reply = { status, code, message: fault.message ?? messageOf(code) };
  return {
    reply: fault.retryAfter === undefined ? reply : { ...reply, retryAfter: fault.retryAfter },
    manner: 'normal',
  };
}

function write(
  world: World,
  response: ServerResponse,
  action: string,
  reply: ApiAnswer,
  manner: Manner,
  fields?: ReadonlyMap<string, string>,
) {
  const { scenario, tally, gate } = world;
  tally.count(Object.hasOwn(ACTIONS, action) ? action : '(unknown)', reply.code, manner);
  const put = () => gate.pass(action, () => writeAnswer(response, reply, manner, scenario.timeoutHoldMs));
  const u =
    typeof scenario.latencyMs === 'number'
      ? 0
      : draw(scenario.seed, 'latency', phonesOf(fields ?? new Map())[0] ?? '', fields?.get('OutId') ?? '');
  const latency = delayFor(scenario.latencyMs, u);
  const afterLatency = () => {
    if (latency > 0) setTimeout(put, latency);
    else put();
  };
  if (reply.ready) void reply.ready.then(afterLatency);
  else afterLatency();
}

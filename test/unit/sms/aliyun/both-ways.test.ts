import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { createAliyunGateway } from '../../../../src/sms/aliyun/aliyun.ts';
import { callOptions, clientConfig } from '../../../../src/sms/aliyun/client.ts';
import { dysms } from '../../../../src/sms/aliyun/sdk.ts';
import { LeanClient } from '../../../../src/sms/aliyun/call.ts';
import type { SmsGateway, TemplateApplication } from '../../../../src/sms/gateway.ts';
import { json, startCannedServer } from './canned-server.ts';
import type { Canned, CannedServer, Seen } from './canned-server.ts';
import { phoneAt, recipient, requestOf } from '../gateway-contract.ts';

// One nonce and one second for both, so that even the signatures must be equal.
vi.mock('node:crypto', async (original) => ({
  ...(await original<typeof import('node:crypto')>()),
  randomUUID: () => '0199f7a0-0000-4000-8000-00000000beef',
}));

let server: CannedServer;
let ours: SmsGateway;
let sdks: SmsGateway;
beforeAll(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-11-30T02:20:30.400Z') });
  server = await startCannedServer();
  const credentials = { accessKeyId: 'test-id', accessKeySecret: 'test-secret' };
  const settings = { endpoint: server.endpoint, protocol: 'http' as const, credentials, timeoutMs: 1_000 };
  ours = createAliyunGateway(settings);
  sdks = createAliyunGateway(settings, undefined, new dysms.default(clientConfig(settings)));
});
beforeEach(() => server.answer(json({ Code: 'OK', BizId: '9006195^0' })));
afterAll(async () => {
  vi.useRealTimers();
  await server.stop();
});

const application: TemplateApplication = {
  name: '到期提醒',
  kind: 'notice',
  content: "${name}您好，it's (a) *test*!",
  signName: '外呼示例',
  variables: [{ name: 'name', type: 'name' }],
  remark: '示例：【外呼示例】张三您好。',
};
const awkward = '!\'()*~+ &=%\n"\\/?#😀';
const many = Array.from({ length: 100 }, (_, i) => recipient(phoneAt(i), { name: `${awkward}${i}` }));

const submit = (gateway: SmsGateway) => gateway.submit(requestOf());

const calls: [string, (gateway: SmsGateway) => Promise<unknown>][] = [
  ['SendSms to one', submit],
  ['SendSms with awkward characters', (gateway) => gateway.submit(requestOf(recipient(phoneAt(1), { name: awkward })))],
  ['SendSms without variables', (gateway) => gateway.submit(requestOf(recipient(phoneAt(1), {})))],
  [
    'SendSms to a thousand',
    (gateway) => gateway.submit(requestOf(...Array.from({ length: 1_000 }, (_, i) => recipient(phoneAt(i))))),
  ],
  ['SendBatchSms to a hundred', (gateway) => gateway.submit(requestOf(...many))],
  ['QuerySendDetails', (gateway) => gateway.find({ outId: 'o-1', phone: '+8613800138000', day: '20261130' })],
  ['GetSmsTemplate', (gateway) => gateway.findTemplate('SMS_1')],
  ['GetSmsSign', (gateway) => gateway.findSignature('外呼 示例')],
  ['QuerySmsTemplateList', (gateway) => gateway.listTemplates()],
  ['QuerySmsSignList', (gateway) => gateway.listSignatures()],
  ['CreateSmsTemplate', (gateway) => gateway.applyTemplate(application)],
  ['CreateSmsSign', (gateway) => gateway.applySignature({ name: '外呼', qualificationId: 12, remark: awkward })],
];

/** What differs lawfully: how the length of a body is told, and whether the client says that it keeps the connection. */
const framing = new Set(['content-length', 'transfer-encoding', 'connection']);
const bytes = ({ method, url, headers, body }: Seen) => ({
  method,
  url,
  body,
  headers: Object.fromEntries(Object.entries(headers).filter(([name]) => !framing.has(name))),
});

/** What a call did before the gateway, and what came of it. */
async function watch(gateway: SmsGateway, call: (gateway: SmsGateway) => Promise<unknown>, answer: Canned) {
  server.answer(answer);
  const outcome = await call(gateway).catch((error: unknown) => {
    const { name, kind, code, details } = error as Record<string, unknown>;
    return { thrown: { name, kind, code, details } };
  });
  return { seen: server.seen.map(bytes), outcome };
}

describe('our way to the wire and the SDK’s', () => {
  test.each(calls)('put the same bytes before the gateway: %s', async (_, call) => {
    const answer = json({ Code: 'OK', Message: 'OK', BizId: '9006195^0', TotalCount: '0' });
    const old = await watch(sdks, call, answer);
    expect(await watch(ours, call, answer)).toEqual(old);
    expect(old.seen[0]?.headers['authorization']).toMatch(/^ACS3-HMAC-SHA256 Credential=test-id,/);
  });

  const answers: [string, Canned][] = [
    ['a refusal with HTTP 200', json({ Code: 'isv.AMOUNT_NOT_ENOUGH', Message: '余额不足' })],
    ['a refusal with HTTP 400', json({ Code: 'isv.SMS_TEMPLATE_ILLEGAL', Message: 'x' }, 400)],
    ['a refusal with small letters', json({ code: 'isv.SMS_TEMPLATE_ILLEGAL', message: 'x' }, 400)],
    ['a denial', json({ Code: 'Forbidden.RAM', Message: 'x', AccessDeniedDetail: { Policy: 'y' } }, 403)],
    ['a throttle', json({ Code: 'Throttling.User', Message: 'slow' }, 429, { 'x-acs-retry-after': '7' })],
    ['a throttle without a time', json({ Code: 'Throttling', Message: 'slow' }, 503)],
    ['a throttle with an odd time', json({ Code: 'Throttling' }, 400, { 'x-acs-retry-after': 'soon' })],
    ['a server fault', json({ Code: 'ServiceUnavailable', Message: 'x' }, 503)],
    ['an XML fault', xml(403, '<Error><Code>Forbidden</Code><Message>no</Message></Error>')],
    ['a web page', { status: 502, body: '<html>' }],
    ['an empty answer', { body: '' }],
    ['the JSON null', { status: 500, body: 'null' }],
    ['an id beyond a safe integer', { body: '{"Code":"OK","BizId":90071992547409931234}' }],
    ['a broken connection', 'reset'],
    ['half an answer', 'half'],
    ['silence', 'silence'],
  ];
  const asked: typeof calls = calls.filter(([name]) =>
    ['SendSms to one', 'SendBatchSms to a hundred', 'QuerySendDetails', 'GetSmsTemplate'].includes(name),
  );
  test.each(answers.flatMap(([what, answer]) => asked.map(([name, call]) => [what, name, answer, call] as const)))(
    'make the same of %s: %s',
    async (_what, _name, answer, call) => {
      const [old, lean] = [await watch(sdks, call, answer), await watch(ours, call, answer)];
      expect(lean).toEqual(old);
    },
  );

  test.each([
    ['a temporary key', { type: 'sts', accessKeyId: 'id', accessKeySecret: 'hush', securityToken: 'token-1' }],
    [
      'a key of a role',
      {
        type: 'ram_role_arn',
        accessKeyId: 'id',
        accessKeySecret: 'hush',
        securityToken: 'token-1',
        providerName: 'ram_role_arn',
      },
    ],
    ['a bearer token', { type: 'bearer', bearerToken: 'bearer-1', providerName: 'bearer' }],
    ['an identity token', { type: 'id_token', securityToken: 'token-1' }],
  ])('put the same bytes before the gateway with %s', async (_, model) => {
    const config = () =>
      Object.assign(clientConfig({ endpoint: server.endpoint, protocol: 'http' }), {
        credential: { getCredential: () => Promise.resolve(model) },
      });
    for (const client of [new dysms.default(config()), new LeanClient(config())]) {
      const request = new dysms.GetSmsTemplateRequest({ templateCode: 'SMS_1' });
      await client.getSmsTemplateWithOptions(request, callOptions(1_000));
    }
    const [old, lean] = server.seen.map(bytes);
    expect(lean).toEqual(old);
    expect(old).toBeDefined();
  });

  test('leave it open whether an answer that never ends was sent; ours names the time-out', async () => {
    expect((await watch(sdks, submit, 'drip')).outcome).toMatchObject({ kind: 'unknown' });
    expect((await watch(ours, submit, 'drip')).outcome).toMatchObject({ kind: 'unknown', code: 'client.timeout' });
  });
});

function xml(status: number, body: string): Canned {
  return { status, body, headers: { 'content-type': 'text/xml;charset=utf-8' } };
}

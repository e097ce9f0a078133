import { createServer, request } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { createHash, randomBytes } from 'node:crypto';
import { onTestFinished } from 'vitest';
import type { SendSmsRequest } from '@alicloud/dysmsapi20170525';
import { signatureOf } from '../../../sandbox/acs3.ts';
import type { ScenarioInput } from '../../../sandbox/scenario.ts';
import { createSandbox } from '../../../sandbox/server.ts';
import { createWorld, type SandboxOptions } from '../../../sandbox/world.ts';

// Vitest and Node disagree about the default export of a CommonJS module; `require` gives both the same.
const require = createRequire(import.meta.url);
export const dysms = require('@alicloud/dysmsapi20170525') as typeof import('@alicloud/dysmsapi20170525');
export const { $OpenApiUtil } = require('@alicloud/openapi-core') as typeof import('@alicloud/openapi-core');

export const SIGN = '外呼示例';
const TEXT = '尊敬的${name}，您的账单已出。';

/** A scenario without latency and faults, with a template of each kind; `extra` goes over it. */
export const scenario = (extra: ScenarioInput = {}): ScenarioInput => ({
  latencyMs: 0,
  receipts: { delayMs: 0 },
  push: { batchWaitMs: 10 },
  signatures: [{ name: SIGN }, { name: '另一签名' }, { name: '审核中', state: 0 }],
  templates: [
    { code: 'SMS_NOTICE', content: TEXT },
    { code: 'SMS_CODE', content: '验证码${name}', type: 'code' },
    { code: 'SMS_PROMO', content: '${name}优惠', type: 'promotion' },
    { code: 'SMS_REVIEW', content: TEXT, state: 0 },
    { code: 'SMS_FAILED', content: TEXT, state: 2 },
    { code: 'SMS_PLAIN', content: '今日休息。' },
  ],
  ...extra,
});

/** A listening sandbox that is closed after the test, with the real SDK's client pointed at it. */
export async function startSandbox(options: SandboxOptions = {}) {
  const sandbox = createSandbox({ scenario: scenario(), ...options });
  const port = await sandbox.listen();
  let closed = false;
  const close = async () => {
    if (!closed) await sandbox.close();
    closed = true;
  };
  onTestFinished(close);
  const client = new dysms.default(
    new $OpenApiUtil.Config({
      endpoint: `127.0.0.1:${port}`,
      protocol: 'http',
      accessKeyId: 'sandbox-key',
      accessKeySecret: 'sandbox-secret',
    }),
  );
  const send = (phone: string, fields: Partial<Record<keyof SendSmsRequest, string>> = {}) =>
    client.sendSms(
      new dysms.SendSmsRequest({
        phoneNumbers: phone,
        signName: SIGN,
        templateCode: 'SMS_NOTICE',
        templateParam: '{"name":"王女士"}',
        ...fields,
      }),
    );
  const admin = (method: string, path: string, body?: unknown) => callAdmin(port, method, path, body);
  return { sandbox, port, client, send, admin, close };
}

/** The fields of admin answers that tests look into one by one. */
interface AdminBody {
  receipts: Record<string, number>;
  released: number;
  heldAnswers: number;
  destCode: string;
  sequenceId: string;
}

async function callAdmin(port: number, method: string, path: string, body?: unknown) {
  const response = await fetch(`http://127.0.0.1:${port}/sandbox/${path}`, {
    method,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as AdminBody };
}

/** A state without a server, for rules that need a chosen clock. */
export function worldAt(clock: { now: number }, extra: ScenarioInput = {}) {
  const world = createWorld({ scenario: scenario(extra), now: () => clock.now });
  world.useScenario(world.scenario);
  onTestFinished(() => world.stop());
  return world;
}

/** A receiver of pushes; `answer` decides what each request gets. */
export async function startReceiver(
  answer: (count: number) => { status: number; body: string } = () => ({ status: 200, body: '{"code":0,"msg":"ok"}' }),
) {
  const batches: Record<string, unknown>[][] = [];
  const server = createServer((incoming, response) => {
    let text = '';
    incoming.on('data', (piece: Buffer) => (text += piece.toString()));
    incoming.on('end', () => {
      batches.push(JSON.parse(text) as Record<string, unknown>[]);
      const { status, body } = answer(batches.length);
      response.writeHead(status).end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/push`,
    batches,
    items: () => batches.flat(),
  };
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** A correctly signed call, with room to spoil each part of it after the signature was made. */
export interface RawCall {
  query: Record<string, string>;
  action: string;
  body: string;
  keyId: string;
  secret: string;
  date: string;
  nonce: string;
  version: string;
  spoil: (wire: { path: string; headers: Record<string, string>; body: string }) => void;
}

/** Signs a call independently of the SDK and sends it; resolves to status and parsed body. */
export function rawCall(port: number, overrides: Partial<RawCall> = {}) {
  const call: RawCall = {
    query: { PhoneNumbers: '13900000001', SignName: SIGN, TemplateCode: 'SMS_PLAIN', OutId: 'raw' },
    action: 'SendSms',
    body: '',
    keyId: 'sandbox-key',
    secret: 'sandbox-secret',
    date: `${new Date().toISOString().slice(0, 19)}Z`,
    nonce: randomBytes(32).toString('hex'),
    version: '2017-05-25',
    spoil: () => undefined,
    ...overrides,
  };
  const headers: Record<string, string> = {
    host: `127.0.0.1:${port}`,
    'x-acs-action': call.action,
    'x-acs-version': call.version,
    'x-acs-date': call.date,
    'x-acs-signature-nonce': call.nonce,
    'x-acs-content-sha256': sha256(call.body),
  };
  const signedHeaders = Object.keys(headers).sort().join(';');
  const signature = signatureOf(
    { method: 'POST', path: '/', query: new Map(Object.entries(call.query)), headers, body: Buffer.from(call.body) },
    signedHeaders,
    sha256(call.body),
    call.secret,
  );
  headers['authorization'] =
    `ACS3-HMAC-SHA256 Credential=${call.keyId},SignedHeaders=${signedHeaders},Signature=${signature}`;
  const search = Object.entries(call.query)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&');
  const wire = { path: `/?${search}`, headers, body: call.body };
  call.spoil(wire);
  return new Promise<{ status: number; code: string; headers: NodeJS.Dict<string | string[]> }>((resolve, reject) => {
    const outgoing = request(
      { port, host: '127.0.0.1', method: 'POST', path: wire.path, headers: wire.headers },
      (answer) => {
        let text = '';
        answer.on('data', (piece: Buffer) => (text += piece.toString()));
        answer.on('end', () => {
          const { Code } = JSON.parse(text) as { Code: string };
          resolve({ status: answer.statusCode ?? 0, code: Code, headers: answer.headers });
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end(wire.body);
  });
}

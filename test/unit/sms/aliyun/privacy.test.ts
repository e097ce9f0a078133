import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createAliyunGateway } from '../../../../src/sms/aliyun/aliyun.ts';
import { readFault } from '../../../../src/sms/aliyun/outcome.ts';
import type { SmsGateway } from '../../../../src/sms/gateway.ts';
import { startCannedServer } from './canned-server.ts';
import type { Canned, CannedServer } from './canned-server.ts';
import { recipient, requestOf, shown } from '../gateway-contract.ts';

let server: CannedServer;
let gateway: SmsGateway;
beforeAll(async () => {
  server = await startCannedServer();
  const credentials = { accessKeyId: 'test-id', accessKeySecret: 'hush-4Tz' };
  gateway = createAliyunGateway({ endpoint: server.endpoint, protocol: 'http', credentials, timeoutMs: 1_000 });
});
afterAll(() => server.stop());

// No character here stands in our own sentences, so whatever of a value is found in an outcome has leaked.
const value = fc.string({
  unit: fc.constantFrom(...Array.from('甲乙丙丁戊é%+&=?/$^()[]{}|\\"§#9')),
  minLength: 2,
  maxLength: 12,
});
const phone = fc.integer({ min: 0, max: 99_999_999 }).map((n) => `+86138${String(n).padStart(8, '0')}`);
const echo = fc.constantFrom('raw', 'encoded', 'escaped', 'url', 'grouped');
const status = fc.constantFrom(200, 400, 403, 429, 500);
const code = fc.constantFrom('isv.NEW', 'isv.TEMPLATE_PARAMS_ILLEGAL', 'Throttling.User', 'InternalError', 'Odd');

test('nothing of the request comes back in an outcome, however the gateway repeats it', async () => {
  await fc.assert(
    fc.asyncProperty(value, phone, echo, status, code, fc.boolean(), async (secret, to, how, http, Code, batch) => {
      const digits = to.slice(3);
      server.answer(({ url }): Canned => {
        const repeated = {
          raw: `参数${secret}，号码${digits}`,
          encoded: `q=${encodeURIComponent(secret)} to ${encodeURIComponent(to)}`,
          escaped: `x${JSON.stringify({ name: secret, to })}x`,
          url: `POST http://${server.endpoint}${url} failed; ${server.endpoint}${url}; ${url}`,
          grouped: `${digits.slice(0, 3)}-${digits.slice(3, 7)} ${digits.slice(7)}${secret}${secret}`,
        }[how];
        return { status: http, body: JSON.stringify({ Code, Message: repeated, RequestId: 'r', Data: repeated }) };
      });
      const others = batch ? [recipient('+8613700000000', { name: '戊' })] : [];
      const outcome = await gateway.submit(requestOf(recipient(to, { name: secret }), ...others));
      const text = 'message' in outcome ? `${outcome.code} ${outcome.message}` : shown(outcome);
      expect(outcome.kind).not.toBe('accepted');
      expect(Object.keys(outcome).every((key) => OUTCOME_FIELDS.has(key))).toBe(true);
      for (const trace of [secret, encodeURIComponent(secret), digits, to, digits.slice(3, 7), server.endpoint]) {
        expect(text).not.toContain(trace);
      }
      expect(text).not.toMatch(/PhoneNumbers|TemplateParam|OutId|https?:/);
    }),
    { numRuns: 300 },
  );
});

const OUTCOME_FIELDS = new Set(['kind', 'class', 'code', 'message', 'retryAfterSeconds']);

const faults: [string, Canned][] = [
  ['a reset', 'reset'],
  ['a time-out', 'silence'],
  ['a web page', { body: '<html>' }],
  [
    'a refusal',
    { status: 403, body: '{"Code":"Forbidden.RAM","Message":"SMS_Secret9 http://x/?TemplateCode=SMS_Secret9"}' },
  ],
];
test.each(faults)('%s makes an error that shows neither address nor question nor key', async (_, answer) => {
  server.answer(answer);
  const error: unknown = await gateway.findTemplate('SMS_Secret9').catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ kind: 'unavailable', code: 'sms-gateway.no-answer' });
  const text = shown(error);
  for (const trace of ['SMS_Secret9', server.endpoint, 'hush-4Tz', 'test-id', 'TemplateCode']) {
    expect(text).not.toContain(trace);
  }
});

test('a find that fails names a code and nothing else', async () => {
  for (const [, answer] of faults) {
    server.answer(answer);
    const outcome = await gateway.find({ outId: 'o', phone: '+8613800138000', day: '20261130' });
    expect(Object.keys(outcome)).toEqual(['kind', 'code']);
    expect(shown(outcome)).not.toMatch(/13800138000|http|Secret9/);
  }
});

test.each(['ENOTFOUND', 'EAI_AGAIN', 'ECONNREFUSED'])('%s proves that nothing was sent', (errno) => {
  const error = Object.assign(new Error('getaddrinfo http://x/?PhoneNumbers=13800138000'), { code: errno });
  expect(readFault(error, { now: () => new Date(), secrets: () => [] })).toMatchObject({
    kind: 'refused',
    class: 'retry',
    code: 'client.not-connected',
  });
});

test.each(['ETIMEDOUT', 'EPIPE', 'EHOSTUNREACH', 'CERT_HAS_EXPIRED', undefined])(
  'a fault of the socket named %s may have sent',
  (errno) => {
    const error = Object.assign(new Error('http://x/?PhoneNumbers=13800138000'), { code: errno });
    const outcome = readFault(error, { now: () => new Date(), secrets: () => [] });
    expect(outcome.kind).toBe('unknown');
    expect(shown(outcome)).not.toContain('13800138000');
  },
);

test.each([null, undefined, 'text', 7])('even a thrown %j is an unknown outcome', (thrown) => {
  expect(readFault(thrown, { now: () => new Date(), secrets: () => [] })).toMatchObject({ kind: 'unknown' });
});

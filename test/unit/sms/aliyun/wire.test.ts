import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createAliyunGateway } from '../../../../src/sms/aliyun/aliyun.ts';
import type { SmsGateway } from '../../../../src/sms/gateway.ts';
import { json, startCannedServer } from './canned-server.ts';
import type { CannedServer } from './canned-server.ts';
import { phoneAt, recipient, requestOf } from '../gateway-contract.ts';

let server: CannedServer;
let gateway: SmsGateway;
beforeAll(async () => {
  server = await startCannedServer();
  const credentials = { accessKeyId: 'test-id', accessKeySecret: 'test-secret' };
  gateway = createAliyunGateway({ endpoint: server.endpoint, protocol: 'http', credentials });
});
beforeEach(() => server.answer(json({ Code: 'OK', BizId: '9006195^0' })));
afterAll(() => server.stop());

const only = () => {
  expect(server.seen).toHaveLength(1);
  const [seen] = server.seen;
  if (!seen) throw new Error('No request was seen.');
  return seen;
};

test('one text for all goes out as SendSms, all fields in the query', async () => {
  await gateway.submit(
    requestOf(recipient(), recipient('+8613900139000'), recipient('+85261234567'), recipient('+8613700000000')),
  );
  const { action, method, query, form, headers } = only();
  expect({ action, method, query, form }).toEqual({
    action: 'SendSms',
    method: 'POST',
    query: {
      PhoneNumbers: '13800138000,13900139000,85261234567,13700000000',
      SignName: '外呼示例',
      TemplateCode: 'SMS_100000001',
      TemplateParam: '{"name":"赵小满"}',
      OutId: 'out-7Kq2',
    },
    form: {},
  });
  expect(headers['x-acs-version']).toBe('2017-05-25');
  expect(headers['authorization']).toMatch(/^ACS3-HMAC-SHA256 Credential=test-id,SignedHeaders=host;x-acs-/);
});

test('variables in another order are still one text', async () => {
  await gateway.submit(
    requestOf(recipient(phoneAt(1), { name: '钱', sum: '1' }), recipient(phoneAt(2), { sum: '1', name: '钱' })),
  );
  expect(only().action).toBe('SendSms');
});

test.each([
  ['another value', { name: '钱' }, { name: '孙' }],
  ['another name', { name: '钱' }, { nick: '钱' }],
  ['one variable more', { name: '钱' }, { name: '钱', sum: '1' }],
  ['one variable fewer', { name: '钱', sum: '1' }, { name: '钱' }],
])('%s makes it SendBatchSms', async (_, one, other) => {
  await gateway.submit(requestOf(recipient(phoneAt(1), one), recipient(phoneAt(2), other)));
  expect(only().action).toBe('SendBatchSms');
});

test('a text for each goes out as SendBatchSms, its lists aligned in the form', async () => {
  await gateway.submit(requestOf(recipient(), recipient('+8613900139000', { name: '李 "四"\n+&=%' })));
  const { query, form, headers } = only();
  expect(query).toEqual({ TemplateCode: 'SMS_100000001', OutId: 'out-7Kq2' });
  expect(form).toEqual({
    PhoneNumberJson: '["13800138000","13900139000"]',
    SignNameJson: '["外呼示例","外呼示例"]',
    TemplateParamJson: JSON.stringify([{ name: '赵小满' }, { name: '李 "四"\n+&=%' }]),
  });
  expect(headers['content-type']).toBe('application/x-www-form-urlencoded');
});

test('awkward characters arrive as they were in SendSms too', async () => {
  const name = '!\'()*~+ &=%\n"\\/?#😀';
  await gateway.submit(requestOf(recipient(undefined, { name })));
  expect(JSON.parse(only().query['TemplateParam'] ?? '')).toEqual({ name });
});

test('a template without variables gets no TemplateParam', async () => {
  await gateway.submit(requestOf(recipient(phoneAt(1), {}), recipient(phoneAt(2), {})));
  expect(only().query).not.toHaveProperty('TemplateParam');
});

test('the largest calls of both kinds arrive whole', async () => {
  const most = Array.from({ length: 1_000 }, (_, i) => recipient(phoneAt(i)));
  expect(await gateway.submit(requestOf(...most))).toMatchObject({ kind: 'accepted' });
  expect(only().query['PhoneNumbers']?.split(',')).toHaveLength(1_000);
  server.answer(json({ Code: 'OK', BizId: '1^2' }));
  const apart = most.slice(0, 100).map(({ phone }, i) => recipient(phone, { name: `名${i}` }));
  expect(await gateway.submit(requestOf(...apart))).toMatchObject({ kind: 'accepted' });
  expect(JSON.parse(only().form['TemplateParamJson'] ?? '')).toHaveLength(100);
});

test('no two calls share a nonce', async () => {
  await Promise.all(Array.from({ length: 200 }, (_, i) => gateway.submit(requestOf(recipient(phoneAt(i))))));
  const nonces = server.seen.map(({ headers }) => headers['x-acs-signature-nonce']);
  expect(new Set(nonces).size).toBe(200);
  expect(nonces.every((nonce) => /^[\da-f-]{36}$/.test(String(nonce)))).toBe(true);
});

test('answers that come back out of order reach their own callers', async () => {
  server.answer(({ query }) => json({ Code: 'OK', BizId: `${query['OutId']}^0` }));
  const outcomes = await Promise.all(
    Array.from({ length: 50 }, (_, i) => gateway.submit({ ...requestOf(recipient(phoneAt(i))), outId: `id-${i}` })),
  );
  expect(outcomes).toEqual(outcomes.map((_, i) => ({ kind: 'accepted', bizId: `id-${i}^0` })));
});

test.each(['', 'x'.repeat(256)])('an out id of %j is refused before any call', async (outId) => {
  await expect(gateway.submit({ ...requestOf(), outId })).rejects.toMatchObject({ code: 'sms-request.out-id' });
  expect(server.seen).toHaveLength(0);
});

test.each(['90071992547409931234', '9007199254740993', '123456', '"90071992547409931234"'])(
  'a BizId sent as %s keeps every digit',
  async (written) => {
    server.answer({ body: `{"Code":"OK","Message":"OK","BizId":${written}}` });
    expect(await gateway.submit(requestOf(recipient()))).toEqual({
      kind: 'accepted',
      bizId: written.replaceAll('"', ''),
    });
  },
);

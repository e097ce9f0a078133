import { afterAll, beforeAll, expect, test } from 'vitest';
import { createAliyunGateway } from '../../../../src/sms/aliyun/aliyun.ts';
import type { SmsGateway } from '../../../../src/sms/gateway.ts';
import { json, startCannedServer } from './canned-server.ts';
import type { CannedServer } from './canned-server.ts';

let server: CannedServer;
let gateway: SmsGateway;
beforeAll(async () => {
  server = await startCannedServer();
  const credentials = { accessKeyId: 'test-id', accessKeySecret: 'test-secret' };
  gateway = createAliyunGateway({ endpoint: server.endpoint, protocol: 'http', credentials, timeoutMs: 1_000 });
});
afterAll(() => server.stop());

const states = [
  [0, 'reviewing'],
  [1, 'passed'],
  [2, 'failed'],
  [10, 'cancelled'],
  [77, 'reviewing'],
  [null, 'reviewing'],
] as const;

test.each(states)('template status %j reads as %s', async (status, state) => {
  const TemplateStatus = status === null ? null : String(status);
  server.answer(json({ Code: 'OK', TemplateStatus, TemplateContent: '${name}您好', AuditInfo: { RejectInfo: '' } }));
  const template = await gateway.findTemplate('SMS_1');
  expect(template).toEqual({ code: 'SMS_1', content: '${name}您好', state, rejectInfo: null });
  expect(server.seen[0]).toMatchObject({ action: 'GetSmsTemplate', query: { TemplateCode: 'SMS_1' } });
});

test.each(states)('signature status %j reads as %s', async (SignStatus, state) => {
  server.answer(json({ Code: 'OK', SignStatus, AuditInfo: { RejectInfo: '资质不符' } }));
  expect(await gateway.findSignature('外呼示例')).toEqual({ name: '外呼示例', state, rejectInfo: '资质不符' });
  expect(server.seen[0]).toMatchObject({ action: 'GetSmsSign', query: { SignName: '外呼示例' } });
});

test.each([
  ['isv.SMS_TEMPLATE_ILLEGAL', 200],
  ['isv.SMS_TEMPLATE_ILLEGAL', 400],
])('a template that %s (HTTP %i) says is not there, is null', async (Code, status) => {
  server.answer(json({ Code }, status));
  expect(await gateway.findTemplate('SMS_1')).toBeNull();
});

test.each(['isv.SMS_SIGNATURE_ILLEGAL', 'isv.SMS_SIGN_ILLEGAL'])(
  'a signature that %s says is not there, is null',
  async (Code) => {
    server.answer(json({ Code }));
    expect(await gateway.findSignature('外呼示例')).toBeNull();
  },
);

test.each([
  ['a throttle', json({ Code: 'Throttling' }, 429), 'Throttling'],
  ['a missing permission', json({ Code: 'isp.RAM_PERMISSION_DENY' }), 'isp.RAM_PERMISSION_DENY'],
  [
    'a server error that says "no such template"',
    json({ Code: 'isv.SMS_TEMPLATE_ILLEGAL' }, 500),
    'isv.SMS_TEMPLATE_ILLEGAL',
  ],
  ['an OK without a text', json({ Code: 'OK', TemplateStatus: '1' }), 'client.unreadable-answer'],
  ['a web page', { body: '<html>' }, 'client.unreadable-answer'],
  ['a reset', 'reset' as const, 'client.reset'],
])('%s is an error to try again, not a missing template', async (_, answer, code) => {
  server.answer(answer);
  await expect(gateway.findTemplate('SMS_1')).rejects.toMatchObject({
    kind: 'unavailable',
    code: 'sms-gateway.no-answer',
    details: { code },
  });
});

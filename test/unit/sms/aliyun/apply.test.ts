import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createSandbox } from '../../../../sandbox/server.ts';
import type { ScenarioInput } from '../../../../sandbox/scenario.ts';
import { createAliyunGateway } from '../../../../src/sms/aliyun/aliyun.ts';
import type { TemplateApplication } from '../../../../src/sms/gateway.ts';
import { json, startCannedServer } from './canned-server.ts';

const folder = () => {
  const made = mkdtempSync(path.join(tmpdir(), 'waihu-apply-'));
  onTestFinished(() => rmSync(made, { recursive: true }));
  return made;
};

/** The driver over the wire to a sandbox that keeps its registry in `dataDir`. */
async function start(options: { scenario?: ScenarioInput; dataDir?: string; secret?: string } = {}) {
  const { scenario = {}, dataDir, secret = 'sandbox-secret' } = options;
  const clock = { ahead: 0 };
  const sandbox = createSandbox({
    scenario: { latencyMs: 0, ...scenario },
    ...(dataDir && { dataDir }),
    now: () => Date.now() + clock.ahead,
  });
  const port = await sandbox.listen();
  const close = () => sandbox.close();
  const gateway = createAliyunGateway({
    endpoint: `127.0.0.1:${port}`,
    protocol: 'http',
    credentials: { accessKeyId: 'sandbox-key', accessKeySecret: secret },
  });
  return { clock, close, gateway };
}

const text: TemplateApplication = {
  name: '到期提醒',
  kind: 'notice',
  content: '${name}您好，您的账单已出。',
  signName: '外呼示例',
  variables: [{ name: 'name', type: 'name' }],
  remark: '示例：【外呼示例】张三您好，您的账单已出。',
};
const sign = { name: '外呼示例', qualificationId: null, remark: '' };

test('an application is in review, then passed, and can be sent with', async () => {
  const { gateway, clock, close } = await start({ scenario: { review: { delayMs: 60_000 } } });
  onTestFinished(close);
  expect(await gateway.applySignature(sign)).toEqual({ kind: 'taken', code: '外呼示例' });
  expect(await gateway.findSignature('外呼示例')).toMatchObject({ state: 'reviewing' });
  // As in the real service, a text needs a signature that has passed.
  expect(await gateway.applyTemplate(text)).toMatchObject({ kind: 'refused', code: 'isv.SIGN_STATE_ILLEGAL' });
  clock.ahead = 61_000;
  const applied = await gateway.applyTemplate(text);
  expect(applied).toEqual({ kind: 'taken', code: 'SMS_100000001' });
  expect(await gateway.findTemplate('SMS_100000001')).toMatchObject({ state: 'reviewing', content: text.content });
  const request = {
    outId: 'o-1',
    signName: '外呼示例',
    templateCode: 'SMS_100000001',
    recipients: [{ phone: '+8613800138000', variables: { name: '张三' } }],
  };
  expect(await gateway.submit(request)).toMatchObject({ kind: 'refused', code: 'isv.SMS_TEMPLATE_ILLEGAL' });
  clock.ahead = 122_000;
  expect(await gateway.listTemplates()).toEqual([
    {
      code: 'SMS_100000001',
      name: '到期提醒',
      content: text.content,
      kind: 'notice',
      state: 'passed',
      rejectInfo: null,
    },
  ]);
  expect(await gateway.submit(request)).toMatchObject({ kind: 'accepted' });
});

test('what was applied for survives a restart of the sandbox, its verdict too', async () => {
  const dataDir = folder();
  const first = await start({ dataDir, scenario: { review: { delayMs: 600_000 } } });
  await first.gateway.applySignature(sign);
  await first.close();
  const second = await start({ dataDir });
  onTestFinished(second.close);
  expect(await second.gateway.listSignatures()).toEqual([{ name: '外呼示例', state: 'reviewing', rejectInfo: null }]);
  second.clock.ahead = 610_000;
  expect(await second.gateway.listSignatures()).toMatchObject([{ state: 'passed' }]);
});

test('reviewers who refuse say why, in the list and when asked', async () => {
  const { gateway, close } = await start({ scenario: { review: { refusals: { share: 1, reason: '资质不符' } } } });
  onTestFinished(close);
  await gateway.applySignature(sign);
  expect(await gateway.listSignatures()).toEqual([{ name: '外呼示例', state: 'failed', rejectInfo: '资质不符' }]);
  expect(await gateway.findSignature('外呼示例')).toMatchObject({ state: 'failed', rejectInfo: '资质不符' });
});

test.each([
  ['测试公司', 'isv.SMS_SIGN_ILLEGAL'],
  ['【外呼】', 'isv.SMS_SIGN_ILLEGAL'],
  ['一', 'isv.SMS_SIGN_ILLEGAL'],
])('the signature %s is refused', async (name, code) => {
  const { gateway, close } = await start();
  onTestFinished(close);
  expect(await gateway.applySignature({ ...sign, name })).toMatchObject({ kind: 'refused', code });
});

test('a text without rules for its variables, or with the signature in it, is refused', async () => {
  const { gateway, close } = await start();
  onTestFinished(close);
  await gateway.applySignature(sign);
  expect(await gateway.applyTemplate({ ...text, variables: [] })).toMatchObject({ kind: 'refused' });
  expect(await gateway.applyTemplate({ ...text, content: '【外呼示例】您好' })).toMatchObject({ kind: 'refused' });
  expect(await gateway.listTemplates()).toEqual([]);
});

test('an application with the wrong key is refused and leaves nothing', async () => {
  const { gateway, close } = await start({ secret: 'wrong' });
  onTestFinished(close);
  expect(await gateway.applySignature(sign)).toMatchObject({ kind: 'refused', code: 'SignatureDoesNotMatch' });
});

test('lists longer than a page come whole, newest first', async () => {
  const templates = Array.from({ length: 120 }, (_, index) => ({ code: `SMS_${index}`, content: `第${index}条` }));
  const { gateway, close } = await start({ scenario: { templates } });
  onTestFinished(close);
  const listed = await gateway.listTemplates();
  expect(listed).toHaveLength(120);
  expect([listed[0]?.code, listed.at(-1)?.code]).toEqual(['SMS_119', 'SMS_0']);
});

test.each([
  ['AUDIT_STATE_INIT', 'reviewing'],
  ['AUDIT_STATE_PASS', 'passed'],
  ['AUDIT_STATE_NOT_PASS', 'failed'],
  ['AUDIT_SATE_CANCEL', 'cancelled'],
  ['AUDIT_STATE_CANCEL', 'cancelled'],
  ['SOMETHING_NEW', 'reviewing'],
])('the list word %s reads as %s, and kinds by the outer number alone', async (AuditStatus, state) => {
  const server = await startCannedServer();
  onTestFinished(() => server.stop());
  const gateway = createAliyunGateway({
    endpoint: server.endpoint,
    protocol: 'http',
    credentials: { accessKeyId: 'test-id', accessKeySecret: 'test-secret' },
  });
  const each = { TemplateCode: 'SMS_1', TemplateName: '甲', TemplateContent: '您好', AuditStatus, TemplateType: 0 };
  server.answer(json({ Code: 'OK', SmsTemplateList: [{ ...each, OuterTemplateType: 2 }] }));
  expect(await gateway.listTemplates()).toMatchObject([{ state, kind: 'marketing' }]);
});

test.each([
  ['a web page', { body: '<html>' }, 'unknown'],
  ['a reset', 'reset' as const, 'unknown'],
  ['an OK without a code', json({ Code: 'OK' }), 'unknown'],
  ['a server error', json({ Code: 'InternalError' }, 500), 'unknown'],
  ['a limit', json({ Code: 'Throttling.User' }, 429), 'refused'],
])('after %s the application is %s', async (_, answer, kind) => {
  const server = await startCannedServer();
  onTestFinished(() => server.stop());
  const gateway = createAliyunGateway({
    endpoint: server.endpoint,
    protocol: 'http',
    credentials: { accessKeyId: 'test-id', accessKeySecret: 'test-secret' },
    timeoutMs: 1_000,
  });
  server.answer(answer);
  expect(await gateway.applyTemplate(text)).toMatchObject({ kind });
  expect(server.seen).toHaveLength(1);
});

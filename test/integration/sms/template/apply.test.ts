import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createSandbox, type Sandbox } from '../../../../sandbox/server.ts';
import { addGateway } from '../../../../src/sms/gateway-account.command.ts';
import { contextWith } from '../../../kit/people.ts';
import { faultsOfPage, openConsole, type Console } from '../../kit/page/kit.ts';

let house: Console;
let sandbox: Sandbox;
let account: string;
let endpoint: string;
const folder = mkdtempSync(path.join(tmpdir(), 'waihu-apply-'));

beforeAll(async () => {
  house = await openConsole();
  sandbox = createSandbox({ scenario: { latencyMs: 0, review: { delayMs: 900 } } });
  endpoint = `127.0.0.1:${await sandbox.listen()}`;
  const credentialsFile = path.join(folder, 'key.json');
  writeFileSync(credentialsFile, JSON.stringify({ accessKeyId: 'sandbox-key', accessKeySecret: 'sandbox-secret' }));
  const administrator = await contextWith(house.pool, ['administrator']);
  const settings = { endpoint, protocol: 'http' as const, credentialsFile };
  const gateway = { name: 'sandbox', provider: 'aliyun' as const, settings, ratePerSecond: 100, priceMilliYuan: 45 };
  ({ id: account } = await addGateway(administrator, gateway));
});
afterAll(async () => {
  await sandbox.close();
  rmSync(folder, { recursive: true });
});

const asApplicant = () => ({ as: house.people.applicant });
const text = (over: Record<string, unknown> = {}) => ({
  name: '到期提醒',
  kind: 'notice',
  signName: '外呼示例',
  gatewayAccountId: account,
  gatewayCode: '',
  source: '{{name}}您好，您的账单将于三日后到期，请留意。',
  variableName: 'name',
  variableLabel: '姓名',
  variableType: 'name',
  variableLength: '20',
  variableExample: '张三',
  variableFrom: 'name',
  ...over,
});
const askSandbox = async (method: string, place: string, body: unknown): Promise<void> => {
  const answer = await fetch(`http://${endpoint}/sandbox/${place}`, { method, body: JSON.stringify(body) });
  expect(answer.status).toBe(200);
};
const recorded = async (): Promise<string[]> =>
  (await house.pool.query(`select action from audit where action like 'gateway.%applied' order by seq`)).rows.map(
    ({ action }) => action as string,
  );

test('the only account is chosen, and its empty list says what to do', async () => {
  const { html } = await house.get('/templates/new', asApplicant());
  expect(html).toMatch(new RegExp(`<option value="${account}" selected>`));
  const stock = await house.get(`/templates/stock?gatewayAccountId=${account}`, { ...asApplicant(), htmx: true });
  expect(stock.html).toContain('平台上还没有签名');
  expect(faultsOfPage(stock.html)).toEqual([]);
});

test('one press hands in signature and text, waits for the sandbox’s reviewers and keeps the code it gives', async () => {
  const made = await house.post('/templates', text({ act: 'apply' }), asApplicant());
  expect([made.status, made.location]).toEqual([303, expect.stringMatching(/^\/templates\//)]);
  const { rows } = await house.pool.query('select version, gateway_code from template');
  expect(rows).toEqual([{ version: 1, gateway_code: 'SMS_100000001' }]);
  expect(await recorded()).toEqual(['gateway.signature-applied', 'gateway.template-applied']);
  const review = async () => (await house.get(`${made.location}/review`, { ...asApplicant(), htmx: true })).html;
  await expect.poll(review, { timeout: 10_000 }).toMatch(/class="pill pill-good"[\s\S]*class="pill pill-good"/);
  expect(await review()).not.toContain('/apply');
});

test('the same text again takes what stands there instead of a second application', async () => {
  const made = await house.post('/templates', text({ act: 'apply', name: '另一个' }), asApplicant());
  expect(made.status).toBe(303);
  const { rows } = await house.pool.query(`select gateway_code from template where name = '另一个'`);
  expect(rows).toEqual([{ gateway_code: 'SMS_100000001' }]);
  expect(await recorded()).toHaveLength(2);
});

test('what stands at the gateway is offered, and fills the editor without scripts too', async () => {
  const { html } = await house.get(`/templates/stock?gatewayAccountId=${account}`, { ...asApplicant(), htmx: true });
  expect(html).toContain('data-sign-name="外呼示例"');
  expect(html).toContain('{{name}}您好');
  const filled = await house.get(`/templates/new?account=${account}&code=SMS_100000001`, asApplicant());
  expect(filled.html).toContain('value="SMS_100000001"');
  expect(filled.html).toContain('{{name}}您好，您的账单将于三日后到期');
});

test('a code that the gateway does not know leads to a version that it does', async () => {
  const typed = await house.post('/templates', text({ name: '手填', gatewayCode: 'SMS_TYPED' }), asApplicant());
  const page = await house.get(`${typed.location}?review=1`, asApplicant());
  expect(page.html).toContain(`action="${typed.location}/apply"`);
  const applied = await house.post(`${typed.location}/apply`, {}, asApplicant());
  expect([applied.status, applied.location]).not.toEqual([303, typed.location]);
  const { rows } = await house.pool.query(
    `select version, gateway_code from template where name = '手填' order by version`,
  );
  expect(rows).toEqual([
    { version: 1, gateway_code: 'SMS_TYPED' },
    { version: 2, gateway_code: 'SMS_100000001' },
  ]);
});

test('who may not write templates may not apply', async () => {
  const { rows } = await house.pool.query(`select id from template where name = '手填' and version = 1`);
  for (const as of [house.people.operator, house.people.auditor, house.people.administrator]) {
    expect((await house.post(`/templates/${rows[0].id}/apply`, {}, { as })).status).toBe(403);
    expect((await house.get(`/templates/stock?gatewayAccountId=${account}`, { as })).status).toBe(403);
  }
});

test('a text with a fault is handed in nowhere', async () => {
  const before = await recorded();
  const refused = await house.post('/templates', text({ act: 'apply', source: '【外呼】{{name}}' }), asApplicant());
  expect(refused.status).toBe(422);
  expect(await recorded()).toEqual(before);
});

test('a refusal of the sandbox stands on the page in its words, with what was typed', async () => {
  await askSandbox('PATCH', 'scenario', { review: { delayMs: 0, refusals: { share: 1, reason: '资质不符' } } });
  const wanted = text({ act: 'apply', name: '新签名', signName: '新的公司', source: '{{name}}的订单已发货。' });
  const refused = await house.post('/templates', wanted, asApplicant());
  expect(refused.status).toBe(422);
  expect(refused.html).toContain('没有通过签名“新的公司”：资质不符');
  expect(refused.html).toContain('{{name}}的订单已发货。');
  await askSandbox('PATCH', 'scenario', { review: { refusals: { share: 0 } } });
  expect((await house.post('/templates', wanted, asApplicant())).status).toBe(303);
});

test('at a real provider nothing is asked for until it is confirmed', async () => {
  // A provider's address, which answers nothing here: the refusal must come before any call.
  await house.pool.query(
    `update gateway_account set settings = settings || '{"endpoint": "dysmsapi.invalid"}' where id = $1`,
    [account],
  );
  const { rows: templates } = await house.pool.query(`select id from template where name = '手填' and version = 1`);
  const before = await recorded();
  const applied = await house.post(`/templates/${templates[0].id}/apply`, {}, asApplicant());
  expect(applied.status).toBe(422);
  expect(applied.html).toContain('请勾选确认');
  const saved = await house.post('/templates', text({ act: 'apply', name: '真实' }), asApplicant());
  expect(saved.status).toBe(422);
  expect(saved.html).toContain('请勾选确认');
  expect(await recorded()).toEqual(before);
  const page = await house.get('/templates/new', asApplicant());
  expect(page.html).toContain('name="confirmed"');
});

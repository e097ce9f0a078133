import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAudience } from '../../../../src/audience/audience.command.ts';
import { addGateway } from '../../../../src/sms/gateway-account.command.ts';
import { readImport } from '../../../../src/customer/import/import.command.ts';
import { acceptImport } from '../../../../src/customer/import/acceptance.command.ts';
import { json, startCannedServer, type CannedServer } from '../../../unit/sms/aliyun/canned-server.ts';
import { fileOf } from '../../customer/import/csv-file.ts';
import { anyLocalPort } from '../../../kit/endpoints.ts';
import { contextWith } from '../../../kit/people.ts';
import { faultsOfPage, openConsole, type Console } from '../../kit/page/kit.ts';

let house: Console;
let server: CannedServer;
let account: string;
let gold: string;
const folder = mkdtempSync(path.join(tmpdir(), 'waihu-template-'));

beforeAll(async () => {
  house = await openConsole();
  server = await startCannedServer();
  const credentialsFile = path.join(folder, 'key.json');
  writeFileSync(credentialsFile, JSON.stringify({ accessKeyId: 'test-id', accessKeySecret: 'test-secret' }));
  const administrator = await contextWith(house.pool, ['administrator'], { gatewayEndpoints: anyLocalPort });
  const applicant = await contextWith(house.pool, ['applicant']);
  const settings = { endpoint: server.endpoint, protocol: 'http' as const, credentialsFile };
  ({ id: account } = await addGateway(administrator, {
    name: 'main',
    provider: 'aliyun',
    settings,
    ratePerSecond: 100,
    priceMilliYuan: 45,
  }));
  const people = `手机号,姓名,等级,分行
13800000001,甲,金牌,上海
13800000002,欧阳锋,金牌,北京市朝阳区建国门外大街
13800000003,张三,银牌,
`;
  const { id } = await readImport(applicant, { kind: 'customers', fileName: 'people.csv', stream: fileOf(people) });
  await acceptImport(applicant, { importId: id });
  ({ id: gold } = await createAudience(applicant, { name: '金牌', filter: { tiers: ['gold'] } }));
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

const asApplicant = () => ({ as: house.people.applicant });
const notice = () => ({
  name: '到期提醒',
  kind: 'notice',
  signName: '外呼示例',
  gatewayAccountId: account,
  gatewayCode: 'SMS_1',
  source: '{{name}}您好，您的账单将于三日后到期，请留意。',
  variableName: 'name',
  variableLabel: '姓名',
  variableType: 'name',
  variableLength: '20',
  variableExample: '张三',
  variableFrom: 'name',
});
const check = (change: Record<string, unknown>) =>
  house.post('/templates/check', { ...notice(), ...change }, { ...asApplicant(), htmx: true });
const save = async (change: Record<string, unknown> = {}): Promise<string> => {
  const made = await house.post('/templates', { ...notice(), ...change }, asApplicant());
  expect(made.status, made.html).toBe(303);
  return made.location ?? '';
};

describe('the editor', () => {
  test('is for those who may write templates', async () => {
    for (const as of [house.people.operator, house.people.auditor, house.people.administrator]) {
      expect((await house.get('/templates/new', { as })).status).toBe(403);
      expect((await house.post('/templates/check', notice(), { as })).status).toBe(403);
    }
  });

  test.each(['zh-CN', 'en'] as const)('has words for everything in %s', async (language) => {
    for (const address of ['/templates', '/templates?kind=marketing', '/templates/new']) {
      const { status, html } = await house.get(address, { ...asApplicant(), language });
      expect([address, status, faultsOfPage(html)]).toEqual([address, 200, []]);
    }
    const checked = await house.post(
      '/templates/check',
      { ...notice(), source: '测试{{name}}{{unknown}}【】 http://a.cn/x' },
      { ...asApplicant(), htmx: true, language },
    );
    expect(faultsOfPage(checked.html)).toEqual([]);
  });

  test('renders for the shortest and the longest of real people, masked', async () => {
    const { html } = await check({});
    expect(html).toContain('【外呼示例】甲您好');
    expect(html).toContain('【外呼示例】欧阳锋您好');
    expect(html).toMatch(/最短[\s\S]*138\*\*\*\*0001[\s\S]*最长[\s\S]*138\*\*\*\*0002/);
    expect(faultsOfPage(html)).toEqual([]);
  });

  test('draws from the audience chosen', async () => {
    const { html } = await check({ audienceId: gold, source: '{{name}}您好', seed: '3' });
    expect(html).toContain('从抽取的 2 人中选出');
    expect(html).not.toContain('138****0003');
  });

  test('takes a variable from an attribute and says whose data does not fit', async () => {
    const { html } = await check({
      source: '请到{{branch}}办理。',
      variableName: 'branch',
      variableLabel: '分行',
      variableType: 'text',
      variableExample: '上海',
      variableLength: '5',
      variableFrom: 'attribute:分行',
    });
    expect(html).toContain('【外呼示例】请到上海办理。');
    expect(html).toMatch(/3 人中有 2 人的资料不符合变量要求/);
    expect(faultsOfPage(html)).toEqual([]);
  });

  test.each([
    ['a mobile number', { source: '请拨13800138000' }, /<mark class="error">13800138000<\/mark>/],
    ['the place of a fault', { source: '第一行\n请拨13800138000' }, /第 2 行第 3 字/],
    ['an opt-out in a notice', { source: '您好，拒收请回复R' }, /<mark class="error">拒收请回复R<\/mark>/],
    ['a promotion without an opt-out', { kind: 'marketing', source: '双节有礼' }, /营销短信须以“拒收请回复R”结尾/],
    ['a variable that is malformed', { source: '您好{{na me}}' }, /circle-x/],
    ['braces that do not match', { source: '您好{{name' }, /花括号/],
    ['a variable nobody uses', { source: '您好' }, /没有用到变量 name/],
    ['a signature of one letter', { signName: '外' }, /签名须为 2 至 12 个字/],
    ['one segment with the signature counted', { source: '好'.repeat(64), variableName: [] }, /70 字，计费 1 条/],
    ['two segments a letter later', { source: '好'.repeat(65), variableName: [] }, /71 字，计费 2 条/],
    ['the hours of its kind', { kind: 'marketing' }, /每日 08:00–20:00/],
    ['the text at the gateway', {}, /\$\{name\}您好/],
    ['nothing of an empty text', { source: '', variableName: [] }, /待填写/],
    ['a text far too long', { source: '长'.repeat(3_000), variableName: [] }, /不能超过 500 个字/],
  ])('points at %s', async (_, change, said) => {
    const { status, html } = await check(change);
    expect(status).toBe(200);
    expect(html).toMatch(said);
    // The example with a whole number is what the person typed, shown exactly and only to them.
    expect(faultsOfPage(html.replaceAll('13800138000', ''))).toEqual([]);
  });

  test('marks a forbidden word that hides behind spaces', async () => {
    const { html } = await check({ kind: 'marketing', source: '全网最 低价，拒收请回复R', variableName: [] });
    expect(html).toMatch(/<mark class="(error|warning)">/);
  });

  test('quotes the text exactly and as text', async () => {
    const { html } = await check({ source: '<b>{{name}}</b> & 您好' });
    expect(html).toContain('&lt;b&gt;');
    expect(html).not.toContain('<b>{{');
  });

  test('says why there is no check of an audience that is gone', async () => {
    const { html } = await check({ audienceId: '00000000-0000-7000-8000-000000000000' });
    expect(html).toContain('没有这个名单');
  });
});

describe('saving', () => {
  test('makes version after version and leaves the old ones', async () => {
    const first = await save();
    const before = await house.get(`${first}/next`, asApplicant());
    expect(before.html).toContain('{{name}}您好');
    expect(before.html).toContain('value="SMS_1"');
    const id = first.split('/').at(-1) ?? '';
    const second = await save({ nextOf: id, name: '改名', source: '{{name}}您好，请留意账单。' });
    const { html } = await house.get(second, asApplicant());
    expect(html).toContain('第 2 版');
    expect(html).toContain('第 1 版');
    expect(html).toContain('<h1>到期提醒</h1>');
    expect(html).toMatch(/<var>\{\{name\}\}<\/var>您好，请留意账单。/);
    expect(faultsOfPage(html)).toEqual([]);
    expect((await house.get(first, asApplicant())).html).toContain('这不是最新版本');
    const list = await house.get('/templates', asApplicant());
    expect(list.html.match(/href="\/templates\/[0-9a-f-]{36}">到期提醒/g)).toHaveLength(1);
  });

  test.each([
    ['nothing', { name: '', source: '', gatewayCode: '', gatewayAccountId: '' }, '请填写模板名称'],
    ['a forbidden text', { source: '请拨13800138000，{{name}}' }, '逐条改正'],
    ['a variable without a meaning', { variableLabel: '' }, '请填写变量的中文名称'],
    ['a variable that was never declared', { source: '{{name}}{{amount}}' }, '请填写变量的中文名称'],
    ['an account that is none', { gatewayAccountId: '00000000-0000-7000-8000-000000000000' }, '请选择一个网关账号'],
  ])('refuses %s and keeps what was typed', async (_, change, said) => {
    const form = { ...notice(), ...change };
    const { status, html } = await house.post('/templates', form, asApplicant());
    expect(status).toBe(422);
    expect(html).toContain(said);
    expect(html).toContain(`>${form.source}</textarea>`);
    expect(faultsOfPage(html.replaceAll('13800138000', ''))).toEqual([]);
  });

  test('works without a script: variables of the text get their rows from the server', async () => {
    const form = { ...notice(), source: '{{name}}欠{{amount}}元', act: 'check' };
    const { status, html } = await house.post('/templates', form, asApplicant());
    expect(status).toBe(200);
    expect(html).toContain('data-variable="amount"');
  });

  test('counts a line end of a browser as one', async () => {
    const place = await save({ name: '换行', source: '第一行\r\n第二行', variableName: [] });
    const { rows } = await house.pool.query('select source from template where id = $1', [place.split('/').at(-1)]);
    expect(rows).toEqual([{ source: '第一行\n第二行' }]);
  });
});

const answers = (content: string, status: string) =>
  server.answer(({ action }) =>
    action === 'GetSmsTemplate'
      ? json({
          Code: 'OK',
          TemplateStatus: status,
          TemplateContent: content,
          AuditInfo: { RejectInfo: '内容不合规' },
        })
      : json({ Code: 'OK', SignStatus: 1, AuditInfo: {} }),
  );

describe('the review at the gateway', () => {
  test('says passed and the same text', async () => {
    const place = await save({ name: '审核' });
    answers('${name}您好，您的账单将于三日后到期，请留意。', '1');
    const { html } = await house.get(`${place}/review`, { ...asApplicant(), htmx: true });
    expect(html).toContain('审核通过');
    expect(html).toContain('与此版一致');
    expect(html).not.toContain('<html');
  });

  test('shows the text that differs and why it was not passed, also without a script', async () => {
    const place = await save({ name: '审核二' });
    answers('${name}你好', '2');
    const { html } = await house.get(`${place}?review=1`, { ...asApplicant(), language: 'en' });
    expect(html).toContain('Not passed');
    expect(html).toContain('内容不合规');
    expect(html).toContain('${name}你好');
    expect(faultsOfPage(html)).toEqual([]);
  });

  test('says that the gateway gave no answer, and the page stays', async () => {
    const place = await save({ name: '审核三' });
    server.answer('reset');
    const { status, html } = await house.get(`${place}?review=1`, asApplicant());
    expect(status).toBe(200);
    expect(html).toContain('短信网关没有给出可用的应答');
    expect(html).toContain('审核三');
  });
});

test('a template that is not there is said to be missing', async () => {
  expect((await house.get('/templates/00000000-0000-7000-8000-000000000000', asApplicant())).status).toBe(404);
});

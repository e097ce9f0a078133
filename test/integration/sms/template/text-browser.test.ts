import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAudience } from '../../../../src/audience/audience.command.ts';
import { addGateway } from '../../../../src/sms/gateway-account.command.ts';
import { readImport } from '../../../../src/customer/import/import.command.ts';
import { acceptImport } from '../../../../src/customer/import/acceptance.command.ts';
import { createTemplate } from '../../../../src/sms/template/template.command.ts';
import { createTopic } from '../../../../src/customer/topic.command.ts';
import { storeCalendar } from '../../../../src/kernel/calendar.db.ts';
import { transaction } from '../../../../src/kernel/sql.db.ts';
import { calendarCn } from '../../../../src/kernel/calendar-cn.rule.ts';
import { seriousFindings } from '../../../kit/axe.ts';
import { desktop, newPerson, openBrowser, phone, type BrowserPerson } from '../../../kit/browser.ts';
import { contextWith } from '../../../kit/people.ts';
import { fileOf } from '../../customer/import/csv-file.ts';
import type { Person } from '../../kit/http/kit.ts';
import { openConsole, type Console } from '../../kit/page/kit.ts';

const chrome = openBrowser();
let house: Console;
let baseUrl: string;
const open: BrowserPerson[] = [];

beforeAll(async () => {
  house = await openConsole();
  await house.app.listen({ port: 0, host: '127.0.0.1' });
  baseUrl = `http://localhost:${(house.app.server.address() as AddressInfo).port}`;
  const administrator = await contextWith(house.pool, ['administrator']);
  const applicant = await contextWith(house.pool, ['applicant']);
  await createTopic(administrator, { code: 'news', name: '资讯' });
  const { id: gatewayAccountId } = await addGateway(administrator, {
    name: 'main',
    provider: 'aliyun',
    ratePerSecond: 100,
    priceMilliYuan: 45,
  });
  await createTemplate(applicant, {
    name: '账单通知',
    kind: 'notice',
    source: '{{name}}您好，本期账单已出，请查看。',
    variables: [{ name: 'name', type: 'name', maxLength: 20, example: '张三', label: '姓名' }],
    signName: '外呼示例',
    gatewayAccountId,
    gatewayCode: 'SMS_9',
  });
  await createAudience(applicant, { name: '资讯订阅者', filter: { topic: 'news', tiers: ['gold'] } });
  await transaction(house.pool, (tx) => storeCalendar(tx, calendarCn, '国务院办公厅通知'));
  const people = `手机号,姓名,等级,主题,地区
13800000001,甲,金牌,news,华东
13800000002,欧阳锋,银牌,,华北
13800000003,张三,金牌,news,华东
`;
  const { id } = await readImport(applicant, { kind: 'customers', fileName: 'people.csv', stream: fileOf(people) });
  await acceptImport(applicant, { importId: id });
});
afterAll(() => Promise.all(open.map((each) => each.close())));

async function browse(as: Person, options: Partial<Parameters<typeof newPerson>[1]> = {}): Promise<BrowserPerson> {
  const person = await newPerson(chrome.browser, { baseUrl, ...options });
  await person.context.setExtraHTTPHeaders({ authorization: `Bearer ${as.key}` });
  await person.context.addCookies([{ name: 'waihu-language', value: options.locale ?? 'zh-CN', url: baseUrl }]);
  open.push(person);
  return person;
}

describe('the editor of templates', () => {
  test('checks and previews while one types, gives a row to each variable and takes it away again', async () => {
    const person = await browse(house.people.applicant);
    const { page } = person;
    await page.goto('/templates/new');
    await page.getByLabel('模板名称').fill('到期提醒');
    await page.getByLabel('短信签名').fill('外呼示例');
    await page.getByLabel('正文').fill('{{name}}您好，请拨13800138000');
    await page.locator('mark.error', { hasText: '13800138000' }).waitFor();
    const row = page.locator('[data-variable="name"]');
    await row.getByLabel('含义').fill('姓名');
    await row.getByRole('textbox', { name: '示例' }).fill('张三');
    await row.getByLabel('预览取值').selectOption('name');
    await page.getByLabel('正文').fill('{{name}}您好，账单将于三日后到期。');
    await page.getByText('【外呼示例】欧阳锋您好，账单将于三日后到期。').waitFor();
    await page.getByText('未发现问题').waitFor();
    await page.getByRole('button', { name: '换一批' }).click();
    await page.locator('#check input[name=seed][value="2"]').waitFor({ state: 'attached' });
    expect(await page.getByLabel('正文').inputValue()).toBe('{{name}}您好，账单将于三日后到期。');

    await page.getByLabel('正文').fill('您好，账单将于三日后到期。');
    await row.getByRole('button', { name: '删除' }).click();
    await expect.poll(() => row.count()).toBe(0);
    await page.getByText('您好，账单将于三日后到期。').first().waitFor();
    await page.getByLabel('网关账号').selectOption({ label: 'main' });
    await page.getByLabel('网关模板编号').fill('SMS_1');
    await page.getByRole('button', { name: '保存为新版本' }).click();
    await page.getByText('已保存“到期提醒”第 1 版。').waitFor();
    expect(person.complained()).toEqual([]);
  });

  test('works without a script', async () => {
    const person = await browse(house.people.applicant, { javaScript: false });
    const { page } = person;
    await page.goto('/templates/new');
    await page.getByLabel('模板名称').fill('无脚本');
    await page.getByLabel('短信签名').fill('外呼示例');
    await page.getByLabel('正文').fill('{{name}}您好');
    await page.getByRole('button', { name: '检查并预览' }).click();
    await page.locator('[data-variable="name"]').getByLabel('含义').fill('姓名');
    await page.locator('[data-variable="name"]').getByRole('textbox', { name: '示例' }).fill('张三');
    await page.getByRole('button', { name: '换一批' }).click();
    await page.getByText('【外呼示例】欧阳锋您好').waitFor();
    await page.getByLabel('网关账号').selectOption({ label: 'main' });
    await page.getByLabel('网关模板编号').fill('SMS_2');
    await page.getByRole('button', { name: '保存为新版本' }).click();
    await page.getByText('已保存“无脚本”第 1 版。').waitFor();
    expect(person.complained()).toEqual([]);
  });
});

describe('a new audience', () => {
  test('is counted while its conditions are chosen and keeps them when it is saved', async () => {
    const person = await browse(house.people.applicant);
    const { page } = person;
    await page.goto('/audiences/new');
    await page.locator('#count .figure', { hasText: '3' }).waitFor();
    await page.getByLabel('金牌').check();
    await page.locator('#count', { hasText: '等级为金牌' }).locator('.figure', { hasText: '2' }).waitFor();
    await page.getByLabel('第 1 个条件：属性名').fill('地区');
    await page.getByLabel('第 1 个条件：值').fill('华北');
    await page.locator('#count', { hasText: '“地区”等于“华北”' }).locator('.figure', { hasText: '0' }).waitFor();
    await page.getByLabel('第 1 个条件：值').fill('华东');
    await page.getByLabel('名单名称').fill('华东金牌');
    await page.getByRole('button', { name: '保存名单' }).click();
    await page.getByText('已保存名单“华东金牌”。').waitFor();
    await page.getByRole('button', { name: '重新统计' }).click();
    await page.locator('#reach .figure', { hasText: '2' }).first().waitFor();
    expect(person.complained()).toEqual([]);
  });
});

describe('a gateway account', () => {
  test('shows its webhooks after a reason, by the keyboard alone', async () => {
    const person = await browse(house.people.administrator);
    const { page } = person;
    await page.goto('/gateways/main');
    await page.getByRole('button', { name: '查看完整地址' }).focus();
    await page.keyboard.press('Enter');
    await page.getByLabel('原因').fill('配置推送地址');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await expect
      .poll(() => page.getByLabel('状态报告（回执）').inputValue())
      .toMatch(/\/webhooks\/aliyun\/[\w-]{32}\/reports$/);
    expect(person.complained()).toEqual([]);
  });
});

const pagesOf: [string, 'applicant' | 'administrator', () => Promise<string>][] = [
  ['the audiences', 'applicant', async () => '/audiences'],
  ['a new audience', 'applicant', async () => '/audiences/new'],
  ['an audience', 'applicant', () => first('audience', '/audiences/')],
  ['the templates', 'applicant', async () => '/templates'],
  ['a template', 'applicant', () => first('template', '/templates/')],
  ['the next version of a template', 'applicant', async () => `${await first('template', '/templates/')}/next`],
  ['the topics', 'administrator', async () => '/topics'],
  ['the gateways', 'administrator', async () => '/gateways'],
  ['a gateway', 'administrator', async () => '/gateways/main'],
  ['the settings of a gateway', 'administrator', async () => '/gateways/main/edit'],
  ['the contact policy', 'administrator', async () => '/policy'],
  ['the calendar', 'administrator', async () => '/calendar?year=2026'],
  ['the import of a calendar', 'administrator', async () => '/calendar/import'],
];
async function first(table: 'audience' | 'template', prefix: string): Promise<string> {
  const { rows } = await house.pool.query<{ id: string }>(`select id from ${table} order by id limit 1`);
  return `${prefix}${rows[0]?.id ?? ''}`;
}

describe.each([
  ['a desk', desktop, 'zh-CN'],
  ['a phone', phone, 'en'],
] as const)('on %s', (_, viewport, locale) => {
  test.each(pagesOf)('%s read well and break no rule', async (_name, role, address) => {
    const person = await browse(house.people[role], { viewport, locale });
    const { page } = person;
    await page.goto(await address());
    await page.waitForLoadState('networkidle');
    expect(await seriousFindings(page)).toEqual([]);
    const overflow = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
    expect(overflow).toBeLessThanOrEqual(0);
    expect(person.complained()).toEqual([]);
  });
});

import type { AddressInfo } from 'node:net';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createCustomer } from '../../../../src/customer/record.command.ts';
import { addGateway } from '../../../../src/sms/gateway-account.command.ts';
import { seriousFindings } from '../../../kit/axe.ts';
import { newPerson, openBrowser, type BrowserPerson } from '../../../kit/browser.ts';
import { contextWith } from '../../../kit/people.ts';
import type { Person } from '../http/kit.ts';
import { openConsole, type Console } from './kit.ts';

const chrome = openBrowser();
let house: Console;
let baseUrl: string;
let customer: string;
const open: BrowserPerson[] = [];

beforeAll(async () => {
  house = await openConsole();
  await house.app.listen({ port: 0, host: '127.0.0.1' });
  baseUrl = `http://localhost:${(house.app.server.address() as AddressInfo).port}`;
  const administrator = await contextWith(house.pool, ['administrator']);
  await addGateway(administrator, { name: 'main', provider: 'aliyun', ratePerSecond: 100, priceMilliYuan: 45 });
  const operator = await contextWith(house.pool, ['operator']);
  ({ id: customer } = await createCustomer(operator, {
    phone: '13800138000',
    name: '欧阳锋',
    attributes: [{ name: '面额', value: '50' }],
  }));
});
afterAll(() => Promise.all(open.map((each) => each.close())));

const signIn = (person: BrowserPerson, as: Person) =>
  person.context.setExtraHTTPHeaders({ authorization: `Bearer ${as.key}` });

async function browse(as: Person, javaScript = true): Promise<BrowserPerson> {
  const person = await newPerson(chrome.browser, { baseUrl, javaScript });
  await signIn(person, as);
  await person.context.addCookies([{ name: 'waihu-language', value: 'zh-CN', url: baseUrl }]);
  open.push(person);
  return person;
}

const restored = (page: Page) => page.getByText('已恢复上次未保存的内容。');
/** What stands in the kept form's fields of each name, in their order. */
const valuesOf = (page: Page, names: readonly string[]): Promise<string[]> =>
  page.evaluate<string[]>(
    `${JSON.stringify(names)}.map((name) => [...document.querySelectorAll('#main form[data-keep] [name="' + name + '"]')]
      .filter((field) => field.type !== 'radio' || field.checked).map((field) => field.value).join('|'))`,
  );
const cursorTo = (page: Page, place: number) =>
  page.evaluate(`document.getElementById('source').setSelectionRange(${place}, ${place})`);
const storage = (page: Page): Promise<string> => page.evaluate('JSON.stringify({ ...sessionStorage })');

test('the template editor puts variables at the cursor, by keyboard too, and keeps all of it until it is saved or dropped', async () => {
  const person = await browse(house.people.applicant);
  const { page } = person;
  await page.goto('/templates/new');
  await page.getByLabel('模板名称').fill('到账提醒');
  await page.getByText('营销短信').first().click();
  const source = page.getByLabel('正文');
  await source.fill('您好，元已到账。');
  await cursorTo(page, 3);
  await page.getByRole('button', { name: '面额 {{value}}' }).press('Enter');
  await cursorTo(page, 0);
  await page.getByRole('button', { name: '姓名 {{name}}' }).press('Space');
  await page.keyboard.type('：');
  expect(await source.inputValue()).toBe('{{name}}：您好，{{value}}元已到账。');
  const row = page.locator('[data-variable="value"]');
  expect(await row.getByLabel('含义').inputValue()).toBe('面额');
  expect(await row.getByLabel('类型').inputValue()).toBe('money');
  await row.getByRole('textbox', { name: '示例' }).fill('50');
  expect(await seriousFindings(page)).toEqual([]);

  const fields = ['name', 'kind', 'source', 'variableName', 'variableLabel', 'variableType', 'variableExample'];
  const typed = ['到账提醒', 'marketing', await source.inputValue(), 'value|name', '面额|姓名', 'money|name', '50|'];
  expect(await valuesOf(page, fields)).toEqual(typed);
  await page.reload();
  await restored(page).waitFor();
  expect(await valuesOf(page, fields)).toEqual(typed);
  await page.getByRole('button', { name: 'EN', exact: true }).click();
  await page.getByText('Your unsaved changes have been restored.').waitFor();
  expect(await valuesOf(page, fields)).toEqual(typed);
  await page.getByRole('button', { name: '中', exact: true }).click();
  await restored(page).waitFor();
  await page.goto('/campaigns');
  await page.goto('/templates/new');
  await restored(page).waitFor();
  expect(await valuesOf(page, fields)).toEqual(typed);
  // It is this person's alone.
  expect(await storage(page)).toContain(`kept:${house.people.applicant.id}:template:/templates/new`);
  await page.getByRole('button', { name: '丢弃' }).click();
  await page.waitForFunction(`document.getElementById('name')?.value === ''`);
  expect(await restored(page).isVisible()).toBe(false);

  // Refused, it stays; saved, it is forgotten.
  await page.getByLabel('模板名称').fill('余额提醒');
  await page.getByLabel('短信签名').fill('外呼示例');
  await source.fill('您好，请拨13800138000');
  await page.getByLabel('网关账号').selectOption({ label: 'main' });
  await page.getByLabel('网关模板编号').fill('SMS_1');
  await page.getByRole('button', { name: '保存为新版本' }).click();
  await page.locator('.alert-danger').first().waitFor();
  expect(await restored(page).isVisible()).toBe(false);
  await page.goto('/templates/new');
  await restored(page).waitFor();
  await source.fill('您好，账单已出。');
  await page.getByRole('button', { name: '保存为新版本' }).click();
  await page.getByText('已保存“余额提醒”第 1 版。').waitFor();
  // The sentence is read before the page's scripts have run; nobody goes on as fast as a test.
  await page.waitForLoadState();
  await page.goto('/templates/new');
  expect(await valuesOf(page, ['name', 'source'])).toEqual(['', '']);
  expect(await restored(page).isVisible()).toBe(false);
  // A refusal is an answer, and a check that was on its way when the page was left is cut off.
  expect(person.complained().filter((line) => !/422|htmx:(?:afterRequest|sendAbort)/.test(line))).toEqual([]);
});

test('without a script the editor says what can be typed', async () => {
  const { page } = await browse(house.people.applicant, false);
  await page.goto('/templates/new');
  const words = (await page.locator('.insert').innerText()).replaceAll(/\s+/g, ' ');
  expect(words).toContain('插入变量： 姓名 {{name}} 等级 {{tier}} 面额 {{value}}');
  expect(await page.getByRole('button', { name: '{{name}}' }).count()).toBe(0);
});

test('a new campaign keeps its name and purpose until it is begun', async () => {
  const person = await browse(house.people.applicant);
  const { page } = person;
  await page.goto('/drafts/new');
  await page.getByLabel('活动名称').fill('国庆权益');
  await page.getByLabel('用途').fill('告知权益到账');
  const fields = ['name', 'purpose'];
  await page.reload();
  await restored(page).waitFor();
  await page.getByRole('button', { name: 'EN', exact: true }).click();
  await page.getByText('Your unsaved changes have been restored.').waitFor();
  expect(await valuesOf(page, fields)).toEqual(['国庆权益', '告知权益到账']);
  await page.getByRole('button', { name: '中', exact: true }).click();
  await restored(page).waitFor();
  await page.locator('form[data-keep] .form-acts .btn-primary').click();
  await page.waitForURL(/\/drafts\/[\w-]{36}/);
  await page.goto('/drafts/new');
  expect(await restored(page).isVisible()).toBe(false);
  expect(await valuesOf(page, ['purpose'])).toEqual(['']);
  await page.getByLabel('用途').fill('不要了');
  await page.getByRole('link', { name: '取消' }).click();
  await page.waitForURL(/\/campaigns/);
  await page.goto('/drafts/new');
  expect(await valuesOf(page, ['purpose'])).toEqual(['']);
  expect(person.complained()).toEqual([]);
});

test('settings keep what was typed, and never a secret', async () => {
  const { page } = await browse(house.people.administrator);
  await page.goto('/channels/new?kind=email');
  await page.getByLabel('名称').fill('公司邮件');
  await page.locator('[name=host]').fill('mail.example.com');
  await page.locator('[name=password]').fill('hunter2-secret');
  await page.reload();
  await restored(page).waitFor();
  expect(await valuesOf(page, ['name', 'host', 'password'])).toEqual(['公司邮件', 'mail.example.com', '']);
  expect(await storage(page)).not.toContain('hunter2');
  for (const [path, name, value] of [
    ['/topics', 'name', '新品'],
    ['/gateways/new', 'name', 'second'],
    ['/gateways/main/edit', 'ratePerSecond', '77'],
    ['/policy', 'deadNumberDays', '77'],
  ] as const) {
    await page.goto(path);
    const field = page.locator(`form[data-keep] [name="${name}"]`).first();
    await field.fill(value);
    await page.goto('/audit');
    await page.goto(path);
    await restored(page).first().waitFor();
    expect([path, await field.inputValue()]).toEqual([path, value]);
  }
  // What somebody else has saved since stands where nothing was typed.
  await house.pool.query(`update gateway_account set price_milli_yuan = 99 where name = 'main'`);
  await page.goto('/gateways/main/edit');
  await restored(page).first().waitFor();
  expect(await page.locator('[name=ratePerSecond]').inputValue()).toBe('77');
  expect(await page.locator('[name=priceYuan]').inputValue()).toBe('0.099');
  await page.goto('/policy');
  await page.locator('form[action="/policy"] .btn-primary').click();
  await page.locator('.flash').waitFor();
  expect(await restored(page).first().isVisible()).toBe(false);
});

test('a customer’s data stays out of the storage; the browser asks before they are lost', async () => {
  const { page } = await browse(house.people.operator);
  const asked: string[] = [];
  page.on('dialog', (dialog) => {
    asked.push(dialog.type());
    void dialog.accept();
  });
  await page.goto(`/customers/${customer}/edit`);
  await page.getByLabel('姓名').first().fill('欧阳克');
  await page.goto('/customers');
  expect(asked).toEqual(['beforeunload']);
  expect(await storage(page)).not.toMatch(/欧阳|kept:/);
  await page.goto(`/customers/${customer}/edit`);
  await page.getByLabel('姓名').first().fill('欧阳克');
  await page.locator('form[data-keep] .btn-primary').click();
  await page.waitForURL(new RegExp(`/customers/${customer}$`));
  expect(asked).toEqual(['beforeunload']);
});

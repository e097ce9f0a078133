import { mkdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seriousFindings } from '../../kit/axe.ts';
import { newPerson, openBrowser, phone, type BrowserPerson, type Viewport } from '../../kit/browser.ts';
import type { Person } from '../../kit/campaign.ts';
import { openSigning, type Signing } from './signing-kit.ts';

const browser = openBrowser();
let house: Signing;
let audience: string;
const open: BrowserPerson[] = [];
beforeAll(async () => {
  house = await openSigning({ publicUrl: 'listen' });
  audience = await house.addAudience(12);
});
afterAll(() => Promise.all(open.map((person) => person.close())));

const shots = process.env['SHOTS'];
if (shots) mkdirSync(shots, { recursive: true });
const shoot = async ({ page }: BrowserPerson, name: string) =>
  shots && page.screenshot({ path: `${shots}/${name}.png`, fullPage: true });

/** The person at a browser, signed in; how they came to be so is told elsewhere. */
async function sit(as: Person, viewport?: Viewport): Promise<BrowserPerson> {
  const person = await newPerson(browser.browser, { baseUrl: house.publicUrl, ...(viewport && { viewport }) });
  const { cookie } = await house.sessionOf(as);
  await person.context.addCookies(
    cookie.split('; ').map((pair) => {
      const [name = '', ...value] = pair.split('=');
      return { name, value: value.join('='), url: house.publicUrl };
    }),
  );
  open.push(person);
  return person;
}
const awaiting = async (): Promise<string> => (await house.awaiting(audience)).number;
async function enrolAtBrowser(person: BrowserPerson, owner: Person): Promise<void> {
  await person.page.goto('/account');
  await person.page.fill('#signing-key-label', '办公电脑');
  await person.page.click('[data-signing-key] button');
  await person.page.getByText('已登记，等待管理员批准').waitFor();
  await shoot(person, 'account-keys');
  const { rows } = await house.pool.query(`select id from credential where staff_id = $1 and kind = 'passkey'`, [
    owner.id,
  ]);
  const administrator = await house.hire('管理员', ['administrator']);
  await house.post(administrator, `/credentials/${(rows[0] as { id: string }).id}/approve`);
}

describe('a passkey in a real browser', () => {
  test('is registered, signs on a desk after the check box, and is verified by the browser', async () => {
    const number = await awaiting();
    const owner = await house.hire('周敏', ['liaison']);
    const person = await sit(owner);
    await enrolAtBrowser(person, owner);
    const { page } = person;
    await page.goto(`/sign-off/${number}`);
    const button = page.locator('[data-sign="desk"]');
    expect(await button.isDisabled()).toBe(true);
    await shoot(person, 'sign-off-desk');
    expect(await seriousFindings(page)).toEqual([]);
    await page.check('#read-all');
    await button.click();
    await page.locator('.flash').waitFor();
    expect(await page.locator('.flash').textContent()).toContain('已签字');
    await page.click('.so-panel [data-verify]');
    await page.locator('.so-panel').getByText('验证通过').waitFor();
    await shoot(person, 'sign-off-signed');
    expect(person.complained()).toEqual([]);
  });

  test('that does not know the person signs nothing: the page stays and says why; the next try succeeds', async () => {
    const number = await awaiting();
    const owner = await house.hire('沈国栋', ['liaison']);
    const person = await sit(owner);
    await enrolAtBrowser(person, owner);
    const { page, authenticator } = person;
    await page.goto(`/sign-off/${number}`);
    await authenticator.setUserVerified(false);
    await page.check('#read-all');
    await page.click('[data-sign="desk"]');
    await page.getByText('可以再试一次').first().waitFor();
    expect(page.url()).toContain(number);
    await authenticator.setUserVerified(true);
    await page.click('[data-sign="desk"]');
    await page.locator('.flash').waitFor();
    expect(await page.locator('.flash').textContent()).toContain('已签字');
  });

  test('on a phone signs after the longest text and the audience were opened', async () => {
    const number = await awaiting();
    const owner = await house.hire('陈思远', ['liaison']);
    const person = await sit(owner, phone);
    await enrolAtBrowser(person, owner);
    const { page } = person;
    await page.goto(`/sign-off/${number}`);
    const button = page.locator('[data-sign="phone"]');
    await shoot(person, 'sign-off-phone');
    expect(await seriousFindings(page)).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    expect(await button.isDisabled()).toBe(true);
    await page.click('label[for="so-tab-2"]');
    expect(await button.isDisabled()).toBe(true);
    await page.click('[data-audience] summary');
    await expect.poll(() => button.isDisabled()).toBe(false);
    await button.click();
    await page.locator('.flash').waitFor();
    expect(person.complained()).toEqual([]);
  });

  test('a tick set before the page has loaded stays, and signs', async () => {
    const number = await awaiting();
    const owner = await house.hire('赵立新', ['liaison']);
    const person = await sit(owner);
    await enrolAtBrowser(person, owner);
    const { page } = person;
    const slow = Promise.withResolvers<void>();
    await page.route('**/slow.svg', async (route) => {
      await slow.promise;
      await route.fulfill({ status: 204 });
    });
    await page.addInitScript(`addEventListener('DOMContentLoaded', () => (new Image().src = '/slow.svg'))`);
    await page.goto(`/sign-off/${number}`, { waitUntil: 'domcontentloaded' });
    await page.check('#read-all');
    slow.resolve();
    await page.waitForLoadState('load');
    await page.evaluate('new Promise((shown) => setTimeout(shown))');
    expect(await page.isChecked('#read-all')).toBe(true);
    await page.click('[data-sign="desk"]');
    await page.locator('.flash').waitFor();
  });

  test('a text changed on its way to the browser is not signed', async () => {
    const number = await awaiting();
    const owner = await house.hire('李娜', ['liaison']);
    const person = await sit(owner);
    await enrolAtBrowser(person, owner);
    const { page } = person;
    await page.goto(`/sign-off/${number}`);
    await page.evaluate(`document.getElementById('sign-data').dataset.canonical += ' '`);
    await page.check('#read-all');
    await page.click('[data-sign="desk"]');
    await page.getByText('浏览器重算的摘要与页面所示不一致').first().waitFor();
  });
});

test.each([
  ['at a desk', undefined, 'zh-CN'],
  ['on a phone in English', phone, 'en'],
] as const)('the other pages are usable %s', async (_, viewport, language) => {
  const number = await awaiting();
  const person = await sit(house.people.applicant, viewport);
  const { page, context } = person;
  await context.addCookies([{ name: 'waihu-language', value: language, url: house.publicUrl }]);
  for (const path of ['/sign-off', `/sign-off/${number}`, '/archive', '/notices', '/account']) {
    await page.goto(path);
    if (shots) await page.screenshot({ path: `${shots}/${language}${path.replaceAll('/', '-')}.png`, fullPage: true });
    expect([path, await seriousFindings(page)]).toEqual([path, []]);
    expect([path, await page.evaluate('document.documentElement.scrollWidth - innerWidth')]).toEqual([path, 0]);
  }
  expect(person.complained()).toEqual([]);
});

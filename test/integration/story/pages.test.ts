import { gzipSync } from 'node:zlib';
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { fileOf } from '../../../src/kit/page/assets.ts';
import { playDemo, type Demo } from '../../../tools/screens/demo.ts';
import { screens, type Who } from '../../../tools/screens/pages.ts';
import { signInByLink } from '../../../tools/screens/sign-in.ts';
import { desktop, openBrowser, phone } from '../../kit/browser.ts';
import { openConsoleHouse, type Visitor } from '../../kit/console-house.ts';
import { open, lookOver } from './kit.ts';

vi.setConfig({ testTimeout: 120_000 });
const chrome = openBrowser();
const house = await openConsoleHouse({ scenario: { receipts: { failures: { share: 0.05 } } } });
const visitors = new Map<string, Visitor>();
let demo: Demo;

beforeAll(async () => {
  demo = await playDemo({ ...house, administratorId: house.administrator.id });
  const links: [Who, string][] = [['administrator', house.firstLink]];
  for (const [who, { welcome }] of Object.entries(demo.people)) links.push([who as Who, welcome]);
  const sessions = new Map<Who, Awaited<ReturnType<typeof signInByLink>>>();
  for (const [who, link] of links) sessions.set(who, await signInByLink(chrome.browser, house.baseUrl, link));
  for (const who of [...sessions.keys(), null])
    for (const kind of ['desk', 'phone']) {
      const visitor = await house.visitor(
        chrome.browser,
        `${who ?? 'nobody'}-${kind}`,
        kind === 'phone' ? { viewport: phone } : {},
      );
      await visitor.context.addCookies(sessions.get(who)?.cookies ?? []);
      visitors.set(`${who ?? 'nobody'}-${kind}`, visitor);
    }
}, 240_000);
afterAll(async () => {
  for (const visitor of visitors.values()) await visitor.close();
});

const kilobyte = 1_024;

const named = screens.map((screen) => [screen.name, screen] as const);
test.each(named)('%s is clean at a desk and on a phone, and loads at most 100 kB of script', async (_, screen) => {
  for (const kind of ['desk', 'phone']) {
    const visitor = visitors.get(`${screen.as ?? 'nobody'}-${kind}`) as Visitor;
    const { page } = visitor;
    await page.goto(screen.path(demo));
    await page.waitForLoadState('load');
    const scripts = new Set(visitor.documents.flatMap((each) => [...each.scripts]));
    const bytes = [...scripts].map((path) => sizeOf(path)).reduce((sum, size) => sum + size, 0);
    expect(scripts.size).toBeGreaterThan(1);
    expect(bytes).toBeLessThan(100 * kilobyte);
    await lookOver(visitor);
    const widths = kind === 'phone' ? [phone.width] : [desktop.width, 1280, 1024];
    for (const width of widths) {
      await page.setViewportSize({ ...(kind === 'phone' ? phone : desktop), width });
      expect(await sidewaysOf(visitor), `px to scroll sideways at ${width}`).toBe(0);
      // The search of everything is in reach at every width, as a field or as a lens.
      if (screen.as) expect(await page.locator('.top-search').isVisible()).toBe(true);
    }
    await page.setViewportSize(kind === 'phone' ? phone : desktop);
  }
});

const visitorOf = (who: Who, kind: 'desk' | 'phone'): Visitor => visitors.get(`${who}-${kind}`) as Visitor;

test('the form fits a screen and says who signs next; at 1024 px the way to sign is in the first screen', async () => {
  const { page } = await openAt('leader', `/sign-off/${demo.numbers.awaitingLeader}`);
  expect(await page.evaluate('document.documentElement.scrollHeight')).toBeLessThanOrEqual(desktop.height);
  expect(await page.locator('.so-steps .so-step-now').innerText()).toContain(demo.people.leader.name);
  expect(await page.locator('.so-seats').innerText()).toContain(demo.people.leader.name);
  await page.setViewportSize({ width: 1024, height: 768 });
  const button = await page.locator('button[data-sign=desk]').boundingBox();
  expect(button && button.y + button.height).toBeLessThanOrEqual(768);
  await page.setViewportSize(desktop);
});

test('on a phone a campaign is a card whose next act is in reach, and a row of any list says its columns', async () => {
  const { page } = await openAt('leader', '/campaigns', 'phone');
  const act = page.locator(`tr:has-text("${demo.numbers.awaitingLeader}") td:last-child a`);
  expect(await act.getAttribute('href')).toBe(`/sign-off/${demo.numbers.awaitingLeader}`);
  const box = await act.boundingBox();
  expect(box && box.x >= 0 && box.x + box.width <= phone.width).toBe(true);
  for (const path of ['/campaigns', '/customers', '/templates', '/suppressions', '/imports', '/audiences']) {
    const { page: list } = await openAt('applicant', path, 'phone');
    // A cell lies below the one before it, not beside it.
    const tops = await list.evaluate<number[]>(firstRow);
    expect(tops, path).toEqual([...new Set(tops)].toSorted((a, b) => a - b));
  }
});

test('a returned campaign shows what there is, and no card without anything in it', async () => {
  const { page } = await openAt('applicant', `/campaigns/${demo.numbers.rejected}`);
  expect(await page.locator('#chart-speed, #chart-delay, #part-codes').count()).toBe(0);
  expect(await page.locator('#part-events .event').count()).toBeGreaterThan(0);
});

test.each(['applicant', 'administrator'] as const)(
  'the line of keys tells the %s of a new campaign if they can make one',
  async (who) => {
    const { page } = await openAt(who, '/campaigns');
    const makes = (await page.locator('main [data-key=n]').count()) > 0;
    expect((await page.locator('.card-foot').innerText()).includes('N 新建')).toBe(makes);
    expect(makes).toBe(who === 'applicant');
  },
);

test('every dialog takes the focus, keeps it, closes by Esc and gives the focus back', async () => {
  const seen = new Set<string>();
  for (const screen of screens.filter(({ name }) => withDialogs.has(name))) {
    const { page } = visitorOf(screen.as, 'desk');
    await page.goto(screen.path(demo));
    const openers = page.locator('main button[popovertarget]:not([popovertargetaction]):visible');
    for (const opener of (await openers.all()).slice(0, 6)) {
      const id = (await opener.getAttribute('popovertarget')) ?? '';
      await opener.click();
      await expectModal(page, id);
      await page.keyboard.press('Escape');
      expect(await page.evaluate(focused), `${id}: after Esc`).toBe(`opener of ${id}`);
      seen.add(id.replace(/-[0-9a-f]{8}-.*/, ''));
    }
  }
  expect([...seen].toSorted()).toEqual(expect.arrayContaining(reachable));
});

test('a dialog that is opened by its key, and the drawer of an explanation, hold the focus too', async () => {
  const { page } = await openAt('applicant', `/campaigns/${demo.numbers.scheduled}`);
  const opener = page.locator('main button[popovertarget]').first();
  await page.evaluate(`document.querySelector('main button[popovertarget]').setAttribute('data-key', 'p')`);
  await page.keyboard.press('p');
  await expectModal(page, (await opener.getAttribute('popovertarget')) ?? '');
  await page.keyboard.press('Escape');

  await page.goto(`/campaigns/${demo.numbers.archived}/ledger`);
  await page.locator('[data-drawer]').nth(1).click();
  await page.locator('#drawer[open] #explain-title').waitFor();
  await expectModal(page, 'drawer');
  await page.keyboard.press('ArrowDown');
  await page.waitForURL(/people\/3$/);
  await expectModal(page, 'drawer');
  await page.keyboard.press('Escape');
  expect(await page.evaluate('document.activeElement.textContent')).toBe(
    await page.locator('[data-drawer]').nth(2).innerText(),
  );
  expect(new URL(page.url()).pathname).toBe(`/campaigns/${demo.numbers.archived}/ledger`);
});

test('a name that is typed wrongly is refused in words, before anything is sent', async () => {
  const { page } = await openAt('applicant', `/campaigns/${demo.numbers.paused}`);
  await page.locator('main button[popovertarget=cancel]:not([popovertargetaction])').click();
  const typed = page.locator('#cancel-typed');
  const said = () => page.evaluate<string>(`document.getElementById('cancel-typed').validationMessage`);
  await typed.fill('十一月');
  expect(await said()).toContain('与“十一月还款提醒”不一致');
  await typed.fill('十一月还款提醒');
  expect(await said()).toBe('');
  await page.keyboard.press('Escape');
});

test('a campaign that opens behind other tabs holds no connection until it is looked at', async () => {
  const page = await visitorOf('applicant', 'desk').context.newPage();
  const streams: string[] = [];
  page.on('request', (request) => {
    if (request.url().endsWith('/events')) streams.push(new URL(request.url()).pathname);
  });
  await page.addInitScript(
    `Object.defineProperty(document, 'hidden', { configurable: true, get: () => globalThis.inFront !== true })`,
  );
  const path = `/campaigns/${demo.numbers.paused}`;
  await page.goto(path);
  await page.waitForLoadState('load');
  expect(streams).toEqual([]);
  const stream = page.waitForRequest((request) => request.url().endsWith(`${path}/events`));
  await page.evaluate(`globalThis.inFront = true; document.dispatchEvent(new Event('visibilitychange'));`);
  await stream;
  await page.close();
});

test('days read as the console’s language writes them, whatever the browser’s own is', async () => {
  const zh = await openAt('applicant', '/campaigns');
  expect(await zh.page.locator('input[name=from]').getAttribute('type')).toBe('date');
  const abroad = await house.visitor(chrome.browser, 'abroad', { locale: 'en' });
  await abroad.context.addCookies([
    ...(await zh.context.cookies()),
    { name: 'waihu-language', value: 'zh-CN', url: house.baseUrl },
  ]);
  await abroad.page.goto('/campaigns');
  const from = abroad.page.locator('input[name=from]');
  await expect.poll(() => from.getAttribute('placeholder')).toContain('年-月-日');
  const fits = () => abroad.page.evaluate<boolean>(`document.querySelector('input[name=from]').checkValidity()`);
  await from.fill('11/28/2026');
  expect(await fits()).toBe(false);
  await from.fill('2026-11-28');
  expect(await fits()).toBe(true);
  await abroad.close();
});

/** Pages of the demonstration that hold dialogs, and the dialogs; the others are the same partial. */
const withDialogs = new Set([
  'campaign-paused',
  'draft-checks',
  'sign-off-liaison',
  'customer',
  'import',
  'suppressions',
  'gateway',
  'person',
]);
const reachable = ['accept', 'cancel', 'delete-draft', 'discard', 'lift', 'reject', 'reveal', 'webhooks'];

const openAt = async (who: Who, path: string, kind: 'desk' | 'phone' = 'desk'): Promise<Visitor> => {
  const visitor = visitorOf(who, kind);
  await open(visitor, path);
  return visitor;
};

/** Modal, named, with the focus in it: never on what stops or takes away, and not let out by Tab (`body` is the browser's own frame). */
async function expectModal(page: Page, id: string): Promise<void> {
  expect(await page.evaluate(`document.getElementById('${id}').matches(':modal')`), `${id} is modal`).toBe(true);
  const name = `document.getElementById(document.getElementById('${id}').getAttribute('aria-labelledby')).textContent.trim()`;
  expect(await page.evaluate(name), `${id} has a name`).not.toBe('');
  expect(await page.evaluate(focused), `${id}: on opening`).toBe(`inside ${id}`);
  const dangerous = `document.activeElement.matches('.btn-danger, .btn-pause, .dialog-acts button:not([type=button])')`;
  expect(await page.evaluate(dangerous), `${id}: the focus is on its act`).toBe(false);
  for (const key of ['Tab', 'Tab', 'Tab', 'Tab', 'Tab', 'Tab', 'Shift+Tab', 'Shift+Tab']) {
    await page.keyboard.press(key);
    expect([`inside ${id}`, 'body'], `${id}: after ${key}`).toContain(await page.evaluate(focused));
  }
}

/** Where the focus is, in a word. */
const focused = `(() => {
  const at = document.activeElement;
  const inside = at.closest('dialog');
  if (inside) return 'inside ' + inside.id;
  return at.hasAttribute('popovertarget') ? 'opener of ' + at.getAttribute('popovertarget') : at.localName;
})()`;
/** Where the cells of the first row that is there begin, from above. */
const firstRow = `[...document.querySelector('.rows tbody tr').cells]
  .map((cell) => cell.getBoundingClientRect())
  .filter(({ height }) => height > 0)
  .map(({ top }) => Math.round(top))`;

/** Compressed, as it goes over the wire; the charts' library is apart. */
function sizeOf(path: string): number {
  const name = path.replace('/assets/', '');
  return name === 'echarts.js' ? 0 : gzipSync(readFileSync(fileOf(name) ?? '')).length;
}

const sidewaysOf = ({ page }: Visitor): Promise<number> =>
  page.evaluate('Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth)');

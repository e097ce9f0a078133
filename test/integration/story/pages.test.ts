import { gzipSync } from 'node:zlib';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { fileOf } from '../../../src/http/console/assets.ts';
import { playDemo, type Demo } from '../../../tools/screens/demo.ts';
import { screens, type Who } from '../../../tools/screens/pages.ts';
import { signInByLink } from '../../../tools/screens/sign-in.ts';
import { openBrowser, phone } from '../../kit/browser.ts';
import { openConsoleHouse, type Visitor } from '../../kit/console-house.ts';
import { lookOver } from './kit.ts';

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
    if (kind === 'phone') expect(await sidewaysOf(visitor), 'px to scroll sideways').toBe(0);
  }
});

/** Compressed, as it goes over the wire; the charts' library is apart. */
function sizeOf(path: string): number {
  const name = path.replace('/assets/', '');
  return name === 'echarts.js' ? 0 : gzipSync(readFileSync(fileOf(name) ?? '')).length;
}

const sidewaysOf = ({ page }: Visitor): Promise<number> =>
  page.evaluate('Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth)');

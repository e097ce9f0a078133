// Takes the pictures of tools/screens/pages.ts from a running Waihu.
// Run: npx node tools/screens/shoot.ts --base-url http://localhost:8080 --out .waihu/screens [--sessions folder] [name…]
// A session is what Playwright's `context.storageState({ path })` writes once somebody has signed in.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { readConfig } from '../../src/config.ts';
import { chineseFont, type PrintAssets } from '../../src/print/assets.ts';
import { launchBrowser } from '../../src/print/browser.ts';
import { shots, type Shot } from './pages.ts';

const heights = { 1440: 900, 390: 844 };
const fontPath = '/waihu-screens-font';
// A bare machine has none of these; each is played by Noto Sans SC, so that Chinese is not boxes.
const families = ['Noto Sans SC Variable', 'Noto Sans SC', 'PingFang SC', 'Microsoft YaHei'];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { 'base-url': { type: 'string' }, out: { type: 'string' }, sessions: { type: 'string', default: '.' } },
});
const baseUrl = values['base-url'];
const out = values.out;
if (baseUrl === undefined || out === undefined) throw new Error('Say --base-url and --out.');
const unknown = positionals.filter((name) => !shots.some((shot) => shot.name === name));
if (unknown.length > 0) throw new Error(`tools/screens/pages.ts has no ${unknown.join(', ')}.`);

mkdirSync(out, { recursive: true });
const { browser, close } = await launchBrowser({ browserPath: readConfig(process.env).browserPath });
try {
  const font = await chineseFont(fontPath);
  for (const shot of shots.filter(({ name }) => positionals.length === 0 || positionals.includes(name))) {
    const file = join(out, `${shot.name}.${shot.language}.${shot.width}.png`);
    await shoot(browser, shot, font, baseUrl, file);
    console.log(file);
  }
} finally {
  await close();
}

async function shoot(from: Browser, shot: Shot, font: PrintAssets, baseURL: string, file: string): Promise<void> {
  const context = await from.newContext({
    baseURL,
    viewport: { width: shot.width, height: heights[shot.width] },
    locale: shot.language,
    timezoneId: 'Asia/Shanghai',
    reducedMotion: 'reduce',
    // For the font alone: its stylesheet is not the product's.
    bypassCSP: true,
    ...(shot.signedInAs !== null && { storageState: join(values.sessions, `${shot.signedInAs}.json`) }),
  });
  try {
    await serveFont(context, font);
    const page = await context.newPage();
    const answer = await page.goto(shot.path, { waitUntil: 'load' });
    if (!answer?.ok()) throw new Error(`${shot.path} answered ${answer?.status() ?? 'nothing'}.`);
    await page.addStyleTag({ url: `${fontPath}/index.css` });
    await page.evaluate('document.fonts.ready.then(() => undefined)');
    await settled(page, file);
  } finally {
    await context.close();
  }
}

async function serveFont(context: BrowserContext, font: PrintAssets): Promise<void> {
  await context.route(`**${fontPath}/**`, async (route) => {
    const asset = font.get(new URL(route.request().url()).pathname);
    if (asset === undefined) return route.abort();
    if ('file' in asset) return route.fulfill({ contentType: asset.type, path: asset.file });
    const css = families.map((family) => String(asset.body).replaceAll('Noto Sans SC Variable', family)).join('\n');
    return route.fulfill({ contentType: asset.type, body: css });
  });
}

/** Two equal pictures in a row mean that charts and streams have drawn; a page that never rests is taken as it is. */
async function settled(page: Page, path: string): Promise<void> {
  let before: Buffer = Buffer.alloc(0);
  for (let look = 0; look < 20; look += 1) {
    const picture = await page.screenshot({ animations: 'disabled', caret: 'hide', path });
    if (picture.equals(before)) return;
    before = picture;
    await sleep(150);
  }
}

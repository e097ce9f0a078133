// Takes the pictures of docs/screens: brings up a Waihu of its own, plays the demonstration, opens every page of pages.ts.
// Run: npm run screens [-- name…] [-- --out folder]
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { readConfig } from '../../src/app/config.ts';
import { launchBrowser } from '../../src/kit/print/browser.ts';
import { playDemo } from './demo.ts';
import { openScreensHouse } from './house.ts';
import { screens, type Screen, type Who } from './pages.ts';
import { withPalette } from './palette.ts';
import { signInByLink } from './sign-in.ts';

const languages = ['zh-CN', 'en'] as const;
const desk = { width: 1440, height: 900 };
const phone = { width: 390, height: 844 };

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { out: { type: 'string', default: 'docs/screens' } },
});
const unknown = positionals.filter((name) => !screens.some((screen) => screen.name === name));
if (unknown.length > 0) throw new Error(`tools/screens/pages.ts has no ${unknown.join(', ')}.`);
const wanted = screens.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
mkdirSync(values.out, { recursive: true });

const house = await openScreensHouse();
try {
  const { browser, close } = await launchBrowser({ browserPath: readConfig(process.env).browserPath });
  try {
    await shootAll(browser);
  } finally {
    await close();
  }
} finally {
  await house.close();
}

async function shootAll(browser: Browser): Promise<void> {
  const { baseUrl } = house.stage;
  const demo = await playDemo(house.stage);
  const links = new Map<Exclude<Who, null>, string>([
    ['administrator', house.firstLink],
    ...Object.entries(demo.people).map(([who, { welcome }]) => [who as Exclude<Who, null>, welcome] as const),
  ]);
  const sessions = new Map<Who, Awaited<ReturnType<BrowserContext['storageState']>>>();
  for (const [who, link] of links) sessions.set(who, await signInByLink(browser, baseUrl, link));

  for (const screen of wanted)
    for (const language of languages)
      for (const viewport of screen.phone ? [desk, phone] : [desk]) {
        const state = sessions.get(screen.as);
        const context = await browser.newContext({
          baseURL: baseUrl,
          viewport,
          locale: language,
          timezoneId: 'Asia/Shanghai',
          reducedMotion: 'reduce',
          ...(state && { storageState: state }),
        });
        await context.addCookies([{ name: 'waihu-language', value: language, url: baseUrl }]);
        const kind = viewport === phone ? '.phone' : '';
        const file = join(values.out, `${screen.name}${kind}.${language}.png`);
        await shoot(await context.newPage(), screen, screen.path(demo), file);
        process.stdout.write(`${file}\n`);
        await context.close();
      }
}

async function shoot(page: Page, screen: Screen, path: string, file: string): Promise<void> {
  const answer = await page.goto(path, { waitUntil: 'load' });
  const refused = screen.name === 'refusal' || screen.name === 'missing';
  if (answer?.ok() === refused) throw new Error(`${screen.name} answered ${answer.status()}.`);
  await page.evaluate('document.fonts.ready.then(() => undefined)');
  // Two equal pictures in a row mean that charts and streams have drawn; a page that never rests is taken as it is.
  let before: Buffer = Buffer.alloc(0);
  for (let look = 0; look < 12; look += 1) {
    const picture = await page.screenshot({ animations: 'disabled', caret: 'hide' });
    const rests = picture.equals(before);
    before = picture;
    if (rests) break;
    await sleep(150);
  }
  writeFileSync(file, withPalette(before));
}

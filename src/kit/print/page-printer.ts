import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, BrowserContext, Page, Route } from 'playwright-core';
import { AppError } from '../../kernel/app-error.rule.ts';
import type { PrintAssets } from './assets.ts';

/** `.invalid` never resolves (RFC 6761): what is not in the map cannot be fetched even by mistake. */
const origin = 'http://waihu.print.invalid';
const documentUrl = `${origin}/document`;

const policy = "default-src 'none'; style-src 'self' 'unsafe-inline'; font-src 'self'; img-src 'self' data:";

const fontPollMs = 10;

/** Not `innerText`: without a font that is empty too. */
const showsText = `[...document.querySelectorAll('body, body *')].some((element) => element.checkVisibility() &&
  [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim() !== ''))`;

/** Prints one page in a context of its own: no scripts, no network, nothing kept. Throws `print.failed` when an asset of ours is missing,
 *  `print.no-font` when the sheet would stay empty. */
export async function printPage(browser: Browser, html: string, assets: PrintAssets): Promise<Buffer> {
  const context = await browser.newContext({
    javaScriptEnabled: false,
    serviceWorkers: 'block',
    acceptDownloads: false,
    locale: 'zh-CN',
    timezoneId: 'Asia/Shanghai',
  });
  try {
    const missing = await serve(context, html, assets);
    const page = await context.newPage();
    // Before loading: fonts that only the print style needs must be fetched too.
    await page.emulateMedia({ media: 'print' });
    await page.goto(documentUrl, { waitUntil: 'load' });
    await fontsLoaded(page);
    if (missing.length > 0) {
      throw new AppError('unavailable', 'print.failed', `The page to print lacks ${missing.join(', ')}.`, { missing });
    }
    const hasText = await page.evaluate<boolean>(showsText);
    const pdf = await page.pdf({
      format: 'A4',
      printBackground: true,
      displayHeaderFooter: false,
      tagged: true,
      outline: true,
    });
    // A browser on a machine without fonts prints empty sheets and calls it a success.
    if (hasText && !pdf.includes('/Type /Font')) throw noFont();
    return pdf;
  } finally {
    await context.close().catch(() => undefined);
  }
}

const noFont = (): AppError =>
  new AppError(
    'unavailable',
    'print.no-font',
    'The browser finds no font on this machine and prints empty pages: install one, such as the package fonts-dejavu-core.',
  );

/** Answers for the made-up origin, refuses everything else. Returns the paths of ours that could not be served, as they come. */
async function serve(context: BrowserContext, html: string, assets: PrintAssets): Promise<string[]> {
  const missing: string[] = [];
  let served = false;
  await context.route('**/*', async (route) => {
    const url = new URL(route.request().url());
    if (url.href === documentUrl && !served) {
      // Once: a page that refreshes itself would otherwise never be done.
      served = true;
      const headers = { 'content-security-policy': policy };
      await route.fulfill({ contentType: 'text/html; charset=utf-8', headers, body: html });
    } else if (url.origin === origin && url.pathname.startsWith('/assets/')) {
      if (!(await fulfil(route, assets, url.pathname))) missing.push(url.pathname);
    } else {
      await route.abort('blockedbyclient');
    }
  });
  return missing;
}

async function fulfil(route: Route, assets: PrintAssets, path: string): Promise<boolean> {
  const asset = assets.get(path);
  const body = asset === undefined ? null : 'body' in asset ? asset.body : await readFile(asset.file).catch(() => null);
  if (asset === undefined || body === null) {
    await route.abort('failed');
    return false;
  }
  await route.fulfill({ contentType: asset.type, body });
  return true;
}

/** `font-display: swap` paints with a substitute until the font is there; paper has no later. */
async function fontsLoaded(page: Page): Promise<void> {
  // Reading a size makes the browser lay the page out, and only the layout asks for fonts.
  await page.evaluate('document.documentElement.offsetHeight');
  while ((await page.evaluate('document.fonts.status')) !== 'loaded') await sleep(fontPollMs);
}

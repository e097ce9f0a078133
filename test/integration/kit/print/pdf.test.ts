import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chineseFont, type PrintAsset } from '../../../../src/kit/print/assets.ts';
import { createPrinter, type Printer } from '../../../../src/kit/print/pdf.ts';
import { readPdf } from './pdf-text.ts';

let printer: Printer;
let font: Awaited<ReturnType<typeof chineseFont>>;

beforeAll(async () => {
  font = await chineseFont();
  printer = createPrinter({ assets: font });
});
afterAll(() => printer.close());

const sheet = (body: string, head = ''): string => `<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><title>确认书</title>
<link rel="stylesheet" href="/assets/noto-sans-sc/index.css">
<style>body { font-family: 'Noto Sans SC Variable' }</style>${head}</head><body>${body}</body></html>`;

test('Chinese text is printed in an embedded Chinese font and can be copied out again', async () => {
  const text = '尊敬的客户，您的账单将于9月30日到期，请及时还款。【瓦湖银行】￥1,234.56 — 谢谢！';
  const pdf = readPdf(await printer.pdf(sheet(`<p>${text}</p>`)));
  expect(pdf.pages).toEqual([text]);
  expect(new Set(pdf.fonts)).toEqual(new Set(['NotoSansSC-Thin']));
});

test('a rare character brings its own piece of the font along', async () => {
  const pdf = readPdf(await printer.pdf(sheet('<p>喆堃龘</p>')));
  expect(pdf.pages).toEqual(['喆堃龘']);
  expect(new Set(pdf.fonts)).toEqual(new Set(['NotoSansSC-Thin']));
});

test('text that only paper shows has its font too', async () => {
  const style = '<style>#paper { display: none } @media print { #paper { display: block } }</style>';
  const pdf = readPdf(await printer.pdf(sheet('<p id="paper">仅供打印</p>', style)));
  expect(pdf.pages).toEqual(['仅供打印']);
  expect(new Set(pdf.fonts)).toEqual(new Set(['NotoSansSC-Thin']));
});

test('sheets are A4, break where the page says, and are outlined by its headings', async () => {
  const body = '<h1>第一章</h1><p>甲</p><h1 style="break-before: page">第二章</h1><p>乙</p>';
  const bytes = await printer.pdf(sheet(body));
  const pdf = readPdf(bytes);
  expect(pdf.pages).toEqual(['第一章甲', '第二章乙']);
  expect(pdf.outline.toSorted()).toEqual(['第一章', '第二章'].toSorted());
  const [, width, height] = /\/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]/.exec(bytes.toString('latin1')) ?? [];
  expect([Math.round(Number(width)), Math.round(Number(height))]).toEqual([596, 843]);
  expect(bytes.includes('/StructTreeRoot')).toBe(true);
});

test('scripts in the page do not run, wherever they stand', async () => {
  const script = `document.body.textContent = 'scripted'`;
  const body = `<p id="p">原文</p><script>${script}</script><svg onload="${script}"></svg><img src="data:," onerror="${script}">
    <noscript>无脚本</noscript>`;
  expect(readPdf(await printer.pdf(sheet(body))).pages).toEqual(['原文无脚本']);
});

test('nothing is asked of any other server, by whichever way the page tries', async () => {
  let connections = 0;
  const stranger = createServer((_, reply) => reply.end('<p>stranger</p>')).on('connection', () => (connections += 1));
  await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
  const away = `http://127.0.0.1:${(stranger.address() as AddressInfo).port}`;
  const head = `<link rel="stylesheet" href="${away}/a.css"><link rel="preconnect" href="${away}">
    <link rel="prefetch" href="${away}/p"><link rel="dns-prefetch" href="${away}"><base href="${away}">
    <style>@import url("${away}/b.css"); @font-face { font-family: x; src: url("${away}/x.woff2") }
    p { background: url("${away}/c.png"); font-family: x, 'Noto Sans SC Variable' }</style>`;
  const body = `<p>留下</p><img src="${away}/d.png"><iframe src="${away}/e"></iframe><object data="${away}/f"></object>
    <video src="${away}/g" poster="${away}/h"></video><iframe src="file:///etc/hostname"></iframe>`;
  // The page's own stylesheet link comes before <base>, so it still points to us.
  const pdf = readPdf(await printer.pdf(sheet(body, head)));
  // The rest is the clock of the video that never came.
  expect(pdf.pages).toEqual(['留下0:00']);
  expect(connections).toBe(0);
  await new Promise((resolve) => stranger.close(resolve));
});

test('a page that sends itself elsewhere or refreshes itself is printed as it was given, or refused', async () => {
  for (const target of ['http://127.0.0.1:1/', 'http://waihu.print.invalid/document', 'file:///etc/hostname']) {
    const result = await printer
      .pdf(sheet('<p>原页</p>', `<meta http-equiv="refresh" content="0;url=${target}">`))
      .then((pdf) => readPdf(pdf).pages)
      .catch((error: unknown) => error);
    expect([['原页'], expect.objectContaining({ code: 'print.failed' })]).toContainEqual(result);
  }
});

test.each<[string, PrintAsset | null]>([
  ['unknown to the map', null],
  ['gone from the disk', { type: 'text/css', file: '/nonexistent/paper.css' }],
])('a stylesheet of ours that is %s fails the print instead of spoiling it', async (_, asset) => {
  const own = createPrinter({ assets: new Map(asset === null ? font : [...font, ['/assets/paper.css', asset]]) });
  const link = '<link rel="stylesheet" href="/assets/paper.css">';
  await expect(own.pdf(sheet('<p>纸</p>', link))).rejects.toMatchObject({
    code: 'print.failed',
    details: { missing: ['/assets/paper.css'] },
  });
  await own.close();
});

test('one document leaves nothing behind for the next', async () => {
  const assets = new Map([...font, ['/assets/red.css', { type: 'text/css', body: 'p { display: none }' }] as const]);
  const own = createPrinter({ assets });
  const first = await own.pdf(sheet('<p>甲</p>', '<link rel="stylesheet" href="/assets/red.css">'));
  const second = await own.pdf(sheet('<p>乙</p>'));
  expect([first, second].map((pdf) => readPdf(pdf).pages)).toEqual([[''], ['乙']]);
  await own.close();
});

test('many documents at once each get their own text', async () => {
  const names = Array.from({ length: 12 }, (_, at) => `第${at}份`);
  const pdfs = await Promise.all(names.map((name) => printer.pdf(sheet(`<p>${name}</p>`))));
  expect(pdfs.map((pdf) => readPdf(pdf).pages[0])).toEqual(names);
});

test('who comes when too many wait is refused at once, and the queue still gets done', async () => {
  const own = createPrinter({ assets: font, maxWaiting: 2 });
  const accepted = [own.pdf(sheet('<p>一</p>')), own.pdf(sheet('<p>二</p>'))];
  await expect(own.pdf(sheet('<p>三</p>'))).rejects.toMatchObject({ kind: 'unavailable', code: 'print.busy' });
  expect((await Promise.all(accepted)).map((pdf) => readPdf(pdf).pages[0])).toEqual(['一', '二']);
  expect(readPdf(await own.pdf(sheet('<p>四</p>'))).pages).toEqual(['四']);
  await own.close();
});

test('a long list keeps every row', async () => {
  const rows = Array.from({ length: 1_500 }, (_, at) => `<tr><td>r${at};</td></tr>`);
  const pdf = readPdf(await printer.pdf(sheet(`<table>${rows.join('')}</table>`)));
  expect(pdf.pages.length).toBeGreaterThan(20);
  expect(pdf.pages.join('').match(/r\d+;/g)).toEqual(Array.from({ length: 1_500 }, (_, at) => `r${at};`));
});

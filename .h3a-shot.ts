import { readFileSync } from 'node:fs';
import { launchBrowser } from '/work/main/src/print/browser.ts';
const { at, key, number } = JSON.parse(readFileSync('/tmp/h3a/serve.json', 'utf8'));
const b = await launchBrowser();
const which = process.argv[2]; const lang = process.argv[3] ?? 'zh-CN'; const width = Number(process.argv[4] ?? 1440);
const page = await b.browser.newPage({ viewport: { width, height: width < 500 ? 844 : 900 }, extraHTTPHeaders: { authorization: `Bearer ${key}`, cookie: `waihu-language=${lang}` } });
page.on('console', (m) => { if (m.type() === 'error' || m.type() === 'warning') console.log('console:', m.text().slice(0, 300)); });
page.on('pageerror', (e) => console.log('pageerror', e.message));
const paths: Record<string, string> = { list: '/campaigns', live: `/campaigns/${number}`, ledger: `/campaigns/${number}/ledger?part=suppressed`, drawer: `/campaigns/${number}/ledger?part=suppressed`, explain: `/campaigns/${number}/people/93?now=1` };
await page.goto(at + (paths[which] ?? which), { waitUntil: 'load' });
await page.waitForTimeout(which === 'live' ? 4000 : 800);
if (which === 'drawer') { await page.locator('[data-drawer]').nth(1).click(); await page.waitForTimeout(700); console.log(page.url()); await page.keyboard.press('ArrowDown'); await page.waitForTimeout(500); console.log(page.url()); }
if (process.argv[5]) { await page.keyboard.press(process.argv[5]); await page.waitForTimeout(400); }
await page.screenshot({ path: `/tmp/h3a/shots/${(which).replace(/\W+/g,'_')}-${lang}-${width}.png`, fullPage: width < 500 });
const axe = readFileSync('/work/main/node_modules/axe-core/axe.min.js', 'utf8');
const ctx = page.context(); 
await page.evaluate(axe + ';0').catch((e) => console.log('axe', e.message));
const found = await page.evaluate(async () => { const r = await (globalThis as any).axe.run(); return r.violations.map((v: any) => `${v.impact} ${v.id} ${v.nodes.length} ${v.nodes[0].html.slice(0, 160)} ${v.nodes[0].failureSummary?.slice(0, 200)}`); }).catch((e) => [e.message]);
console.log(found.join('\n'));
await b.close();

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { seriousFindings } from '../../../kit/axe.ts';
import { newPerson, openBrowser, phone, type BrowserPerson, type PersonOptions } from '../../../kit/browser.ts';

// A kit that sees nothing would make every browser test pass: here each kind of fault is shown to it.
const house = openBrowser();
const people: BrowserPerson[] = [];
let server: Server;
let baseUrl: string;
let body = '';

beforeAll(async () => {
  server = createServer((request, reply) => {
    const scripted = request.url === '/fault.js';
    const policy = "default-src 'self'; img-src * data:";
    reply.writeHead(200, {
      'content-type': scripted ? 'text/javascript' : 'text/html; charset=utf-8',
      'content-security-policy': policy,
    });
    const page = `<!doctype html><html lang="zh-CN"><head><title>页</title><link rel="icon" href="data:,"></head><body>${body}</body></html>`;
    reply.end(scripted ? 'console.error("said"); throw new Error("thrown");' : page);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  baseUrl = `http://localhost:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  for (const person of people.splice(0)) await person.close();
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

async function visit(html: string, options: Partial<PersonOptions> = {}): Promise<BrowserPerson> {
  body = html;
  const person = await newPerson(house.browser, { baseUrl, ...options });
  people.push(person);
  await person.page.goto('/', { waitUntil: 'networkidle' });
  return person;
}

const create = `navigator.credentials.create({ publicKey: { challenge: new Uint8Array(32), rp: { name: 'Waihu', id: 'localhost' },
  user: { id: new Uint8Array(16), name: 'li', displayName: '李' }, pubKeyCredParams: [{ type: 'public-key', alg: -7 }], timeout: 2000,
  authenticatorSelection: { residentKey: 'required', userVerification: 'required' } } }).then((made) => made.type, (error) => error.name)`;

test('a healthy page raises no complaint and no finding', async () => {
  const person = await visit('<main><h1>标题</h1><p>正文</p></main>', { viewport: phone });
  expect(person.complained()).toEqual([]);
  expect(await seriousFindings(person.page)).toEqual([]);
  expect(person.page.viewportSize()).toEqual(phone);
});

test('console errors and page errors are told apart and kept', async () => {
  const { complaints } = await visit('<script src="/fault.js"></script>');
  await expect.poll(() => complaints).toMatchObject({ consoleErrors: ['said'], pageErrors: ['Error: thrown'] });
});

test.each([
  ['script', '<script>1</script>', 'script-src-elem'],
  ['style attribute', '<p style="color: red">x</p>', 'style-src-attr'],
  ['handler', '<img alt="" src="data:image/png,x" onerror="1">', 'script-src-attr'],
])('an inline %s breaks the policy and is reported', async (_, html, directive) => {
  const { complaints } = await visit(html);
  await expect.poll(() => complaints.policyViolations.join('\n')).toContain(directive);
});

test('a request to another origin is refused and named', async () => {
  const { complaints } = await visit('<img alt="" src="http://stranger.invalid/pixel.png?phone=1">');
  expect(complaints.strangers).toEqual(['GET http://stranger.invalid/pixel.png']);
});

test('serious findings name the rule and the place', async () => {
  const person = await visit('<main><h1>标题</h1><input id="bare"><button id="empty"></button></main>');
  const findings = await seriousFindings(person.page);
  expect(findings).toContainEqual(expect.stringMatching(/label at #bare/));
  expect(findings).toContainEqual(expect.stringMatching(/button-name at #empty/));
  expect(person.complaints.policyViolations).toEqual([]);
});

test('a passkey is made and kept; without user verification or without a device none is', async () => {
  const { page, authenticator } = await visit('<h1>x</h1>');
  expect(await page.evaluate(create)).toBe('public-key');
  expect(await authenticator.credentialCount()).toBe(1);
  await authenticator.setUserVerified(false);
  expect(await page.evaluate(create)).toBe('NotAllowedError');
  await authenticator.setUserVerified(true);
  expect(await page.evaluate(create)).toBe('public-key');
  await authenticator.remove();
  expect(await page.evaluate(create)).toBe('NotAllowedError');
});

test('two people share neither cookies nor language nor device', async () => {
  const [first, second] = [await visit('x', { locale: 'zh-CN' }), await visit('x', { locale: 'en' })];
  await first.page.evaluate('document.cookie = "who=first"');
  await first.page.evaluate(create);
  expect(await second.page.evaluate('[document.cookie, navigator.language]')).toEqual(['', 'en']);
  expect(await second.authenticator.credentialCount()).toBe(0);
});

import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSandbox, type Sandbox } from '../../../sandbox/server.ts';
import { loadOrCreateSandboxAccess } from '../../../src/app/run/sandbox-access.ts';
import { ensureSandboxVoiceAccount } from '../../../src/app/sandbox-voice-account.ts';
import { createSeal } from '../../../src/house/notice/sealed.ts';
import { dialerOfAccount } from '../../../src/voice/dialer-of-account.ts';
import { findVoiceAccount, listVoiceAccounts } from '../../../src/voice/voice-account.db.ts';
import { anyLocalPort } from '../../kit/endpoints.ts';
import { newKey } from '../../kit/installation-key.ts';
import { faultsOfPage, openConsole, type Console } from '../kit/page/kit.ts';

const secret = 'of-this-pbx-alone';
let house: Console;
let sandbox: Sandbox;
let url = '';
const folder = mkdtempSync(path.join(tmpdir(), 'waihu-voice-'));

beforeAll(async () => {
  house = await openConsole();
  sandbox = createSandbox({ ari: { user: 'waihu', password: secret }, scenario: { calls: { progressMs: 1 } } });
  url = `http://127.0.0.1:${await sandbox.listen()}`;
});
afterAll(async () => {
  await sandbox.close();
  rmSync(folder, { recursive: true });
});

const form = () => ({
  name: 'main',
  url,
  user: 'waihu',
  password: secret,
  application: 'waihu',
  dialString: 'PJSIP/{number}@carrier',
  numberStyle: 'national',
  callerNumbers: '01060000000\n01060000001',
  lines: '30',
  callsPerSecond: '10',
  timeoutMs: '2000',
});

describe('adding an account', () => {
  test('is for administrators; operators, supervisors and auditors see it', async () => {
    const { people } = house;
    for (const as of [people.operator, people.auditor]) {
      expect((await house.get('/voice-accounts', { as })).html).toContain('还没有语音线路');
      expect((await house.get('/voice-accounts/new', { as })).status).toBe(403);
      expect((await house.post('/voice-accounts', form(), { as })).status).toBe(403);
    }
    expect((await house.get('/voice-accounts', { as: people.liaison })).status).toBe(403);
  });

  test.each([
    ['a name with capitals', { name: 'Main' }, '名称只能用小写字母'],
    ['no address', { url: 'pbx' }, '请填写完整地址'],
    ['a host that nobody allowed', { url: 'https://pbx.example.com:8089' }, 'WAIHU_VOICE_HOSTS'],
    ['a plain address elsewhere', { url: 'http://10.0.0.9:8088' }, 'http 只能用于本机'],
    ['no password', { password: '' }, '请填写 ari.conf 中该用户的密码'],
    ['no place for the number', { dialString: 'PJSIP/carrier' }, '拨号串必须含有 {number}'],
    ['a caller number with letters', { callerNumbers: '400-FREE' }, '每行一个主叫号码'],
    ['a caller number twice', { callerNumbers: '01060000000 01060000000' }, '每行一个主叫号码'],
    ['no lines', { lines: '0' }, '请填写范围内的整数'],
  ])('refuses %s and keeps what was typed, but for the password', async (_, change, said) => {
    const wanted = { ...form(), ...change };
    const { status, html } = await house.post('/voice-accounts', wanted);
    expect(status).toBe(422);
    expect(html).toContain(said);
    expect(html).toContain(`value="${wanted.url}"`);
    expect(html).not.toContain(secret);
    expect(faultsOfPage(html)).toEqual([]);
  });

  test('stores it with the password sealed, and takes a name once', async () => {
    expect((await house.post('/voice-accounts', form())).location).toBe('/voice-accounts/main');
    const { rows } = await house.pool.query<{ text: string }>('select voice_account::text as text from voice_account');
    expect(rows.length).toBe(1);
    expect(rows[0]?.text).not.toContain(secret);
    expect((await house.post('/voice-accounts', form())).html).toContain('已有同名的语音线路');
  });
});

describe('the page of an account', () => {
  test.each(['zh-CN', 'en'] as const)('has words for everything in %s, and the password nowhere', async (language) => {
    expect((await house.post('/voice-accounts/main/stop', {})).location).toBe('/voice-accounts/main');
    for (const address of ['', '/main', '/main/edit', '/new']) {
      const { status, html } = await house.get(`/voice-accounts${address}`, { language });
      expect([address, status, faultsOfPage(html)]).toEqual([address, 200, []]);
      expect(html).not.toContain(secret);
    }
    expect((await house.post('/voice-accounts/main/stop', {})).html).toContain('已经停用');
    await house.post('/voice-accounts/main/resume', {});
    expect((await house.post('/voice-accounts/main/resume', {})).html).toContain('并未停用');
  });

  test('a password is kept when it is left empty, and asked for where another PBX would get it', async () => {
    expect((await house.post('/voice-accounts/main/edit', { lines: '60', password: '' })).status).toBe(303);
    const moved = await house.post('/voice-accounts/main/edit', { url: 'http://127.0.0.1:1', password: '' });
    expect(moved.status).toBe(422);
    expect(moved.html).toContain('请重新输入 ARI 密码');
    const good = await house.post('/voice-accounts/main/check', {}, { htmx: true });
    expect(good.html).toContain('Asterisk 22.11.0 连接正常');
    expect(good.html).toContain('PJSIP/carrier');
  });
});

/** A PBX that is not as it should be: what it answers for each path. */
async function wrong(answers: (path: string) => { status: number; body?: unknown }): Promise<Server> {
  const server = createServer((request, response) => {
    const { status, body } = answers((request.url ?? '').replace(/\?.*$/, ''));
    response
      .writeHead(status, { 'content-type': 'application/json' })
      .end(body === undefined ? '' : JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
const info = (version: string) => ({ status: 200, body: { system: { version } } });

test.each([
  ['the password is another', () => ({ status: 401 }), '用户名或密码不对'],
  ['this machine is not let in', () => ({ status: 403 }), '交换机拒绝本机访问'],
  ['something else listens there', () => ({ status: 404 }), '但不是 ARI'],
  ['the version deadlocks', () => info('22.9.0'), '已知的死锁缺陷'],
  [
    'the trunk is missing',
    (at: string) => (at === '/ari/asterisk/info' ? info('22.11.1') : { status: 404 }),
    '没有拨号串里的中继',
  ],
  [
    'the event stream does not open',
    (at: string) => (at.endsWith('/info') ? info('22.11.1') : { status: 200, body: { state: 'online' } }),
    '事件通道（WebSocket）打不开',
  ],
])('a check says what to mend where %s', async (_, answers, said) => {
  const server = await wrong(answers);
  const { port } = server.address() as AddressInfo;
  const change = { url: `http://127.0.0.1:${port}`, password: secret };
  expect((await house.post('/voice-accounts/main/edit', change)).status).toBe(303);
  const { html } = await house.post('/voice-accounts/main/check', {}, { htmx: true });
  expect(html).toContain(said);
  server.closeAllConnections();
  server.close();
});

test('a check says what to mend where nothing listens', async () => {
  await house.post('/voice-accounts/main/edit', { url: 'http://127.0.0.1:1', password: secret });
  const { html } = await house.post('/voice-accounts/main/check', {}, { htmx: true });
  expect(html).toContain('该地址上没有程序在听');
});

test('over the API, without the password; each act is on record', async () => {
  const { administrator } = house.people;
  const ask = (method: 'GET' | 'POST', at: string, payload?: object) =>
    house.app.inject({
      method,
      url: `/api/v1/voice-accounts${at}`,
      headers: { authorization: `Bearer ${administrator.key}` },
      ...(payload && { payload }),
    });
  expect((await ask('POST', '/main/change', { settings: { url }, password: secret })).statusCode).toBe(200);
  expect((await ask('POST', '/main/check')).json()).toMatchObject({ version: '22.11.0', trunkState: 'online' });
  expect((await ask('POST', '/main/stop')).statusCode).toBe(200);
  const listed = await ask('GET', '');
  expect(listed.json()).toMatchObject({ items: [{ name: 'main', state: 'stopped', stopCode: 'by-hand', lines: 60 }] });
  expect(listed.body).not.toMatch(/sealedPassword|webhookToken/);
  expect((await ask('POST', '/main/resume')).statusCode).toBe(200);
  const { rows } = await house.pool.query<{ action: string; details: object }>(
    "select action, details from audit where object_kind = 'voice-account'",
  );
  expect(new Set(rows.map(({ action }) => action))).toEqual(
    new Set(['voice-account.create', 'voice-account.change', 'voice-account.stop', 'voice-account.resume']),
  );
  expect(JSON.stringify(rows)).not.toContain(secret);
});

test('the sandbox’s account is made once, opens only with this installation’s key, and calls', async () => {
  const seal = createSeal(newKey(), 'voice-account');
  const played = createSandbox({
    ari: { user: 'waihu', password: loadOrCreateSandboxAccess(folder).ariPassword },
    scenario: { calls: { progressMs: 1, ringMs: 5 } },
  });
  const at = `http://127.0.0.1:${await played.listen()}`;
  for (let start = 0; start < 2; start += 1) await ensureSandboxVoiceAccount(house.pool, seal, folder, at);
  const made = (await listVoiceAccounts(house.pool)).filter(({ name }) => name === 'sandbox');
  expect(made.length).toBe(1);
  const account = await findVoiceAccount(house.pool, made[0]?.id ?? '');
  if (!account) throw new Error('There is no account of the sandbox.');
  const elsewhere = createSeal(newKey(), 'voice-account');
  expect(() => dialerOfAccount(account, { seal: elsewhere, hosts: anyLocalPort })).toThrow('another key');
  expect(() => dialerOfAccount(account, { seal, hosts: [] })).toThrow('WAIHU_VOICE_HOSTS');
  const dialer = dialerOfAccount(account, { seal, hosts: anyLocalPort });
  const heard: string[] = [];
  dialer.listen(({ kind }) => void heard.push(kind));
  await expect.poll(() => heard, { timeout: 15_000 }).toEqual(['restored']);
  const leg = randomUUID();
  const call = { leg, to: { phone: '+8613800000001' }, callerNumber: '01060000000', ringSeconds: 30 };
  expect(await dialer.dial(call)).toEqual({ kind: 'done' });
  await expect.poll(() => heard, { timeout: 15_000 }).toEqual(['restored', 'ringing', 'answered']);
  await dialer.close();
  await played.close();
});

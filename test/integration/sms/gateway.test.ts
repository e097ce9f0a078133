import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stopGatewayAccount } from '../../../src/sms/gateway-account.db.ts';
import { transaction } from '../../../src/kernel/sql.db.ts';
import { json, startCannedServer, type CannedServer } from '../../unit/sms/aliyun/canned-server.ts';
import { faultsOfPage, openConsole, type Console } from '../kit/page/kit.ts';

let house: Console;
let server: CannedServer;
const folder = mkdtempSync(path.join(tmpdir(), 'waihu-gateway-'));
const credentialsFile = path.join(folder, 'key.json');

beforeAll(async () => {
  house = await openConsole();
  server = await startCannedServer();
  writeFileSync(credentialsFile, JSON.stringify({ accessKeyId: 'test-id', accessKeySecret: 'test-secret' }));
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

const form = () => ({
  name: 'main',
  endpoint: server.endpoint,
  protocol: 'http',
  credentialsFile,
  ratePerSecond: '200',
  priceYuan: '0.045',
  timeoutMs: '5000',
  askTemplateEvery: '120',
  marketingFrom: '09:00',
  marketingTo: '20:00',
  noticeFrom: '08:00',
  noticeTo: '22:00',
  askUnknownAfter: '120',
  askAcceptedAfter: '1800',
  askEvery: '300',
  proofs: '3',
  listLag: '86400',
  afterDay: 'yes',
  receiptHours: '72',
});
const tokenOf = async (): Promise<string> =>
  (await house.pool.query<{ token: string }>("select webhook_token as token from gateway_account where name = 'main'"))
    .rows[0]?.token ?? '';
const stop = (code: string, until: Date | null) =>
  transaction(house.pool, async (tx) => {
    const { rows } = await house.pool.query<{ id: string }>("select id from gateway_account where name = 'main'");
    await stopGatewayAccount(tx, rows[0]?.id ?? '', code, until);
  });

describe('adding an account', () => {
  test('is for administrators', async () => {
    expect((await house.get('/gateways', { as: house.people.applicant })).html).toContain('还没有网关账号');
    for (const as of [house.people.applicant, house.people.operator, house.people.auditor]) {
      expect((await house.get('/gateways/new', { as })).status).toBe(403);
      expect((await house.post('/gateways', form(), { as })).status).toBe(403);
    }
    expect((await house.get('/gateways', { as: house.people.liaison })).status).toBe(403);
  });

  test.each([
    ['a name with capitals', { name: 'Main' }, '名称须以小写字母'],
    ['no rate', { ratePerSecond: '' }, '允许范围内的整数'],
    ['a rate of none', { ratePerSecond: '0' }, '允许范围内的整数'],
    ['a price finer than a thousandth', { priceYuan: '0.0451' }, '最多三位小数'],
    ['a price below nothing', { priceYuan: '-1' }, '最多三位小数'],
    ['an address with a protocol', { endpoint: 'https://a.example' }, '只写主机名'],
    ['hours past midnight', { noticeFrom: '22:00', noticeTo: '08:00' }, '结束时间须晚于开始时间'],
    ['an hour that is none', { noticeFrom: '8 点' }, '24 小时制'],
    ['one proof', { proofs: '1' }, '允许范围内的整数'],
  ])('refuses %s and keeps what was typed', async (_, change, said) => {
    const wanted = { ...form(), ...change };
    const { status, html } = await house.post('/gateways', wanted);
    expect(status).toBe(422);
    expect(html).toContain(said);
    expect(html).toContain(`value="${wanted.name}"`);
    expect(html).toContain(`value="${wanted.priceYuan}"`);
    expect(faultsOfPage(html)).toEqual([]);
  });

  test('stores it, to the thousandth of a yuan, and takes a name once', async () => {
    expect((await house.post('/gateways', form())).location).toBe('/gateways/main');
    const { rows } = await house.pool.query('select rate_per_second, price_milli_yuan from gateway_account');
    expect(rows).toEqual([{ rate_per_second: 200, price_milli_yuan: 45 }]);
    expect((await house.post('/gateways', form())).html).toContain('已有同名的网关账号');
  });
});

describe('the page of an account', () => {
  test.each(['zh-CN', 'en'] as const)('has words for everything in %s', async (language) => {
    await stop('isv.AMOUNT_NOT_ENOUGH', new Date('2026-12-01T00:00:00Z'));
    for (const address of ['/gateways', '/gateways/main', '/gateways/main/edit', '/gateways/new']) {
      const { status, html } = await house.get(address, { language });
      expect([address, status, faultsOfPage(html)]).toEqual([address, 200, []]);
    }
    await house.post('/gateways/main/reopen', {});
  });

  test('keeps the secret of the webhooks and the place of the credentials from those who only read', async () => {
    const { html } = await house.get('/gateways/main', { as: house.people.auditor });
    expect(html).toContain('¥0.045 / 条');
    expect(html).not.toContain(await tokenOf());
    expect(html).not.toContain(credentialsFile);
    expect(html).not.toContain('/gateways/main/edit');
  });

  test('shows the webhooks once, for a reason that is on record', async () => {
    expect((await house.get('/gateways/main')).html).not.toContain(await tokenOf());
    const short = await house.post('/gateways/main/webhooks', { reason: ' 无 ' });
    expect([short.status, short.html.includes(await tokenOf())]).toEqual([422, false]);
    const as = house.people.operator;
    expect((await house.post('/gateways/main/webhooks', { reason: '配置推送' }, { as })).status).toBe(403);
    const { html, headers } = await house.post('/gateways/main/webhooks', { reason: '配置推送地址' });
    expect(html).toContain(`http://127.0.0.1/webhooks/aliyun/${await tokenOf()}/reports`);
    expect(html).toContain(`http://127.0.0.1/webhooks/aliyun/${await tokenOf()}/replies`);
    expect(html).toContain('data-copy="reports"');
    // This console's own address: nobody at the provider could push to it.
    expect(html).toContain('当前地址 http://127.0.0.1 只能在本机打开');
    expect(html).toContain('WAIHU_PUBLIC_URL');
    expect(headers['cache-control']).toBe('no-store');
    const { rows } = await house.pool.query("select details from audit where action = 'gateway.webhook-revealed'");
    expect(rows).toEqual([{ details: { reason: '配置推送地址' } }]);
    expect(house.log()).not.toContain(await tokenOf());
  });

  test('says why it is stopped, until when, and who can reopen it', async () => {
    await stop('isv.AMOUNT_NOT_ENOUGH', new Date('2026-12-01T00:00:00Z'));
    const { html } = await house.get('/gateways/main', { as: house.people.applicant });
    expect(html).toContain('账户余额不足');
    expect(html).toContain('2026-12-01 08:00:00');
    expect(html).toContain('请联系管理员');
    expect((await house.get('/gateways', { language: 'en' })).html).toContain('The balance is too low.');
  });

  test('reopens it once, and a second click is told so', async () => {
    expect((await house.post('/gateways/main/reopen', {}, { as: house.people.operator })).status).toBe(403);
    expect((await house.post('/gateways/main/reopen', {})).location).toBe('/gateways/main');
    const again = await house.post('/gateways/main/reopen', {});
    expect(again.status).toBe(409);
    expect(again.html).toContain('并未停用');
  });

  test('changes rate, price and hours and leaves the name and the secret', async () => {
    const before = await tokenOf();
    const change = { ...form(), name: 'other', ratePerSecond: '50', priceYuan: '0.05', noticeTo: '21:00' };
    expect((await house.post('/gateways/main/edit', change)).location).toBe('/gateways/main');
    const { html } = await house.get('/gateways/main');
    expect(html).toContain('每秒 50 条');
    expect(html).toContain('¥0.050 / 条');
    expect(html).toContain('08:00–21:00');
    expect(await tokenOf()).toBe(before);
    expect((await house.post('/gateways/main/edit', { ...form(), ratePerSecond: 'x' })).status).toBe(422);
  });

  test('is one click from its history', async () => {
    expect((await house.get('/gateways/main')).html).toMatch(/\/audit\?object=gateway:[0-9a-f-]{36}/);
  });

  test('that is not there is said to be missing', async () => {
    expect((await house.get('/gateways/none')).status).toBe(404);
    expect((await house.post('/gateways/none/check', {})).status).toBe(404);
  });
});

describe('checking the connection', () => {
  test('is good when the provider answers, even with "no such signature"', async () => {
    server.answer(json({ Code: 'isv.SMS_SIGN_NOT_EXIST' }));
    const { html } = await house.post('/gateways/main/check', {}, { htmx: true });
    expect(html).toContain('连接正常');
    expect(server.seen[0]?.action).toBe('GetSmsSign');
    expect((await house.post('/gateways/main/check', {}, { as: house.people.operator })).status).toBe(403);
  });

  test.each([
    ['refuses the key', () => json({ Code: 'InvalidAccessKeyId.NotFound' }, 404)],
    ['breaks the connection', () => 'reset' as const],
  ])('says so when the provider %s', async (_, answer) => {
    server.answer(answer);
    const { status, html } = await house.post('/gateways/main/check', {});
    expect(status).toBe(200);
    expect(html).toContain('短信网关没有给出可用的应答');
    expect(faultsOfPage(html)).toEqual([]);
  });

  test('says so when the credentials cannot be read', async () => {
    await house.post('/gateways/main/edit', { ...form(), credentialsFile: path.join(folder, 'none.json') });
    expect((await house.post('/gateways/main/check', {}, { htmx: true })).html).toContain('密钥文件无法读取');
  });
});

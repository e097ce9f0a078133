import { randomUUIDv7 } from 'node:crypto';
import { beforeAll, expect, test } from 'vitest';
import { GatewaySettings, insertGatewayAccount } from '../../../src/sms/gateway-account.db.ts';
import { keepDelivery } from '../../../src/sms/delivery.db.ts';
import { faultsOfPage, openConsole, type Console } from '../kit/page/kit.ts';

let house: Console;
const accountId = randomUUIDv7();

beforeAll(async () => {
  house = await openConsole();
  await insertGatewayAccount(house.pool, {
    id: accountId,
    name: 'pushing',
    provider: 'aliyun',
    settings: GatewaySettings.parse({}),
    ratePerSecond: 100,
    priceMilliYuan: 45,
    webhookToken: 't'.repeat(32),
  });
});

const reply = async (content: string, meaning = 'other') => {
  const { rows } = await house.pool.query(
    `insert into inbound_sms (gateway_account_id, sequence_id, phone, content, dest_code, meaning, received_at)
      values ($1, $2, '+8613800138000', $3, '1069', $4, now()) returning id`,
    [accountId, randomUUIDv7(), content, meaning],
  );
  return String(rows[0].id);
};

test('the inbox shows what waits, masked, in both languages, and one click makes it an opt-out', async () => {
  const as = house.people.operator;
  const id = await reply('<b>别烦</b> 我妈');
  await reply('退订', 'opt-out');
  for (const language of ['zh-CN', 'en'] as const) {
    const { status, html } = await house.get('/replies', { as, language });
    expect(status).toBe(200);
    expect(faultsOfPage(html)).toEqual([]);
    expect(html).toContain('138****8000');
    expect(html).toContain('&lt;b&gt;别烦');
  }
  expect((await house.get('/replies?state=all&meaning=opt-out', { as })).html).toContain('退订');
  const done = await house.post(`/replies/${id}/opt-out`, { state: 'open' }, { as });
  expect(done).toMatchObject({ status: 303, location: '/replies?state=open' });
  const { rows } = await house.pool.query(`select phone from suppression where kind = 'opt-out'`);
  expect(rows).toEqual([{ phone: '+8613800138000' }]);
  expect((await house.get('/replies', { as })).html).toContain('没有待处理的回复');
  // Only what was taken for an opt-out can have been taken wrongly, whatever silences the number.
  await house.pool.query(`update inbound_sms set handled_at = now() where id = $1`, [await reply('好的，谢谢')]);
  expect((await house.get('/replies?state=all', { as })).html.match(/判错了/g)).toHaveLength(2);
  expect((await house.post(`/replies/${id}/handle`, {}, { as })).status).toBe(409);
  expect((await house.get('/replies', { as: house.people.agent })).status).toBe(403);
  for (const bad of ['/replies?campaign=%00', '/replies?from=2026-13-99', `/replies?before=${randomUUIDv7()}`])
    expect((await house.get(bad, { as })).status).toBeLessThan(500);
});

test('first refusals of a page are handled together; what asks for a decision, or was said otherwise, stays', async () => {
  const as = house.people.operator;
  const ids = [
    await reply('R', 'opt-out'),
    await reply('退订', 'opt-out'),
    await reply('T', 'opt-out'),
    await reply('在吗'),
  ];
  const asks = ['look', 'look', 'decide', null];
  for (const [index, id] of ids.entries())
    await house.pool.query(`update inbound_sms set asks = $2, answers = 'service', answered_at = now() where id = $1`, [
      id,
      asks[index],
    ]);
  const { html } = await house.get('/replies', { as });
  expect(faultsOfPage(html)).toEqual([]);
  expect(html).toContain('本页 2 条首次拒收标为已处理');
  const offered = [...html.matchAll(/name="reply" value="([^"]+)"/g)].map(([, id = '']) => id);
  expect(offered.toSorted()).toEqual(ids.slice(0, 2).toSorted());
  const auditor = { as: house.people.auditor };
  expect((await house.get('/replies', auditor)).html).not.toContain('handle-shown');
  expect((await house.post('/replies/handle-shown', { reply: ids }, auditor)).status).toBe(403);
  // As many as were sent: one that a person must decide is left alone.
  const done = await house.post('/replies/handle-shown', { state: 'open', reply: ids.slice(0, 3) }, { as });
  expect(done).toMatchObject({ status: 303, location: '/replies?state=open' });
  const { rows } = await house.pool.query<{ id: string }>(
    'select id from inbound_sms where handled_at is null and id = any($1)',
    [ids],
  );
  expect(rows.map(({ id }) => id).toSorted()).toEqual(ids.slice(2).toSorted());
  const { rows: audited } = await house.pool.query(
    `select 1 from audit where action = 'reply.handled' and object_id = any($1)`,
    [ids],
  );
  expect(audited).toHaveLength(2);
});

test('a repeated no to a duty notice waits for a decision with its reason, and is shown with it', async () => {
  const as = house.people.operator;
  const id = await reply('别再发账单了', 'opt-out');
  await house.pool.query(
    `update inbound_sms set answers = 'service', answered_at = now() - interval '1 hour', asks = 'decide' where id = $1`,
    [id],
  );
  for (const language of ['zh-CN', 'en'] as const) {
    const { html } = await house.get('/replies?state=decide', { as, language });
    expect(faultsOfPage(html)).toEqual([]);
    expect(html).toContain('别再发账单了');
  }
  expect((await house.get('/replies?state=decide', { as })).html).toContain('再次要求停发服务通知，须由人决定');
  expect((await house.post(`/replies/${id}/handle`, { state: 'decide' }, { as })).html).toContain('请决定停发还是照发');
  const decide = (body: Record<string, string>) =>
    house.post(`/replies/${id}/decide`, { state: 'decide', decision: 'silence', ...body }, { as });
  expect((await decide({ reason: ' ' })).status).toBe(409);
  expect(await decide({ reason: '客户只收纸质账单' })).toMatchObject({
    status: 303,
    location: '/replies?state=decide',
  });
  expect((await house.get('/replies?state=decide', { as })).html).toContain('没有待决定的回复');
  expect((await house.get('/replies?state=handled', { as })).html).toContain('决定停发服务通知短信：客户只收纸质账单');
  const { rows } = await house.pool.query(`select channels, purposes, reason from suppression where source = 'staff'`);
  expect(rows).toEqual([{ channels: ['sms'], purposes: ['service'], reason: '客户只收纸质账单' }]);
});

test('a typed reply shows what it means; the house’s words are kept, or refused each with its reason', async () => {
  const tried = await house.post('/opt-out-words/try', { text: '麻烦TD一下' });
  expect(tried.html).toContain('「TD」');
  expect(faultsOfPage(tried.html)).toEqual([]);
  expect((await house.post('/opt-out-words/try', { text: '在吗' }, { language: 'en' })).html).toContain(
    'Nothing says no',
  );
  const form = { word: ['ZX', ''], how: ['begins', 'alone'], means: ['opt-out', 'opt-out'] };
  expect((await house.post('/opt-out-words', form)).location).toBe('/opt-out-words');
  expect((await house.get('/opt-out-words', { as: house.people.operator })).html).toContain('ZX');
  const bad = await house.post('/opt-out-words', {
    word: ['好', 'R'],
    how: ['within', 'alone'],
    means: ['opt-out', 'other'],
  });
  expect(bad.status).toBe(422);
  expect(bad.html).toContain('至少要两个字');
  expect(bad.html).toContain('不能改作他用');
  expect((await house.post('/opt-out-words', form, { as: house.people.operator })).status).toBe(403);
});

test('a push that cannot be read is shown to somebody, tried again and closed, on record', async () => {
  await keepDelivery(house.pool, { accountId, kind: 'replies', raw: Buffer.from('<html>'), contentType: null });
  await house.pool.query(
    `update webhook_delivery set processed_at = now(), fault = 'sms-push.body', items = 0, rejected = 0`,
  );
  for (const language of ['zh-CN', 'en'] as const) {
    const { html } = await house.get('/pushes', { language });
    expect(faultsOfPage(html)).toEqual([]);
    expect(html).toContain('pushing');
  }
  const { rows } = await house.pool.query('select id from webhook_delivery');
  const id = String(rows[0].id);
  expect((await house.post(`/pushes/${id}/close`, { reason: '' })).status).toBe(422);
  expect((await house.post(`/pushes/${id}/close`, { reason: '供应商测试' })).status).toBe(303);
  expect((await house.get('/pushes')).html).not.toContain('pushing');
  expect((await house.get('/pushes?all=yes')).html).toContain('pushing');
  expect((await house.post(`/pushes/${id}/retry`, {})).status).toBe(303);
  const { rows: waiting } = await house.pool.query('select processed_at, fault, attempts from webhook_delivery');
  expect(waiting).toEqual([{ processed_at: null, fault: null, attempts: 0 }]);
  const { rows: acts } = await house.pool.query(`select action from audit where object_kind = 'push' order by seq`);
  expect(acts).toEqual([{ action: 'push.close' }, { action: 'push.retry' }]);
  expect((await house.post('/pushes/999999/retry', {})).status).toBe(409);
  expect((await house.post(`/pushes/${id}/retry`, {}, { as: house.people.operator })).status).toBe(403);
});

test('the same by the API, in pages', async () => {
  const as = house.people.operator;
  const answer = await house.call('GET', '/v1/replies?limit=1&state=handled', { as });
  expect(answer.status).toBe(200);
  expect((await house.call('GET', '/v1/pushes', { as })).body).toMatchObject({ backlog: { waiting: 1, late: false } });
  expect((await house.call('POST', '/v1/opt-out-words/try', { as, body: { text: 'ｔｄ' } })).body).toEqual({
    meaning: 'opt-out',
    because: { row: 'short-code', word: 'TD' },
  });
  const words = { words: [{ word: 'ZX', how: 'begins', means: 'opt-out' }] };
  expect((await house.call('POST', '/v1/opt-out-words', { body: words })).body).toEqual(words);
  expect((await house.call('GET', '/v1/opt-out-words', { as })).body).toEqual(words);
});

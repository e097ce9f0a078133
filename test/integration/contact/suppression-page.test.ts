import { beforeAll, beforeEach, expect, test } from 'vitest';
import { faultsOfPage, openConsole, type Console } from '../kit/page/kit.ts';
import { silence } from '../../kit/suppression.ts';
import { reachOf } from '../../../src/kernel/reach.rule.ts';

let house: Console;

beforeAll(async () => {
  house = await openConsole();
});
beforeEach(async () => {
  await house.pool.query('truncate suppression, console_search');
});

const operator = () => ({ as: house.people.operator });
async function suppression(over: Partial<Parameters<typeof silence>[1]> = {}) {
  return silence(house.pool, { phone: '+8613800138000', reach: 'sms', source: 'reply:x', ...over });
}
const list = { kind: 'dnc', scope: 'all', reason: '监管下发名单', expiresAt: '' };

test('the list is masked and narrowed by kind, source and state, in both languages', async () => {
  await suppression();
  const dead = await suppression({
    phone: '+8613900139111',
    kind: 'dead-number',
    source: 'receipt',
    reason: 'UNDELIV',
  });
  await house.pool.query(
    `update suppression set lifted_at = now(), lifted_by = $2, lift_reason = '号码恢复' where id = $1`,
    [dead, house.people.operator.id],
  );
  const zh = await house.get('/suppressions', operator());
  expect(zh.html).toContain('138****8000');
  expect(zh.html).toContain('网关代码 UNDELIV');
  expect(zh.html).toContain('号码恢复');
  const en = await house.get('/suppressions', { ...operator(), language: 'en' });
  expect(en.html).toContain('Opt-out');
  for (const { html } of [zh, en]) expect(faultsOfPage(html)).toEqual([]);
  expect((await house.get('/suppressions?kind=dead-number', operator())).html).not.toContain('138****8000');
  expect((await house.get('/suppressions?source=receipt', operator())).html).not.toContain('138****8000');
  expect((await house.get('/suppressions?active=yes', operator())).html).not.toContain('139****9111');
});

test('a number is looked for without standing in an address, and a bad one is told', async () => {
  await suppression();
  await suppression({ phone: '+8613900139111' });
  const { location } = await house.post('/suppressions/search', { phone: '138 0013 8000' }, operator());
  expect(location).toMatch(/^\/suppressions\?search=[0-9a-f-]{36}$/);
  const found = await house.get(location ?? '', operator());
  expect(found.html).toContain('138****8000');
  expect(found.html).not.toContain('139****9111');
  expect((await house.get(location ?? '', { as: house.people.auditor })).html).toContain('查找条件已过期');
  const bad = await house.post('/suppressions/search', { phone: '12345' }, operator());
  expect(bad.status).toBe(422);
});

test('a pasted list is tried first, then added once; bad numbers and known ones stay out', async () => {
  await suppression({ kind: 'dnc', reach: 'all', source: 'staff' });
  const numbers = '13800138000\n139 0013 9111，13900139111\r\n12345\n\n13700137000;13600136000';
  const tried = await house.post('/suppressions/check', { ...list, numbers }, operator());
  expect(tried.status).toBe(200);
  expect(tried.html).toContain('第 3 行');
  expect(tried.html).toContain('添加 3 个号码');
  expect((await house.pool.query('select count(*) as n from suppression')).rows[0].n).toBe(1);
  const done = await house.post('/suppressions', { ...list, numbers }, operator());
  expect(done.location).toBe('/suppressions');
  const again = await Promise.all([1, 2, 3].map(() => house.post('/suppressions', { ...list, numbers }, operator())));
  expect(again.map(({ status }) => status)).toEqual([303, 303, 303]);
  const { rows } = await house.pool.query(
    'select phone, split_part(source, $1, 1) as source from suppression order by phone',
    [':'],
  );
  expect(rows).toEqual([
    { phone: '+8613600136000', source: 'list' },
    { phone: '+8613700137000', source: 'list' },
    { phone: '+8613800138000', source: 'staff' },
    { phone: '+8613900139111', source: 'list' },
  ]);
  const audited = await house.pool.query(
    `select details from audit where action = 'suppression.list-added' order by seq limit 1`,
  );
  expect(audited.rows[0].details).toEqual({ kind: 'dnc', ...reachOf.all, added: 3, standing: 1, bad: 2 });
});

test('what was changed after the check is not added before its own result was shown', async () => {
  const checked = await house.post('/suppressions/check', { ...list, numbers: '13800138000' }, operator());
  const mark = /name="checked" value="([0-9a-f]{64})"/.exec(checked.html)?.[1] ?? expect.fail('There is no mark.');
  const stored = async () => Number((await house.pool.query('select count(*) as n from suppression')).rows[0].n);
  const longer = { ...list, numbers: '13800138000\n13900139111', checked: mark };
  const again = await house.post('/suppressions', longer, operator());
  expect([again.status, await stored()]).toEqual([409, 0]);
  expect(again.html).toContain('检查后内容有改动');
  expect(again.html).toContain('添加 2 个号码');
  // Another reason is no other list, and a browser writes line ends in its own way.
  const same = { ...list, reason: '改过的原因', numbers: '13800138000', checked: mark };
  expect((await house.post('/suppressions', same, operator())).status).toBe(303);
  expect(await stored()).toBe(1);
});

test('a wider or longer wish is added beside a narrower one', async () => {
  const numbers = '13800138000';
  const soon = { ...list, scope: 'marketing', expiresAt: '2099-01-01T00:00', numbers };
  await house.post('/suppressions', soon, operator());
  await house.post('/suppressions', { ...soon, expiresAt: '2098-01-01T00:00' }, operator());
  await house.post('/suppressions', { ...list, numbers }, operator());
  const { rows } = await house.pool.query('select purposes, expires_at from suppression order by id');
  expect(rows.map(({ purposes, expires_at }) => [purposes, expires_at?.toISOString() ?? null])).toEqual([
    [['marketing', 'survey'], '2098-12-31T16:00:00.000Z'],
    [reachOf.all.purposes, null],
  ]);
  // An end may be years away.
  expect((await house.get('/suppressions', operator())).html).toContain('至 2099-01-01 00:00');
});

test('purposes and channels are chosen by a word or one by one, and stand in the list in words', async () => {
  const own = { ...list, scope: 'own', numbers: '13800138000' };
  const none = await house.post('/suppressions', { ...own, purposes: 'care' }, operator());
  expect(none.status).toBe(422);
  expect(none.html).toContain('请至少各选一种用途和渠道。');
  expect(none.html).toMatch(/name="purposes" value="care" checked/);
  await house.post('/suppressions', { ...own, purposes: 'care', channels: 'call' }, operator());
  await house.post(
    '/suppressions',
    { ...list, scope: 'marketing', purposes: 'care', numbers: '13800138000' },
    operator(),
  );
  const { rows } = await house.pool.query('select channels, purposes from suppression order by id');
  expect(rows).toEqual([{ channels: ['call'], purposes: ['care'] }, reachOf.marketing]);
  const { html } = await house.get('/suppressions', operator());
  expect(html).toContain('客户关怀 · 电话');
  expect(html).toContain('营销、满意度调查 · 所有渠道');
});

test('too many numbers, none at all, an end in the past and a missing reason are refused, and what was typed stays', async () => {
  const many = Array.from({ length: 1_001 }, (_, n) => `138${String(n).padStart(8, '0')}`).join('\n');
  for (const wrong of [
    { ...list, numbers: many },
    { ...list, numbers: ' ' },
    { ...list, numbers: '13800138000', reason: ' ' },
    { ...list, numbers: '13800138000', expiresAt: '2020-01-01T00:00' },
    { ...list, numbers: '13800138000', expiresAt: 'tomorrow' },
  ]) {
    for (const path of ['/suppressions/check', '/suppressions']) {
      const { status, html } = await house.post(path, wrong, operator());
      expect(status).toBe(422);
      expect(html).toContain('name="numbers"');
    }
  }
  expect((await house.post('/suppressions', { ...list, numbers: '12345' }, operator())).status).toBe(422);
  expect((await house.pool.query('select count(*) as n from suppression')).rows[0].n).toBe(0);
  expect(
    (await house.post('/suppressions', { ...list, numbers: '13800138000' }, { as: house.people.auditor })).status,
  ).toBe(403);
});

test('a thousand numbers go in at once', async () => {
  const numbers = Array.from({ length: 1_000 }, (_, n) => `138${String(n).padStart(8, '0')}`).join('\n');
  expect((await house.post('/suppressions', { ...list, numbers }, operator())).status).toBe(303);
  expect((await house.pool.query('select count(*) as n from suppression')).rows[0].n).toBe(1_000);
  const first = await house.get('/suppressions', operator());
  const next = /rel="next" href="([^"]+)"/.exec(first.html)?.[1]?.replaceAll('&#x3D;', '=') ?? '';
  expect((await house.get(next, operator())).html).toContain('138****');
});

test('lifting needs the right and a reason, keeps the filter, and is shown with who did it', async () => {
  const id = await suppression();
  expect(
    (await house.post(`/suppressions/${id}/lift`, { reason: '客户要求' }, { as: house.people.agent })).status,
  ).toBe(403);
  expect((await house.post(`/suppressions/${id}/lift`, { reason: ' ' }, operator())).status).toBe(422);
  const done = await house.post(`/suppressions/${id}/lift`, { reason: '客户要求', kind: 'opt-out' }, operator());
  expect(done.location).toBe('/suppressions?kind=opt-out');
  expect((await house.get('/suppressions', operator())).html).toContain('Person operator 解除：客户要求');
  expect((await house.post(`/suppressions/${id}/lift`, { reason: '客户要求' }, operator())).status).toBe(422);
});

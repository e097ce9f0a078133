import { randomUUIDv7 } from 'node:crypto';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { faultsOfPage, openConsole, type Console } from '../kit/page/kit.ts';
import { everythingSql } from '../../kit/suppression.ts';

let house: Console;
const whole = /138\s?0013\s?8000|13800138000/;

beforeAll(async () => {
  house = await openConsole();
});
beforeEach(async () => {
  await house.pool.query('truncate customer, suppression, topic, import, console_search cascade');
});

async function customer(
  over: { phone?: string; name?: string | null; tier?: string | null; externalId?: string | null } = {},
) {
  const id = randomUUIDv7();
  const { phone = '+8613800138000', name = '王小明', tier = 'gold', externalId = 'C-1' } = over;
  await house.pool.query(
    `insert into customer (id, external_id, phone, name, tier, attributes) values ($1, $2, $3, $4, $5, '{"城市":"上海"}')`,
    [id, externalId, phone, name, tier],
  );
  return id;
}
const newest = (some: string[]) => some.toSorted().toReversed();
const operator = () => ({ as: house.people.operator });
const actions = async (): Promise<string[]> =>
  (await house.pool.query(`select action from audit order by seq desc limit 5`)).rows.map((row) => row.action);

test('the list masks numbers, in both languages, and holds nothing that the policy forbids', async () => {
  const id = await customer();
  for (const language of ['zh-CN', 'en'] as const) {
    const { status, html } = await house.get('/customers', { ...operator(), language });
    expect(status).toBe(200);
    expect(html).toContain('138****8000');
    expect(html).toContain(`/customers/${id}`);
    expect(html).not.toMatch(whole);
    expect(faultsOfPage(html)).toEqual([]);
  }
});

test('a page is denied to whoever may not read customers', async () => {
  const id = await customer();
  for (const path of ['/customers', `/customers/${id}`, '/imports', `/customers/new`]) {
    expect((await house.get(path, { as: house.people.administrator })).status).toBe(403);
  }
  expect((await house.get('/suppressions', { as: house.people.liaison })).status).toBe(403);
});

test('a whole number or a customer id leads to the customer; neither stands in an address', async () => {
  const id = await customer();
  for (const words of ['138 0013 8000', '+86-138-0013-8000', 'C-1', ' C-1 ']) {
    const { status, location } = await house.post('/customers/search', { words }, operator());
    expect([status, location]).toEqual([303, `/customers/${id}`]);
  }
  const nobody = await house.post('/customers/search', { words: '13900139000' }, operator());
  expect(nobody.location).toBe('/customers');
});

test('a name and four digits are kept for an hour, for the person who typed them alone', async () => {
  const wanted = await customer();
  const other = await customer({ phone: '+8613900139111', name: '王大伟', externalId: 'C-2' });
  const third = await customer({ phone: '+8613900138000', name: '李四', externalId: null });
  const found = async (words: string) => {
    const { location } = await house.post('/customers/search', { words }, operator());
    expect(location).toMatch(/^\/customers\?search=[0-9a-f-]{36}$/);
    const { html } = await house.get(location ?? '', operator());
    return [wanted, other, third].filter((id) => html.includes(`/customers/${id}`));
  };
  expect(await found('王')).toEqual([wanted, other]);
  expect(await found('8000')).toEqual([wanted, third]);
  expect(await found('王 8000')).toEqual([wanted]);
  expect(await found('小明')).toEqual([]);
  expect(await found('王%')).toEqual([]);
  const { location } = await house.post('/customers/search', { words: '李' }, operator());
  const theirs = await house.get(location ?? '', { as: house.people.auditor });
  expect(theirs.html).toContain('查找条件已过期');
  await house.pool.query(`update console_search set created_at = now() - interval '61 minutes'`);
  expect((await house.get(location ?? '', operator())).html).toContain('查找条件已过期');
});

test('the list is narrowed by tier, topic and suppression, and its pages leave nobody out', async () => {
  await house.pool.query(`insert into topic (code, name) values ('offers', '优惠')`);
  const ids: string[] = [];
  for (let n = 0; n < 120; n += 1) {
    ids.push(
      await customer({
        phone: `+86139${String(n).padStart(8, '0')}`,
        externalId: null,
        tier: n % 2 ? 'gold' : 'silver',
      }),
    );
  }
  await house.pool.query(
    `insert into topic_subscription select id, 'offers', true, 'staff', now() from customer where tier = 'gold'`,
  );
  await house.pool.query(
    `insert into suppression (id, phone, kind, channels, purposes, source) select gen_random_uuid(), phone, 'dnc', ${everythingSql}, 'staff' from customer where tier = 'silver'`,
  );
  const all = async (path: string) => {
    const seen: string[] = [];
    for (let next: string | null = path; next !== null;) {
      const { html } = await house.get(next, operator());
      seen.push(
        ...[...html.matchAll(/class="main" href="\/customers\/([0-9a-f-]{36})"/g)].map((match) => match[1] ?? ''),
      );
      next = /rel="next" href="([^"]+)"/.exec(html)?.[1]?.replaceAll('&amp;', '&').replaceAll('&#x3D;', '=') ?? null;
    }
    return seen;
  };
  const gold = newest(ids.filter((_, n) => n % 2 === 1));
  const silver = newest(ids.filter((_, n) => n % 2 === 0));
  expect(await all('/customers')).toEqual(newest(ids));
  expect(await all('/customers?tier=gold')).toEqual(gold);
  expect(await all('/customers?topic=offers')).toEqual(gold);
  expect(await all('/customers?suppressed=yes')).toEqual(silver);
  expect(await all('/customers?suppressed=no')).toEqual(gold);
  expect(await all('/customers?tier=gold&suppressed=yes')).toEqual([]);
  expect((await house.get('/customers?tier=platinum', operator())).status).toBe(400);
});

test('a customer is made and changed under the rules of a file, and what was typed stays', async () => {
  const bad = await house.post('/customers', { phone: '1380013800', name: '张三', tier: '白金' }, operator());
  expect(bad.status).toBe(422);
  expect(bad.html).toContain('手机号位数不对');
  expect(bad.html).toContain('未知等级');
  expect(bad.html).toContain('张三');
  const form = {
    phone: '138-0013-8000',
    name: '张三',
    tier: 'gold',
    externalId: 'C-9',
    attributeName: ['城市', ''],
    attributeValue: ['上海', ''],
  };
  const made = await house.post('/customers', form, operator());
  expect(made.status).toBe(303);
  const id = made.location?.split('/').at(-1) ?? '';
  const { rows } = await house.pool.query('select * from customer where id = $1', [id]);
  expect(rows[0]).toMatchObject({
    phone: '+8613800138000',
    name: '张三',
    tier: 'gold',
    external_id: 'C-9',
    attributes: { 城市: '上海' },
  });
  const again = await house.post('/customers', form, operator());
  expect(again.status).toBe(422);
  const edit = await house.get(`/customers/${id}/edit`, operator());
  const updatedAt = /name="updatedAt" value="([^"]+)"/.exec(edit.html)?.[1] ?? '';
  const change = {
    name: '张三丰',
    tier: '',
    externalId: 'C-9',
    attributeName: ['城市', '爱好'],
    attributeValue: ['', '太极'],
    updatedAt,
  };
  expect((await house.post(`/customers/${id}`, change, operator())).status).toBe(303);
  const after = await house.pool.query('select * from customer where id = $1', [id]);
  expect(after.rows[0]).toMatchObject({
    name: '张三丰',
    tier: null,
    phone: '+8613800138000',
    attributes: { 爱好: '太极' },
  });
  const late = await house.post(`/customers/${id}`, { ...change, name: '另一个' }, operator());
  expect(late.status).toBe(422);
  expect((await house.pool.query('select name from customer where id = $1', [id])).rows[0].name).toBe('张三丰');
  const { rows: audited } = await house.pool.query(
    `select details::text as text from audit where object_kind = 'customer'`,
  );
  expect(audited.map((row) => row.text).join()).not.toMatch(/张三|太极|C-9|138/);
});

test('a whole number asks for a reason, is on record, and is limited in an hour', async () => {
  const id = await customer();
  const short = await house.post(`/customers/${id}/reveal`, { reason: '要' }, operator());
  expect(short.status).toBe(422);
  expect(short.html).not.toMatch(whole);
  const denied = await house.post(
    `/customers/${id}/reveal`,
    { reason: '客户要求回电' },
    { as: house.people.applicant },
  );
  expect(denied.status).toBe(403);
  const seen = await house.post(`/customers/${id}/reveal`, { reason: '客户要求回电' }, operator());
  expect(seen.html).toContain('138 0013 8000');
  expect(seen.headers['refresh']).toBe(`30; url=/customers/${id}`);
  expect(seen.headers['cache-control']).toBe('no-store');
  const { rows } = await house.pool.query(
    `select actor, object_id, details from audit where action = 'customer.reveal'`,
  );
  expect(rows).toEqual([
    { actor: `staff:${house.people.operator.id}`, object_id: id, details: { reason: '客户要求回电' } },
  ]);
  const fragment = await house.post(
    `/customers/${id}/reveal`,
    { reason: '客户要求回电' },
    { ...operator(), htmx: true },
  );
  expect(fragment.html).toContain('138 0013 8000');
  expect(fragment.html).not.toContain('<html');
  const rest = await Promise.all(
    Array.from({ length: 24 }, () => house.post(`/customers/${id}/reveal`, { reason: '客户要求回电' }, operator())),
  );
  expect(rest.filter(({ html }) => html.includes('138 0013 8000'))).toHaveLength(18);
  expect((await house.get(`/customers/${id}`, operator())).html).not.toMatch(whole);
  expect((await house.get(`/customers/${id}`, operator())).html).toContain('客户要求回电');
  await house.pool.query('truncate reveal');
  expect(house.log()).not.toMatch(whole);
});

test('a refusal silences the number and withdraws consent; lifting it needs the right and a reason', async () => {
  const id = await customer();
  await house.pool.query(
    `insert into consent (customer_id, purpose, granted, source) values ($1, 'marketing', true, 'paper-form')`,
    [id],
  );
  expect((await house.post(`/customers/${id}/refusal`, { scope: 'sms', reason: ' ' }, operator())).status).toBe(422);
  const done = await house.post(
    `/customers/${id}/refusal`,
    { scope: 'sms', reason: '电话中说不要再发' },
    { as: house.people.agent },
  );
  expect(done.status).toBe(303);
  expect(await actions()).toContain('customer.refused');
  const card = await house.get(`/customers/${id}`, operator());
  expect(card.html).toContain('电话中说不要再发');
  expect(card.html).toContain('不同意');
  expect(faultsOfPage(card.html)).toEqual([]);
  const suppression = /name="suppression" value="([0-9a-f-]{36})"/.exec(card.html)?.[1] ?? '';
  expect(
    (await house.post(`/customers/${id}/lift`, { suppression, reason: '误登记' }, { as: house.people.agent })).status,
  ).toBe(403);
  expect((await house.post(`/customers/${id}/lift`, { suppression, reason: '' }, operator())).status).toBe(422);
  expect((await house.post(`/customers/${id}/lift`, { suppression, reason: '误登记' }, operator())).status).toBe(303);
  const lifted = await house.get(`/customers/${id}`, operator());
  expect(lifted.html).toContain('误登记');
  expect(lifted.html).toContain('没有禁发记录');
  expect((await house.post(`/customers/${id}/lift`, { suppression, reason: '误登记' }, operator())).status).toBe(422);
});

test('consent and topics change with their source, and the timeline tells who did it', async () => {
  const id = await customer();
  await house.pool.query(`insert into topic (code, name) values ('offers', '优惠')`);
  await house.post(`/customers/${id}/consent`, { granted: 'yes', source: 'paper-form' }, operator());
  await house.post(`/customers/${id}/topics`, { topic: 'offers', subscribed: 'yes', source: 'phone-call' }, operator());
  const { html } = await house.get(`/customers/${id}`, operator());
  expect(html).toContain('纸质表单');
  expect(html).toContain('已订阅');
  expect(html).toContain('Person operator');
  const unknown = await house.post(
    `/customers/${id}/topics`,
    { topic: 'none', subscribed: 'yes', source: 'counter' },
    operator(),
  );
  expect(unknown.status).toBe(422);
  expect((await house.post(`/customers/${id}/consent`, { granted: 'yes', source: 'reply' }, operator())).status).toBe(
    400,
  );
});

test('an export is masked, needs its right, and starts no formula', async () => {
  await customer({ name: '=HYPERLINK("x")' });
  await customer({ phone: '+8613900139111', name: '李四', tier: 'silver', externalId: null });
  expect((await house.post('/customers/export', {}, { as: house.people.applicant })).status).toBe(403);
  const masked = await house.post('/customers/export', { tier: 'gold' }, operator());
  expect(masked.html).toContain('138****8000');
  expect(masked.html).not.toMatch(/13800138000|李四/);
  expect(masked.html).toContain(`"'=HYPERLINK(""x"")"`);
  const { rows } = await house.pool.query(`select details from audit where action = 'customer.export' order by seq`);
  expect(rows.map((row) => row.details)).toEqual([{ tier: 'gold', typed: false, plain: false }]);
});

test('a customer who does not exist is missing, and an unknown page of the timeline is refused', async () => {
  const id = await customer();
  expect((await house.get(`/customers/${randomUUIDv7()}`, operator())).status).toBe(404);
  expect((await house.get(`/customers/${id}?before=nonsense`, operator())).status).toBe(422);
});

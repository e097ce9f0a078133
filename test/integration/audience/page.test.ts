import { beforeAll, describe, expect, test } from 'vitest';
import { readImport } from '../../../src/customer/import/import.command.ts';
import { acceptImport } from '../../../src/customer/import/acceptance.command.ts';
import { createTopic, setSubscription } from '../../../src/customer/topic.command.ts';
import { suppress } from '../../../src/contact/suppression.command.ts';
import { fileOf } from '../customer/import/csv-file.ts';
import { contextWith } from '../../kit/people.ts';
import { faultsOfPage, openConsole, type Console } from '../kit/page/kit.ts';

let house: Console;
let fileAudience: string;

beforeAll(async () => {
  house = await openConsole();
  const applicant = await contextWith(house.pool, ['applicant']);
  const administrator = await contextWith(house.pool, ['administrator']);
  await createTopic(administrator, { code: 'news', name: '资讯' });
  const people = `手机号,姓名,等级,营销同意,主题,余额,地区
13800000001,甲,金牌,是,news,100,华东
13800000002,乙,银牌,是,news,99.5,华北
13800000003,丙,金牌,否,,3,华东
13800000004,丁,,,news,-5,华南
`;
  const { id } = await readImport(applicant, { kind: 'customers', fileName: 'people.csv', stream: fileOf(people) });
  await acceptImport(applicant, { importId: id });
  await suppress(applicant, {
    phone: '13800000002',
    kind: 'opt-out',
    scope: 'all',
    reason: '来电要求',
  });
  const staged = await readImport(applicant, {
    kind: 'audience',
    name: '九月名单',
    fileName: 'september.csv',
    stream: fileOf('手机号,姓名\n13800000001,甲\n13900000009,外\n'),
  });
  fileAudience = (await acceptImport(applicant, { importId: staged.id })).audienceId ?? '';
  await setSubscription(applicant, {
    customerId:
      (await house.pool.query<{ id: string }>('select id from customer where phone = $1', ['+8613800000003'])).rows[0]
        ?.id ?? '',
    topic: 'news',
    subscribed: true,
    source: 'phone-call',
  });
});

const asApplicant = () => ({ as: house.people.applicant });
const gold = {
  name: '金牌客户',
  tiers: 'gold',
  attributeName: '地区',
  attributeOperator: 'eq',
  attributeValue: '华东',
};

/** A page again and again until it says so; a count runs beside the request. */
async function until(path: string, wanted: RegExp): Promise<string> {
  for (let tries = 0; ; tries += 1) {
    const { html } = await house.get(path, asApplicant());
    if (wanted.test(html) || tries === 100) return html;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('the list', () => {
  test('shows who may not read audiences nothing', async () => {
    expect((await house.get('/audiences', { as: house.people.agent })).status).toBe(403);
    expect((await house.post('/audiences', gold, { as: house.people.auditor })).status).toBe(403);
  });

  test('offers making one only to those who may', async () => {
    expect((await house.get('/audiences', asApplicant())).html).toContain('href="/audiences/new"');
    expect((await house.get('/audiences', { as: house.people.auditor })).html).not.toContain('href="/audiences/new"');
  });

  test.each(['zh-CN', 'en'] as const)('has words for everything in %s', async (language) => {
    for (const path of [
      '/audiences',
      '/audiences?kind=frozen',
      '/audiences?kind=file',
      '/audiences?name=none',
      '/audiences/new',
    ]) {
      const { status, html } = await house.get(path, { ...asApplicant(), language });
      expect([path, status, faultsOfPage(html)]).toEqual([path, 200, []]);
    }
  });

  test('finds by a part of the name and takes no pattern in it', async () => {
    expect((await house.get('/audiences?name=九月', asApplicant())).html).toContain('九月名单');
    expect((await house.get('/audiences?name=%25', asApplicant())).html).not.toContain('九月名单');
  });
});

describe('making one by a filter', () => {
  test('saves it, says it in words and counts it beside the request', async () => {
    const made = await house.post('/audiences', gold, asApplicant());
    expect(made.status).toBe(303);
    const html = await until(made.location ?? '', /统计于 \d{4}/);
    expect(html).toContain('等级为金牌');
    expect(html).toContain('“地区”等于“华东”');
    expect(html).toContain('138****0001');
    expect(faultsOfPage(html)).toEqual([]);
    // 甲 agreed to marketing, 丙 did not; both may get notices.
    expect(html.match(/class="figure">(\d+)/g)).toEqual(['class="figure">2', 'class="figure">1', 'class="figure">2']);
    expect((await house.get('/audiences', asApplicant())).html).toMatch(
      /金牌客户[\s\S]*?class="right"[^>]*>2<small>统计于/,
    );
  });

  test('counts before it is saved, masked and without storing it', async () => {
    const before = await house.pool.query('select count(*) from audience');
    const { html } = await house.post('/audiences/count', { topic: 'news' }, { ...asApplicant(), htmx: true });
    expect(html).toContain('已订阅“资讯”');
    expect(faultsOfPage(html)).toEqual([]);
    expect((await house.pool.query('select count(*) from audience')).rows).toEqual(before.rows);
  });

  test('works without a script: the count comes with the form as it was typed', async () => {
    const { status, html } = await house.post('/audiences', { ...gold, act: 'count' }, asApplicant());
    expect(status).toBe(200);
    expect(html).toContain('value="金牌客户"');
    expect(html).toContain('value="华东"');
    expect(html).toMatch(/value="gold" checked/);
    expect(html).toContain('等级为金牌');
  });

  test.each([
    ['no name', { ...gold, name: '  ' }, '请填写名单名称'],
    ['half a condition', { ...gold, attributeValue: '' }, '属性名和值'],
    [
      'a bound that is neither number nor day',
      { ...gold, attributeOperator: 'gte', attributeValue: '很多' },
      '数字或日期',
    ],
    ['days the wrong way round', { name: 'x', registeredFrom: '2026-03-02', registeredTo: '2026-03-01' }, '结束日期'],
    ['a day that is not there', { name: 'x', registeredFrom: '2026-02-30' }, '日期'],
    [
      'the same condition twice',
      { name: 'x', attributeName: ['余额', '余额'], attributeOperator: ['gte', 'gte'], attributeValue: ['1', '2'] },
      '这个条件已经有了',
    ],
  ])('refuses %s and keeps what was typed', async (_, form, said) => {
    const { status, html } = await house.post('/audiences', form, asApplicant());
    expect(status).toBe(422);
    expect(html).toContain(said);
    expect(html).toContain(`value="${form.name.trim() === '' ? '  ' : form.name}"`);
    expect(faultsOfPage(html)).toEqual([]);
  });

  test('shows markup in names and values as text', async () => {
    const name = '<script>alert(1)</script>';
    const made = await house.post(
      '/audiences',
      { name, attributeName: name, attributeValue: '"><img src=x>' },
      asApplicant(),
    );
    const { html } = await house.get(made.location ?? '', asApplicant());
    expect(html).not.toContain(name);
    expect(html).not.toContain('<img src=x>');
  });

  test('joins two bounds of one attribute', async () => {
    const made = await house.post(
      '/audiences',
      {
        name: '余额',
        attributeName: ['余额', '余额'],
        attributeOperator: ['gte', 'lte'],
        attributeValue: ['0', '100'],
      },
      asApplicant(),
    );
    expect(await until(made.location ?? '', /统计于 \d{4}/)).toMatch(/class="figure">3/);
  });
});

describe('the page of one', () => {
  test('of a file leads to its import and says who is reachable', async () => {
    const html = await until(`/audiences/${fileAudience}`, /统计于 \d{4}/);
    expect(html).toContain('september.csv');
    expect(html).toContain('139****0009');
    expect(html).toMatch(/href="\/imports\/[0-9a-f-]{36}"/);
    expect(faultsOfPage(html)).toEqual([]);
  });

  test('of a frozen one says who was left out and is never counted', async () => {
    const { rows } = await house.pool.query<{ id: string }>(
      `insert into audience (id, name, state, frozen_from, size, batch_size, merkle_root, salt_key, excluded, created_by, frozen_at)
       values (uuidv7(), '冻结', 'frozen', $1, 1, 1000, 'root', '\\x00', '{"opted-out": 3}', $2, now()) returning id`,
      [fileAudience, house.people.applicant.id],
    );
    const id = rows[0]?.id ?? '';
    await house.pool.query(
      "insert into audience_member (audience_id, seq, phone, variables) values ($1, 1, '+8613800000001', '{}')",
      [id],
    );
    const { html } = await house.get(`/audiences/${id}`, asApplicant());
    expect(html).toContain('冻结时剔除');
    expect(html).toContain('138****0001');
    expect(html).toContain(`href="/audiences/${fileAudience}"`);
    expect(html).not.toContain('重新统计');
    expect(faultsOfPage(html)).toEqual([]);
    expect((await house.post(`/audiences/${id}/count`, {}, asApplicant())).status).toBe(409);
    expect((await house.get('/audiences?kind=frozen', asApplicant())).html).toContain('冻结名单');
  });

  test('is one click from its history, for those who may read that', async () => {
    const { html } = await house.get(`/audiences/${fileAudience}`, { as: house.people.auditor });
    expect(html).toContain(`/audit?object=audience:${fileAudience}`);
    expect((await house.get(`/audiences/${fileAudience}`, asApplicant())).html).not.toContain('/audit?object');
  });

  test('is counted again when asked, and only once at a time', async () => {
    const again = await Promise.all(
      Array.from({ length: 5 }, () =>
        house.post(`/audiences/${fileAudience}/count`, {}, { ...asApplicant(), htmx: true }),
      ),
    );
    expect(again.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    expect((await house.post(`/audiences/${fileAudience}/count`, {}, asApplicant())).location).toBe(
      `/audiences/${fileAudience}`,
    );
  });

  test('that is not there is said to be missing', async () => {
    const { status } = await house.get('/audiences/00000000-0000-7000-8000-000000000000', asApplicant());
    expect(status).toBe(404);
  });
});

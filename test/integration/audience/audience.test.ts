import { beforeAll, expect, test } from 'vitest';
import { countAudience, createAudience, listAudiences, loadAudience } from '../../../src/audience/audience.command.ts';
import type { Context } from '../../../src/house/context.ts';
import { setConsent } from '../../../src/customer/consent.command.ts';
import { countCustomers, findCustomer, listCustomers } from '../../../src/customer/customer.command.ts';
import { readImport } from '../../../src/customer/import/import.command.ts';
import { acceptImport } from '../../../src/customer/import/acceptance.command.ts';
import { suppress } from '../../../src/contact/suppression.command.ts';
import { createTopic, listTopics, setSubscription } from '../../../src/customer/topic.command.ts';
import type { AudienceFilter } from '../../../src/audience/filter.db.ts';
import { tallyMembers } from '../../../src/audience/tally.db.ts';
import { loadTextAsk } from '../../../src/contact/ask.db.ts';
import { freezeCandidates, memberSource } from '../../../src/audience/audience.db.ts';
import { execute } from '../../../src/kernel/sql.db.ts';
import { testDatabase } from '../../kit/database.ts';
import { contextWith } from '../../kit/people.ts';
import { fileOf } from '../customer/import/csv-file.ts';

const { pool } = await testDatabase();
let ctx: Context;
let administrator: Context;

beforeAll(async () => {
  ctx = await contextWith(pool, ['applicant', 'operator']);
  administrator = await contextWith(pool, ['administrator']);
  await createTopic(administrator, { code: 'news', name: '资讯' });
  const people = `手机号,姓名,等级,营销同意,主题,余额,到期日,城市
13800000001,甲,金牌,是,news,100,2026-11-05,上海
13800000002,乙,银牌,是,news,99.5,2026-12-01,北京
13800000003,丙,金牌,是,,很多,明天,上海
13800000004,丁,,否,news,-5,,'; drop table customer; --
13800000005,戊,钻石,,,1000,2026-11-05 09:00,广州
13800000006,己,铜牌,是,news,,,上海
`;
  const { id } = await readImport(ctx, { kind: 'customers', fileName: 'people.csv', stream: fileOf(people) });
  await acceptImport(ctx, { importId: id });
});

const phonesOf = async (filter: AudienceFilter): Promise<string> => {
  const { id } = await createAudience(ctx, { name: '测试', filter });
  const { rows } = await execute(pool, memberSource(await loadAudience(ctx, id), new Date()));
  return rows
    .map((row: { phone: string }) => row.phone.slice(-1))
    .toSorted((one, other) => Number(one) - Number(other))
    .join('');
};

test.each<[string, AudienceFilter, string]>([
  ['nothing asked', {}, '123456'],
  ['one tier', { tiers: ['gold'] }, '13'],
  ['two tiers', { tiers: ['gold', 'diamond'] }, '135'],
  ['equality', { attributes: { 城市: { eq: '上海' } } }, '136'],
  ['one of several', { attributes: { 城市: { in: ['北京', '广州'] } } }, '25'],
  ['a number by its text', { attributes: { 余额: { eq: 100 } } }, '1'],
  ['a least number, past text that is none', { attributes: { 余额: { gte: 99.5 } } }, '125'],
  ['a range of numbers', { attributes: { 余额: { gte: -10, lte: 100 } } }, '124'],
  ['a range of days', { attributes: { 到期日: { gte: '2026-11-05', lte: '2026-11-30' } } }, '15'],
  ['an attribute nobody has', { attributes: { 颜色: { eq: '红' } } }, ''],
  ['SQL as a value', { attributes: { 城市: { eq: `'; drop table customer; --` } } }, '4'],
  ['SQL as a name', { attributes: { [`x' or 1=1 --`]: { eq: '1' } } }, ''],
  ['a topic', { topic: 'news' }, '1246'],
  ['consent', { consent: 'marketing' }, '1236'],
  [
    'everything together',
    { tiers: ['gold', 'silver'], consent: 'marketing', topic: 'news', attributes: { 城市: { eq: '上海' } } },
    '1',
  ],
  ['registered since', { registeredAfter: '2020-01-01T00:00:00+08:00' }, '123456'],
  ['registered before', { registeredBefore: '2020-01-01T00:00:00+08:00' }, ''],
])('%s finds just those', async (_, filter, expected) => {
  expect(await phonesOf(filter)).toBe(expected);
});

test.each([
  ['an unknown key', { tier: ['gold'] }],
  ['an unknown tier', { tiers: ['platinum'] }],
  ['a condition that asks nothing', { attributes: { a: {} } }],
  ['an unknown comparison', { attributes: { a: { like: '%' } } }],
  ['a day that is none', { attributes: { a: { gte: '2026-13-01' } } }],
])('a filter with %s is refused', async (_, filter) => {
  await expect(createAudience(ctx, { name: '测试', filter: filter as AudienceFilter })).rejects.toThrow();
});

test('a filter by a topic that does not exist is refused', async () => {
  await expect(createAudience(ctx, { name: '测试', filter: { topic: 'nothing' } })).rejects.toMatchObject({
    code: 'topic.unknown',
  });
});

test('counts give each person one reason, and add up', async () => {
  const { id } = await createAudience(ctx, { name: '全部', filter: {} });
  await suppress(ctx, { phone: '13800000001', kind: 'complaint', scope: 'marketing', reason: '投诉' });
  await suppress(ctx, { phone: '13800000001', kind: 'dnc', scope: 'all', reason: '来电' });
  await suppress(ctx, { phone: '13800000002', kind: 'opt-out', scope: 'sms', reason: '来电' });
  await suppress(ctx, { phone: '13800000006', kind: 'complaint', scope: 'marketing', reason: '投诉' });
  expect(await countAudience(ctx, { id, kind: 'marketing', topic: 'news' })).toEqual({
    total: 6,
    eligible: 0,
    excluded: { dnc: 1, 'opted-out': 1, complaint: 1, 'no-consent': 2, 'not-subscribed': 1 },
    unread: {},
    sample: [],
  });
  expect(await countAudience(ctx, { id, kind: 'marketing' })).toMatchObject({ eligible: 1, sample: ['138****0003'] });
  expect(await countAudience(ctx, { id, kind: 'notice' })).toMatchObject({
    total: 6,
    eligible: 4,
    excluded: { dnc: 1, 'opted-out': 1 },
  });
  const notice = await countAudience(ctx, { id, kind: 'notice' });
  expect(notice.sample).toHaveLength(3);
  expect(notice.sample.every((phone) => phone.startsWith('138****'))).toBe(true);
});

test('a filter compares days and numbers as people write them, and the count says whose value it could not compare', async () => {
  const rows = [
    '2026-12-01,100',
    '2026/12/01,"1,000"',
    '2026-12-1,１００',
    '2026年12月1日,100.0',
    '2026/12/2,99',
    '下周,很多',
  ];
  const lines = rows.map((row, index) => `1370000000${index},${row}\n`).join('');
  const { id: imported } = await readImport(ctx, {
    kind: 'customers',
    fileName: 'due.csv',
    stream: fileOf(`手机号,到期,应还额\n${lines}`),
  });
  await acceptImport(ctx, { importId: imported });
  const countOf = async (attributes: object) => {
    const { id } = await createAudience(ctx, { name: '到期', filter: { attributes } as never });
    const { total, unread } = await countAudience(ctx, { id, kind: 'notice' });
    return { total, unread };
  };
  expect(await countOf({ 到期: { gte: '2026-12-01', lte: '2026-12-01' } })).toEqual({ total: 4, unread: { 到期: 1 } });
  expect(await countOf({ 到期: { eq: '2026-12-01' } })).toEqual({ total: 4, unread: {} });
  expect(await countOf({ 到期: { in: ['2026-12-02', 'x'] } })).toEqual({ total: 1, unread: {} });
  expect(await countOf({ 应还额: { gte: 100 } })).toEqual({ total: 4, unread: { 应还额: 1 } });
  expect(await countOf({ 应还额: { eq: 100 } })).toEqual({ total: 3, unread: {} });
  expect(await countOf({ 应还额: { eq: '100' } })).toEqual({ total: 1, unread: {} });
  expect(await countOf({ 到期: { lte: '2026-12-01' }, 应还额: { gte: 1_000 } })).toEqual({
    total: 1,
    unread: {},
  });
  await pool.query("delete from customer where phone like '+861370000000_'");
});

test('the members of a file come in its order, joined with the customers of today', async () => {
  const stream = fileOf('手机,金额\n13800000003,5\n13900000000,6\n13800000002,7\n');
  const { id } = await readImport(ctx, { kind: 'audience', fileName: 'list.csv', name: '名单', stream });
  const { audienceId } = await acceptImport(ctx, { importId: id });
  const audience = await loadAudience(ctx, audienceId!);
  expect(audience).toMatchObject({ state: 'open', filter: null, size: 3 });
  const { rows } = await execute(pool, memberSource(audience, new Date()));
  expect(rows.map((row) => [row.phone, row.name, row.tier, row.row_variables])).toEqual([
    ['+8613800000003', '丙', 'gold', { 金额: '5' }],
    ['+8613900000000', null, null, { 金额: '6' }],
    ['+8613800000002', '乙', 'silver', { 金额: '7' }],
  ]);
  const ask = await loadTextAsk(pool, { kind: 'marketing', contactPurpose: null, topic: null, account: null });
  const tally = await tallyMembers(pool, audience, ask, new Date());
  expect(Object.fromEntries(tally.map(({ reason, sample }) => [reason, sample]))).toMatchObject({
    'no-consent': expect.arrayContaining(['+8613900000000']),
    null: expect.arrayContaining(['+8613800000003']),
  });

  const seen = [];
  for (let after: string | null = null; ; after = seen.at(-1)!.position) {
    const page = await freezeCandidates(pool, audience, after, 2, new Date());
    seen.push(...page);
    if (page.length < 2) break;
  }
  expect(seen.map((each) => each.rowVariables['金额'])).toEqual(['5', '6', '7']);
});

test('pages of candidates of a filter give what the whole gives, in the same order', async () => {
  const { id } = await createAudience(ctx, { name: '金牌', filter: { consent: 'marketing' } });
  const audience = await loadAudience(ctx, id);
  const whole = (await execute(pool, memberSource(audience, new Date()))).rows.map((row) => row.customer_id);
  const paged: (string | null)[] = [];
  for (let after: string | null = null; ;) {
    const page = await freezeCandidates(pool, audience, after, 1, new Date());
    if (page.length === 0) break;
    paged.push(...page.map((each) => each.customerId));
    after = page.at(-1)!.position;
  }
  expect(paged).toEqual(whole);
});

test('customers are listed page by page, masked, and found by number and id', async () => {
  const first = await listCustomers(ctx, { limit: 4 });
  const second = await listCustomers(ctx, { limit: 4, before: first.next });
  expect(second.next).toBeNull();
  const all = [...first.rows, ...second.rows];
  expect(new Set(all.map((row) => row.id)).size).toBe(6);
  expect(all.every((row) => /^138\*{4}000\d$/.test(row.phone))).toBe(true);
  expect((await listCustomers(ctx, { phone: '138-0000-0005' })).rows).toMatchObject([{ name: '戊' }]);
  expect((await listCustomers(ctx, { tier: 'gold' })).rows).toHaveLength(2);
  expect(await findCustomer(ctx, { phone: '13900000000' })).toBeNull();
  expect(await countCustomers(ctx)).toMatchObject({ total: 6, gold: 2, noTier: 1, consented: 4, refused: 1 });
});

test('consent and topics change once, with their source, and need the right', async () => {
  const { id } = (await findCustomer(ctx, { phone: '13800000005' }))!;
  const grant = { customerId: id, purpose: 'marketing', granted: true, source: 'paper-form' } as const;
  expect(await setConsent(ctx, grant)).toEqual({ changed: true });
  expect(await setConsent(ctx, grant)).toEqual({ changed: false });
  await setConsent(ctx, { ...grant, granted: false, source: 'phone-call' });
  await setSubscription(ctx, { customerId: id, topic: 'news', subscribed: true, source: 'paper-form' });
  expect(await findCustomer(ctx, { id })).toMatchObject({
    consents: [{ granted: false, source: 'phone-call' }],
    subscriptions: [{ topic: 'news', subscribed: true, source: 'paper-form' }],
  });
  await expect(setConsent(administrator, grant)).rejects.toMatchObject({ kind: 'denied' });
  await expect(setConsent(ctx, { ...grant, source: 'reply' })).rejects.toThrow();
  await expect(setConsent(ctx, { ...grant, source: 'import:x' })).rejects.toThrow();
  await expect(setConsent(ctx, { ...grant, customerId: '01900000-0000-7000-8000-000000000009' })).rejects.toMatchObject(
    { code: 'customer.unknown' },
  );
  await expect(
    setSubscription(ctx, { customerId: id, topic: 'no', subscribed: true, source: 'x' }),
  ).rejects.toMatchObject({ code: 'topic.unknown' });
});

test('a topic is made once, by whoever may', async () => {
  await expect(createTopic(administrator, { code: 'news', name: '别的' })).rejects.toMatchObject({
    code: 'topic.exists',
  });
  await expect(createTopic(ctx, { code: 'other', name: '别的' })).rejects.toMatchObject({ kind: 'denied' });
  expect(await listTopics(ctx)).toMatchObject([{ code: 'news', name: '资讯' }]);
  expect((await listAudiences(ctx, { limit: 1 })).rows).toHaveLength(1);
});

import { randomUUIDv7 } from 'node:crypto';
import { beforeAll, expect, test } from 'vitest';
import { numbersOf } from '../../../src/customer/number.db.ts';
import { faultsOfPage, openConsole, type Console } from '../kit/page/kit.ts';

let house: Console;
const [id, other] = [randomUUIDv7(), randomUUIDv7()];

beforeAll(async () => {
  house = await openConsole();
  await house.pool.query('insert into customer (id, phone) values ($1, $2), ($3, $4)', [
    id,
    '+8613800138000',
    other,
    '+8613900139111',
  ]);
});
const as = () => ({ as: house.people.operator });
const path = `/customers/${id}/numbers`;
const seen = async (): Promise<string> => {
  const { html } = await house.get(path, as());
  return /name="updatedAt" value="([^"]+)"/.exec(html)?.[1] ?? '';
};
const rows = async () => (await numbersOf(house.pool, id, new Date())).map(({ phone, kind }) => `${phone} ${kind}`);

test('numbers are added, ordered, said to be dead, alive and gone; masked in both languages', async () => {
  expect(
    (await house.post(path, { updatedAt: await seen(), phone: '138 0013 8001', kind: 'work' }, as())).location,
  ).toBe(path);
  await house.post(`${path}/2`, { updatedAt: await seen(), kind: 'home', to: '1', validUntil: '2027-01-31' }, as());
  expect(await rows()).toEqual(['+8613800138001 home', '+8613800138000 mobile']);
  await house.post(`${path}/1/dead`, { updatedAt: await seen(), reason: '停机' }, as());
  for (const language of ['zh-CN', 'en'] as const) {
    const { html } = await house.get(path, { ...as(), language });
    expect(html).toContain('138****8001');
    expect(html).not.toContain('13800138001');
    expect(html).toContain('value="2027-01-31"');
    expect(html).toContain('pill-bad');
    expect(faultsOfPage(html)).toEqual([]);
  }
  const card = await house.get(`/customers/${id}`, as());
  for (const words of ['138****8001', '138****8000', '首选', '有效期至 2027-01-31', '空号，自', `href="${path}"`])
    expect(card.html).toContain(words);
  expect(card.html).not.toContain('13800138001');
  // It silences this number alone, and the person is met by the other one.
  expect(card.html).toMatch(/空号<\/strong> · 138\*\*\*\*8001 · /);
  expect(card.html).toContain('有禁发');
  expect(faultsOfPage(card.html)).toEqual([]);
  await house.post(`${path}/1/alive`, { updatedAt: await seen(), reason: '已复机' }, as());
  await house.post(`${path}/1/remove`, { updatedAt: await seen(), reason: '不再使用' }, as());
  expect(await rows()).toEqual(['+8613800138000 mobile']);
});

test('a number of another customer is taken over only after saying so, and an old page changes nothing', async () => {
  const old = await seen();
  const asked = await house.post(path, { updatedAt: old, phone: '13900139111' }, as());
  expect(asked.status).toBe(422);
  expect(asked.html).toContain(`href="/customers/${other}"`);
  expect(asked.html).toContain('这个号码属于另一位客户');
  expect(faultsOfPage(asked.html)).toEqual([]);
  expect(await rows()).toHaveLength(1);
  const taken = {
    updatedAt: old,
    phone: '13900139111',
    holderId: other,
    kind: 'mobile',
    validUntil: '',
    reason: '号码已转让',
  };
  expect((await house.post(`${path}/take-over`, taken, as())).location).toBe(path);
  expect(await rows()).toHaveLength(2);
  const late = await house.post(path, { updatedAt: old, phone: '13800138009' }, as());
  expect(late.status).toBe(422);
  expect(late.html).toContain('刚被他人修改');
  expect((await house.get(path, { as: house.people.agent })).html).not.toContain(`action="${path}/2"`);
});

test('the time zone is set on the form of the customer, shown on the card, and said where hours are explained', async () => {
  const edit = await house.get(`/customers/${id}/edit`, as());
  expect(faultsOfPage(edit.html)).toEqual([]);
  const updatedAt = /name="updatedAt" value="([^"]+)"/.exec(edit.html)?.[1] ?? '';
  const wrong = await house.post(`/customers/${id}`, { updatedAt, timeZone: 'Asia/Nowhere' }, as());
  expect(wrong.status).toBe(422);
  expect(wrong.html).toContain('Asia/Urumqi、Europe/London');
  expect((await house.get(`/customers/${id}`, as())).html).toContain('北京时间（Asia/Shanghai）');
  expect((await house.post(`/customers/${id}`, { updatedAt, timeZone: 'asia/urumqi' }, as())).status).toBe(303);
  expect((await house.get(`/customers/${id}`, as())).html).toContain('Asia/Urumqi');
  const { html } = await house.get(`/customers/${id}/contact`, as());
  expect(html).toContain('联系时段按客户所在时区 Asia/Urumqi 判断');
  expect(faultsOfPage(html)).toEqual([]);
});

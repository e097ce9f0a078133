import { randomUUIDv7 } from 'node:crypto';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import {
  countKey,
  createAudienceCounter,
  type AudienceCounter,
  type KeptCount,
} from '../../../src/audience/count.command.ts';
import { readImport } from '../../../src/customer/import/import.command.ts';
import { acceptImport } from '../../../src/customer/import/acceptance.command.ts';
import { testDatabase } from '../../kit/database.ts';
import { contextWith } from '../../kit/people.ts';
import { fileOf } from '../customer/import/csv-file.ts';

const { pool } = await testDatabase();
const start = Date.parse('2026-11-22T10:00:00Z');
let clock = start;
const counter = createAudienceCounter(pool, () => new Date(clock));
const gold = { id: randomUUIDv7(), filter: { tiers: ['gold' as const] } };
const minutes = (n: number): number => n * 60_000;

beforeAll(async () => {
  const ctx = await contextWith(pool, ['applicant']);
  const people = '手机号,姓名,等级,营销同意\n13800000001,甲,金牌,是\n13800000002,乙,金牌,否\n13800000003,丙,银牌,是\n';
  const { id } = await readImport(ctx, { kind: 'customers', fileName: 'people.csv', stream: fileOf(people) });
  await acceptImport(ctx, { importId: id });
});
beforeEach(async () => {
  clock = start;
  await pool.query('delete from audience_count');
});

async function counted(by: AudienceCounter, audience: typeof gold): Promise<KeptCount> {
  for (let tries = 0; ; tries += 1) {
    const count = await by.look(audience);
    if (count.state === 'counted' || tries === 200) return count;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
const addGold = (last: number) =>
  pool.query("insert into customer (id, phone, tier) values ($1, $2, 'gold')", [randomUUIDv7(), `+8613900000${last}`]);

test('a count adds up to the people in it, for each kind by the reason not to write', async () => {
  const count = await counted(counter, gold);
  expect(count).toMatchObject({ total: 2, marketing: { '': 1, 'no-consent': 1 }, notice: { '': 2 } });
  expect(count.sample.map(({ phone }) => phone).toSorted()).toEqual(['138****0001', '138****0002']);
});

test('what is kept holds no number', async () => {
  await counted(counter, gold);
  const { rows } = await pool.query('select c::text as line from audience_count c');
  expect(JSON.stringify(rows)).not.toMatch(/1380000000\d/);
});

test('audiences of one filter share a count, whatever the order of its parts', () => {
  const one = { id: randomUUIDv7(), filter: { tiers: ['gold' as const], topic: 'news' } };
  const other = { id: randomUUIDv7(), filter: { topic: 'news', tiers: ['gold' as const] } };
  expect(countKey(one)).toBe(countKey(other));
  expect(countKey({ id: one.id, filter: null })).not.toBe(countKey({ id: other.id, filter: null }));
});

test('a count is kept for ten minutes, then made again while the old one still shows', async () => {
  await counted(counter, gold);
  await addGold(101);
  clock = start + minutes(9);
  expect((await counter.look(gold)).total).toBe(2);
  clock = start + minutes(11);
  await expect.poll(async () => (await counter.look(gold)).total).toBe(3);
});

test('asked again, it is counted at once', async () => {
  await counted(counter, gold);
  await addGold(102);
  clock += 1_000;
  await counter.look(gold, { again: true });
  await expect.poll(async () => (await counter.look(gold)).total).toBe(4);
});

test('several askers at once begin one count', async () => {
  const others = [createAudienceCounter(pool), createAudienceCounter(pool)];
  await Promise.all([...others, ...others, ...others].map((each) => each.look(gold)));
  await expect.poll(async () => (await others[0]?.look(gold))?.state).toBe('counted');
  const { rows } = await pool.query('select count(*) from audience_count');
  expect(rows).toEqual([{ count: 1 }]);
});

test('a count that died with its process is begun again after three minutes, not before', async () => {
  await pool.query('insert into audience_count (key, started_at) values ($1, $2)', [countKey(gold), new Date(start)]);
  clock = start + minutes(2);
  expect((await counter.look(gold)).state).toBe('counting');
  clock = start + minutes(4);
  await expect.poll(async () => (await counter.look(gold)).state).toBe('counted');
});

test('a count that fails says so, keeps the older figures and is tried again after a minute', async () => {
  const before = await counted(counter, gold);
  await pool.query('alter table consent rename to consent_away');
  try {
    clock = start + minutes(11);
    await expect.poll(async () => (await counter.look(gold)).state).toBe('failed');
    expect((await counter.look(gold)).total).toBe(before.total);
  } finally {
    await pool.query('alter table consent_away rename to consent');
  }
  clock = start + minutes(11.5);
  expect((await counter.look(gold)).state).toBe('failed');
  clock = start + minutes(13);
  await expect.poll(async () => (await counter.look(gold)).state).toBe('counted');
});

test('a closed counter begins nothing more and says that it did not count', async () => {
  const closing = createAudienceCounter(pool, () => new Date(clock));
  await closing.close();
  await closing.look(gold);
  await closing.close();
  const [row] = (await pool.query('select total, failed_at from audience_count')).rows as {
    total: null;
    failed_at: Date;
  }[];
  expect(row).toMatchObject({ total: null, failed_at: new Date(start) });
});

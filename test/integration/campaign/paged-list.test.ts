import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { findCalendar, storeCalendar } from '../../../src/kernel/calendar.db.ts';
import { transaction } from '../../../src/kernel/sql.db.ts';
import { calendarCn } from '../../../src/kernel/calendar-cn.rule.ts';
import { openHouse } from '../kit/http/kit.ts';

const house = await openHouse();
const { applicant, auditor } = house.people;
await transaction(house.pool, async (tx) => {
  if (!(await findCalendar(tx))) await storeCalendar(tx, calendarCn, 'test');
});
const gateway = await house.call('POST', '/v1/gateway-accounts', {
  body: { name: 'main', provider: 'aliyun', ratePerSecond: 100, priceMilliYuan: 45 },
});
const audience = await house.call('POST', '/v1/audiences', { as: applicant, body: { name: 'Everybody', filter: {} } });
const template = await house.call('POST', '/v1/templates', {
  as: applicant,
  body: {
    kind: 'notice',
    source: '您的账单已出。',
    variables: [],
    signName: '示例银行',
    name: 'bill',
    gatewayAccountId: gateway.body['id'],
    gatewayCode: 'SMS_1',
  },
});
const create = () =>
  house.call('POST', '/v1/campaigns', {
    as: applicant,
    body: {
      name: '账单通知',
      purpose: '告知账单',
      templateId: template.body['id'],
      audienceId: audience.body['id'],
      window: {
        startsAt: new Date(Date.now() + 3_600_000).toISOString(),
        endsAt: new Date(Date.now() + 3 * 86_400_000).toISOString(),
        dailyFrom: '09:00',
        dailyTo: '18:00',
      },
      ratePerSecond: 50,
      costCeilingFen: 10_000,
    },
  });

test('pages hold every campaign once, also those that were made in one millisecond', async () => {
  const made = await Promise.all(Array.from({ length: 6 }, () => create()));
  await house.pool.query("update campaign set created_at = '2026-01-01T00:00:00.001Z' where id = any($1)", [
    made.map(({ body }) => body['id']),
  ]);
  const seen: unknown[] = [];
  for (let next: string | null = null; ;) {
    const { body } = await house.call('GET', `/v1/campaigns?limit=2${next ? `&before=${next}` : ''}`, {
      as: auditor,
    });
    seen.push(...(body['items'] as { number: string }[]).map(({ number }) => number));
    next = body['next'] as string | null;
    if (next === null) break;
  }
  expect(new Set(seen).size).toBe(seen.length);
  expect(seen).toEqual(expect.arrayContaining(made.map(({ body }) => body['number'])));
});

async function pagedByTime(): Promise<string[]> {
  const seen: string[] = [];
  for (let before = ''; ;) {
    const { status, body } = await house.call('GET', `/v1/campaigns?limit=1${before}`, { as: auditor });
    expect(status).toBe(200);
    const [item] = body['items'] as { number: string; createdAt: string }[];
    if (!item) return seen;
    seen.push(item.number);
    before = `&before=${encodeURIComponent(item.createdAt)}`;
  }
}

test('campaigns made at once are paged by the time of the last one seen, and none is lost or shown twice', async () => {
  const made = await Promise.all(Array.from({ length: 72 }, () => create()));
  const numbers = made.map(({ body }) => body['number'] as string);
  expect(new Set(numbers).size).toBe(72);
  const seen = await pagedByTime();
  expect(seen).toEqual([...new Set(seen)]);
  expect(seen).toEqual(expect.arrayContaining(numbers));
  expect(seen.slice(0, 72).toSorted()).toEqual(numbers.toSorted());
  const refused = await house.call('GET', '/v1/campaigns?before=yesterday', { as: auditor });
  expect([refused.status, refused.body['code']]).toEqual([400, 'request.invalid']);
});

test('campaigns of before, which share a millisecond, are given one each in their order', async () => {
  const made = await Promise.all(Array.from({ length: 5 }, () => create()));
  const ids = made.map(({ body }) => body['id'] as string);
  await house.pool.query(
    "update campaign set created_at = '2026-01-02T00:00:00.0015Z'::timestamptz + key % 3 * interval '1 microsecond' where id = any($1)",
    [ids],
  );
  const order = async (): Promise<{ id: string }[]> =>
    (await house.pool.query<{ id: string }>('select id from campaign order by created_at, id')).rows;
  const before = await order();
  await house.pool.query(await readFile('migrations/0040_campaign_moment.sql', 'utf8'));
  expect(await order()).toEqual(before);
  const seen = await pagedByTime();
  expect(seen).toHaveLength(before.length);
  expect(new Set(seen).size).toBe(before.length);
});

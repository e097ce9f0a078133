import { mkdtempSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { cli } from '../../unit/kit/cli/kit.ts';
import { openHouse } from '../kit/http/kit.ts';

const house = await openHouse();
await house.app.listen({ port: 0, host: '127.0.0.1' });
const { operator, agent } = house.people;
const env = {
  WAIHU_URL: `http://127.0.0.1:${(house.app.server.address() as AddressInfo).port}`,
  WAIHU_API_KEY: operator.key,
};
const folder = mkdtempSync(path.join(tmpdir(), 'waihu-numbers-'));
const numbers = async (...args: string[]) => {
  const answer = await cli(['numbers', ...args, '--json'], env, folder);
  return { ...answer, data: (answer.stdout === '' ? null : JSON.parse(answer.stdout)) as { items: object[] } | null };
};
const idOf = async (phone: string): Promise<string> =>
  (await house.pool.query('insert into customer (id, phone) values (gen_random_uuid(), $1) returning id', [phone]))
    .rows[0].id;

test('the command line does with numbers what the API does, and the API tells what is refused', async () => {
  const [id, other] = [await idOf('+8613800000001'), await idOf('+8613800000002')];
  const added = await numbers('add', id, '13800000003', '--kind', 'work', '--until', '2027-06-30');
  expect(added.exit, added.stderr).toBe(0);
  expect(added.data?.items).toMatchObject([
    { place: 1, phone: '138****0001', kind: 'mobile' },
    { place: 2, phone: '138****0003', kind: 'work', validUntil: '2027-06-30', deadSince: null },
  ]);
  expect((await numbers('change', '13800000003', '2', '--to', '1', '--until', 'none')).data?.items).toMatchObject([
    { phone: '138****0003', validUntil: null },
    { phone: '138****0001' },
  ]);
  const refused = await numbers('add', id, '13800000002');
  expect(refused.exit).toBe(1);
  expect(refused.stderr).toContain('number.of-another');
  expect(refused.stderr + refused.stdout).not.toContain('13800000002');
  const taken = await numbers('take-over', id, '13800000002', '--holder', other, '--reason', '号码已转让');
  expect(taken.data?.items).toMatchObject([{}, {}, { place: 3, phone: '138****0002' }]);
  expect((await numbers('dead', id, '3', '--reason', '停机')).data?.items[2]).toMatchObject({
    deadSince: expect.any(String),
  });
  expect((await numbers('alive', id, '3', '--reason', '已复机')).data?.items[2]).toMatchObject({ deadSince: null });
  expect((await numbers('remove', id, '3', '--reason', '不再使用')).data?.items).toHaveLength(2);
});

test('a customer’s card in the API holds all their numbers, masked and in their order', async () => {
  const id = await idOf('+8613800000021');
  await numbers('add', id, '13800000022', '--kind', 'home');
  const card = await house.app.inject({
    url: `/api/v1/customers/${id}`,
    headers: { authorization: `Bearer ${agent.key}` },
  });
  expect(card.json().numbers).toMatchObject([
    { place: 1, phone: '138****0021', kind: 'mobile' },
    { place: 2, phone: '138****0022', kind: 'home', validUntil: null, deadSince: null },
  ]);
});

test('an old look and a missing right are refused', async () => {
  const id = await idOf('+8613800000011');
  const post = (body: object, key: string) =>
    house.app.inject({
      method: 'POST',
      url: `/api/v1/customers/${id}/numbers`,
      headers: { authorization: `Bearer ${key}` },
      payload: body,
    });
  const old = { updatedAt: '2026-01-01T00:00:00Z', phone: '13800000012' };
  const late = await post(old, operator.key);
  expect([late.statusCode, late.json().code]).toEqual([409, 'customer.changed-since']);
  expect((await post(old, agent.key)).statusCode).toBe(403);
});

import { expect, test } from 'vitest';
import { openHouse } from './kit.ts';

let fail = false;
let running = 0;
const waiting: (() => void)[] = [];
const house = await openHouse({
  extraRoutes: (app) =>
    void app.post('/slow', { config: { needs: 'self:read' } }, async () => {
      running += 1;
      if (fail) throw new Error('broken');
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
      });
      return { run: running };
    }),
});
const slow = (key: string) => house.call('POST', '/slow', { headers: { 'idempotency-key': key } });
/** Lets the request go on that stands in the middle of its work. */
async function release(): Promise<void> {
  await expect.poll(() => waiting.length).toBe(1);
  waiting.pop()?.();
}
const topic = (code: string) => ({ code, name: 'A topic' });
const post = (key: string, body: unknown, as = house.people.administrator) =>
  house.call('POST', '/v1/topics', { as, body, headers: { 'idempotency-key': key } });

test('the same request with the same key is done once and answered the same', async () => {
  const first = await post('k1', topic('one'));
  const second = await post('k1', topic('one'));
  expect(first.status).toBe(201);
  expect(second).toMatchObject({ status: 201, body: first.body });
  expect(second.headers['idempotency-replayed']).toBe('true');
  expect(first.headers['idempotency-replayed']).toBeUndefined();
});

test('the order of fields does not make another request', async () => {
  await post('k2', { code: 'two', name: 'A topic' });
  expect((await post('k2', { name: 'A topic', code: 'two' })).status).toBe(201);
});

test('a refusal is remembered as well', async () => {
  expect((await post('k3', topic('one'))).status).toBe(409);
  await house.pool.query("delete from topic where code = 'one'");
  const again = await post('k3', topic('one'));
  expect(again).toMatchObject({ status: 409, body: { code: 'topic.exists' } });
  expect(again.headers['content-type']).toContain('application/problem+json');
});

test('another request with the same key is refused', async () => {
  await post('k4', topic('four'));
  expect(await post('k4', topic('five'))).toMatchObject({ status: 422, body: { code: 'idempotency.key-reused' } });
  const { status } = await house.call('POST', '/v1/staff', {
    body: { name: 'x', email: 'x@example.com', unit: 'u', roles: ['leader'] },
    headers: { 'idempotency-key': 'k4' },
  });
  expect(status).toBe(422);
});

test('the same key of another person is another key', async () => {
  const other = await house.hire(['administrator']);
  await post('k5', topic('six'));
  expect((await post('k5', topic('seven'), other)).status).toBe(201);
});

test('of twenty requests at once with one key one is done', async () => {
  const answers = await Promise.all(Array.from({ length: 20 }, () => post('k6', topic('eight'))));
  const codes = answers.map(({ status, body }) => (status === 201 ? 'done' : body['code']));
  expect(codes).toContain('done');
  expect(codes.filter((code) => code !== 'done').every((code) => code === 'idempotency.in-flight')).toBe(true);
  const { rows } = await house.pool.query(
    "select count(*)::int as n from audit where action = 'topic.created' and object_id = 'eight'",
  );
  expect(rows).toEqual([{ n: 1 }]);
});

test('a repetition that comes while the first is running is told so, and later gets its answer', async () => {
  const first = slow('k7');
  await expect.poll(() => waiting.length).toBe(1);
  expect(await slow('k7')).toMatchObject({ status: 409, body: { code: 'idempotency.in-flight' } });
  await release();
  expect((await first).body).toEqual({ run: 1 });
  expect((await slow('k7')).body).toEqual({ run: 1 });
  expect(running).toBe(1);
});

test('after a fault of ours the same key may try again', async () => {
  fail = true;
  expect((await slow('k8')).status).toBe(500);
  fail = false;
  const second = slow('k8');
  await release();
  expect((await second).status).toBe(200);
});

test('what is shown once is neither stored nor shown again', async () => {
  const body = { staffId: house.people.leader.id, name: 'once' };
  const make = () => house.call('POST', '/v1/keys', { body, headers: { 'idempotency-key': 'k9' } });
  const first = await make();
  const second = await make();
  expect(first.body['secret']).toMatch(/^whk_/);
  expect(second).toMatchObject({ status: 201, body: { id: first.body['id'] } });
  expect(second.text).not.toContain('whk_');
  const { rows } = await house.pool.query('select * from idempotency_key');
  expect(JSON.stringify(rows)).not.toContain('whk_');
});

test('look-ups by number leave nothing behind', async () => {
  const look = (phone: string) =>
    house.call('POST', '/v1/customers/search', {
      as: house.people.operator,
      body: { phone },
      headers: { 'idempotency-key': 'k10' },
    });
  expect((await look('13800138000')).status).toBe(200);
  expect((await look('13800138001')).status).toBe(200);
  const { rows } = await house.pool.query("select 1 from idempotency_key where key = 'k10'");
  expect(rows).toEqual([]);
});

test.each(['', 'two words', 'x'.repeat(201), '键'])('the key %j is refused', async (key) => {
  const { status, body } = await post(Buffer.from(key).toString('latin1'), topic('nine'));
  expect([status, body['code']]).toEqual([422, 'idempotency.key-shape']);
});

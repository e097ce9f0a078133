import { buildConnector, Pool } from 'undici';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { exchange } from '../../../../src/sms/aliyun/exchange.ts';
import { json, startCannedServer } from './canned-server.ts';
import type { CannedServer } from './canned-server.ts';

let server: CannedServer;
beforeAll(async () => void (server = await startCannedServer()));
beforeEach(() => server.answer(json({ Code: 'OK' })));
afterAll(() => server.stop());

function poolWith(options: Pool.Options = {}) {
  const pool = new Pool(`http://${server.endpoint}`, { pipelining: 1, headersTimeout: 0, bodyTimeout: 0, ...options });
  onTestFinished(() => pool.destroy());
  return pool;
}
const call = { method: 'POST' as const, path: '/?PhoneNumbers=13800138000', headers: [], body: null };

test('a call that ran out of time while its connection was being made is never made', async () => {
  const connect = buildConnector({});
  const { promise: connection, resolve: connected } = Promise.withResolvers<void>();
  const pool = poolWith({
    connect: (options, done) => {
      void connection.then(() => connect(options, done));
    },
  });
  await expect(exchange(pool, call, 50)).rejects.toMatchObject({ name: 'RequestTimeoutError' });
  connected();
  // The next one uses the connection, so the first would have been there before it.
  expect(await exchange(pool, { ...call, path: '/?second' }, 5_000)).toMatchObject({ status: 200 });
  expect(server.seen.map(({ url }) => url)).toEqual(['/?second']);
});

test('a connection serves one call after another', async () => {
  const pool = poolWith({ connections: 1 });
  await Promise.all(Array.from({ length: 20 }, () => exchange(pool, call, 5_000)));
  expect(server.seen).toHaveLength(20);
});

test.each([
  ['a broken connection', 'reset' as const, 'ECONNRESET'],
  ['half an answer', 'half' as const, 'ECONNRESET'],
])('%s fails its call alone, once, and without the number', async (_, answer, code) => {
  server.answer(({ url }) => (url.endsWith('bad') ? answer : json({ Code: 'OK' })));
  const pool = poolWith();
  const calls = ['bad', 'good', 'good'].map((which) =>
    exchange(pool, { ...call, path: `${call.path}&${which}` }, 5_000),
  );
  const [bad, ...good] = await Promise.allSettled(calls);
  expect(good.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled']);
  expect(bad).toMatchObject({ status: 'rejected', reason: { code } });
  expect(String((bad as PromiseRejectedResult).reason)).not.toContain('13800138000');
  expect(server.seen.filter(({ url }) => url.endsWith('bad'))).toHaveLength(1);
});

test('an answer in pieces is read whole', async () => {
  const text = '流控'.repeat(200_000);
  server.answer({ body: JSON.stringify({ text }) });
  const { text: read } = await exchange(poolWith(), call, 5_000);
  expect(JSON.parse(read)).toEqual({ text });
});

import { pino } from 'pino';
import { afterAll, expect, test } from 'vitest';
import { openPool, pagePatience, takeTime, transaction, workPatience } from '../../../src/kernel/sql.db.ts';
import { handleError } from '../../../src/kit/http/problem.ts';
import { fastify } from 'fastify';
import { testDatabase } from '../../kit/database.ts';

const { pool, url } = await testDatabase();
const hasty = openPool(url, 2, { patience: { connectMs: 300, statementMs: 150, lockMs: 100, idleMs: 200 } });
const app = fastify({ loggerInstance: pino({ level: 'silent' }) });
app.setErrorHandler((error, request, reply) => void handleError(error, request, reply));
afterAll(async () => {
  await app.close();
  await hasty.end();
});

const settings = async (of: { query(text: string): Promise<{ rows: { name: string; setting: string }[] }> }) => {
  const { rows } = await of.query(
    `select name, setting from pg_settings where name in ('statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout')`,
  );
  return Object.fromEntries(rows.map(({ name, setting }) => [name, Number(setting)]));
};

test.each([
  ['a page', pagePatience],
  ['a worker', workPatience],
])('the connections of %s carry its time-outs', async (_, patience) => {
  const own = openPool(url, 1, { patience });
  expect(await settings(own)).toEqual({
    statement_timeout: patience.statementMs,
    lock_timeout: patience.lockMs,
    idle_in_transaction_session_timeout: patience.idleMs,
  });
  await own.end();
});

test('a transaction that takes its time does so alone', async () => {
  const inside = await transaction(hasty, async (tx) => {
    await takeTime(tx);
    return settings(tx);
  });
  expect(inside).toMatchObject({ statement_timeout: workPatience.statementMs, lock_timeout: workPatience.lockMs });
  expect(await settings(hasty)).toMatchObject({ statement_timeout: 150, lock_timeout: 100 });
});

app.get('/slow', () => hasty.query('select pg_sleep(5)'));
app.get('/locked', () => hasty.query('select pg_advisory_lock(4711)'));
app.get('/idle', () =>
  transaction(hasty, async (tx) => {
    await tx.query('select 1');
    await new Promise((resolve) => setTimeout(resolve, 500));
    await tx.query('select 1');
  }),
);
app.get('/crowded', async () => {
  const held = [await hasty.connect(), await hasty.connect()];
  try {
    return await hasty.query('select 1');
  } finally {
    for (const client of held) client.release();
  }
});

test.each([
  ['/slow', 'database.too-slow'],
  ['/locked', 'database.busy'],
  ['/idle', 'database.unreachable'],
  ['/crowded', 'database.unreachable'],
])('whoever asks %s is told %s, and to come again', async (path, code) => {
  const holder = await pool.connect();
  await holder.query('select pg_advisory_lock(4711)');
  const answer = await app.inject(path);
  await holder.query('select pg_advisory_unlock(4711)');
  holder.release();
  expect(answer.statusCode).toBe(503);
  expect(answer.json()).toMatchObject({ code });
  expect(answer.headers['retry-after']).toBe('5');
});

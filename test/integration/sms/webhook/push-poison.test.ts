import { pino } from 'pino';
import { beforeEach, expect, test } from 'vitest';
import { findLastPush, keepDelivery, takeDeliveries } from '../../../../src/sms/delivery.db.ts';
import { listPushes } from '../../../../src/sms/push.command.ts';
import { startTakeIn } from '../../../../src/sms/webhook/take-in.ts';
import { makeMonths } from '../../../../src/app/retention.db.ts';
import { transaction } from '../../../../src/kernel/sql.db.ts';
import { openPushes, replyOf } from './kit.ts';

const { pool, accountId, takeIn, push, settled, optedOut } = await openPushes();
beforeEach(async () => {
  await pool.query('truncate webhook_delivery, receipt, inbound_sms, suppression');
});
const listed = async () =>
  (await pool.query('select id, fault, attempts, set_aside_at is not null as aside from webhook_delivery order by id'))
    .rows;

test('a push that cannot be read waits for a person, and those before, beside and after it get in', async () => {
  await push('replies', [replyOf('13800000001', 'R')]);
  await push('replies', '<html>Bad gateway</html>', 'text/html');
  await push('replies', [replyOf('13800000002', 'R')]);
  await settled();
  expect(await optedOut()).toEqual(['+8613800000001', '+8613800000002']);
  const { rows } = await listPushes({ pool, staff: { grants: [{ role: 'administrator', unit: '*' }] } } as never);
  expect(rows).toEqual([expect.objectContaining({ account: 'pushing', state: 'unread', fault: 'sms-push.body' })]);
});

test('a push whose readers die is read alone, set aside at last, and takes no opt-out with it', async () => {
  await takeIn.stop();
  const kept = (phone: string) =>
    keepDelivery(pool, {
      accountId,
      kind: 'replies',
      raw: Buffer.from(JSON.stringify([replyOf(phone, 'R')])),
      contentType: null,
    });
  for (const phone of ['13800000001', '13800000002', '13800000003']) await kept(phone);
  const lease = { limit: 20, leaseSeconds: 0 };
  // Nobody knows which of the three it is while they die together.
  for (const _ of [1, 2, 3]) expect(await takeDeliveries(pool, 'replies', { ...lease, alone: false })).toHaveLength(3);
  expect(await takeDeliveries(pool, 'replies', { ...lease, alone: false })).toEqual([]);
  await kept('13800000004');
  expect(await takeDeliveries(pool, 'replies', { limit: 20, leaseSeconds: 60, alone: false })).toHaveLength(1);
  await pool.query('update webhook_delivery set try_after = now(), attempts = 0 where attempts = 1');
  const deadly = (await listed())[0].id;
  for (const _ of [4, 5, 6, 7, 8])
    expect(await takeDeliveries(pool, 'replies', { ...lease, limit: 1, alone: true })).toMatchObject([{ id: deadly }]);
  const again = startTakeIn(pool, pino({ level: 'silent' }));
  await settled();
  await again.stop();
  expect(await optedOut()).toEqual(['+8613800000002', '+8613800000003', '+8613800000004']);
  expect((await listed()).filter(({ aside }) => aside)).toEqual([
    { id: deadly, fault: 'reader-died', attempts: 8, aside: true },
  ]);
});

test('the last push of an account without any is found by its key, however many pushes of others are kept', async () => {
  await makeMonths(pool, new Date('2026-01-10T00:00:00Z'), 6);
  await pool.query(
    `insert into webhook_delivery (gateway_account_id, kind, raw, received_at, processed_at)
     select $1, 'receipts', '[]', timestamptz '2026-01-02' + n * interval '4 minutes', now() from generate_series(1, 40000) n`,
    [accountId],
  );
  await pool.query(
    `insert into gateway_account (id, name, provider, settings, rate_per_second, price_milli_yuan, webhook_token)
     select gen_random_uuid(), 'other' || n, 'aliyun', '{}', 1, 1, 'token-of-the-other-account-' || n from generate_series(1, 500) n`,
  );
  const silent = (await pool.query(`select id from gateway_account where name = 'other1'`)).rows[0].id as string;
  await pool.query(
    `insert into gateway_push select id, now() from gateway_account where id <> $1 on conflict do nothing`,
    [silent],
  );
  await pool.query('analyze webhook_delivery, gateway_push');
  expect(await findLastPush(pool, silent)).toBeNull();
  const plan = await transaction(pool, async (tx) => {
    const explained: string[] = [];
    const explaining = {
      query: async ({ text, values }: { text: string; values: unknown[] }) => {
        const { rows } = await tx.query(`explain (analyze, buffers, costs off) ${text}`, values);
        explained.push(...rows.map((row: Record<string, string>) => String(row['QUERY PLAN'])));
        return { rows: [] };
      },
    };
    await findLastPush(explaining as never, silent);
    return explained.join('\n');
  });
  expect(plan).toContain('Index');
  expect(plan).not.toMatch(/Seq Scan|webhook_delivery/);
  const before = Date.now() - 60_000;
  await push('reports', '[]');
  expect((await findLastPush(pool, accountId))?.getTime()).toBeGreaterThan(before);
});

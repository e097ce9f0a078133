import { beforeAll, beforeEach, expect, test } from 'vitest';
import { loadFacts } from '../../../src/contact/facts.db.ts';
import * as numbers from '../../../src/contact/number.command.ts';
import { findHolder, giveNumber, leaveBehind, recordMoves } from '../../../src/contact/number.db.ts';
import { forgottenTouches, lateTouchesOf } from '../../../src/contact/touch.db.ts';
import type { Context } from '../../../src/house/context.ts';
import { execute, sql, transaction } from '../../../src/kernel/sql.db.ts';
import { makeCustomer, seenCustomer } from '../../kit/customer.ts';
import { testDatabase } from '../../kit/database.ts';
import { contextWith } from '../../kit/people.ts';

const { pool } = await testDatabase();
/** When the message was sent, and when its receipt comes. */
const sent = new Date('2026-11-04T04:00:00Z');
const now = new Date('2026-11-05T04:00:00Z');
const reason = '客户来电说明';
const [held, spare, other] = ['+8613800000001', '+8613800000002', '+8613800000003'] as const;
let ctx: Context;

beforeAll(async () => {
  ctx = await contextWith(pool, ['operator'], { now: () => now });
});
beforeEach(async () => {
  await pool.query('truncate customer, former_customer, contact, phone_number, phone_number_move cascade');
});

const customer = (...phones: readonly string[]) => makeCustomer(ctx, ...phones);
const seen = (customerId: string) => seenCustomer(pool, customerId);

/** The receipt of a message to `held` comes; `listed` is whom the list names with the number. */
const late = (listed: string | null) =>
  execute(
    pool,
    lateTouchesOf(
      sql`select ${held}::text as phone, ${listed}::uuid as customer_id, 'service' as purpose, ${sent}::timestamptz as at,
        7 as campaign_key, 1 as seq`,
      { channel: 'sms' },
    ),
  );
/** How many contacts count for whoever is met by that number. */
async function counted(phone: string, customerId: string | null): Promise<number> {
  const person = { phone, customerId };
  return (await loadFacts(pool, [person], { purpose: 'service', topic: null }, now))(person).touches.length;
}
const takeOver = async (by: string, from: string) =>
  numbers.takeOverNumber(ctx, { ...(await seen(by)), phone: held, holderId: from, reason });

test('counts once for whoever still has the number, and passes on with them', async () => {
  const holder = await customer(held, spare);
  await late(holder);
  await late(holder);
  expect(await counted(held, holder)).toBe(1);
  const next = await customer(other);
  await takeOver(next, holder);
  expect(await counted(spare, holder)).toBe(1);
  expect(await counted(other, next)).toBe(0);
});

test('counts for the customer of the list, and not for who has taken the number over', async () => {
  const holder = await customer(held, spare);
  const next = await customer(other);
  await takeOver(next, holder);
  await late(holder);
  expect(await counted(spare, holder)).toBe(1);
  expect(await counted(other, next)).toBe(0);
  expect(await counted(held, next)).toBe(0);
});

test('counts for who had the number then, where the list names nobody', async () => {
  const holder = await customer(held, spare);
  const next = await customer(other);
  await takeOver(next, holder);
  await late(null);
  expect(await counted(spare, holder)).toBe(1);
  expect(await counted(held, next)).toBe(0);
});

test('counts for the customer and for the number that is nobody’s now, until somebody takes it', async () => {
  const holder = await customer(spare, held);
  await numbers.removeNumber(ctx, { ...(await seen(holder)), place: 2, reason });
  await late(holder);
  expect(await counted(spare, holder)).toBe(1);
  expect(await counted(held, null)).toBe(1);
  const next = await customer(other, held);
  expect(await counted(held, next)).toBe(0);
});

test('counts for the number where nobody is known', async () => {
  await late(null);
  expect(await counted(held, null)).toBe(1);
});

test('counts for the customer of the list while the number is just passing on', async () => {
  const holder = await customer(held, spare);
  const next = await customer(other);
  await transaction(pool, async (tx) => {
    await leaveBehind(tx, [{ phone: held, formerId: holder }], now);
    await giveNumber(tx, held, next, { kind: 'mobile', validUntil: null }, now);
    const move = { id: '01930000-0000-7000-8000-000000000001', phone: held, from: holder, to: next, at: now };
    await recordMoves(tx, [{ ...move, source: 'test', reason }]);
    // Another transaction, which sees none of it: with the list's customer, and with none.
    await late(holder);
    await execute(pool, forgottenTouches(sql`select ${held}::text as phone, 7 as campaign_key, 1 as seq`));
    await late(null);
    expect(await findHolder(tx, held)).toBe(next);
  });
  expect(await counted(held, next)).toBe(0);
  expect(await counted(spare, holder)).toBe(1);
});

test('is forgotten when it was proven never made, and no other contact with it', async () => {
  const holder = await customer(held);
  await late(holder);
  const forget = (seq: number) =>
    execute(pool, forgottenTouches(sql`select ${held}::text as phone, 7 as campaign_key, ${seq}::int as seq`));
  await forget(2);
  expect(await counted(held, holder)).toBe(1);
  await forget(1);
  expect(await counted(held, holder)).toBe(0);
});

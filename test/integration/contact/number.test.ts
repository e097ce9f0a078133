import { randomUUIDv7 } from 'node:crypto';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { applyOptOut } from '../../../src/contact/suppression.command.ts';
import type { ContactAsk } from '../../../src/contact/contact.rule.ts';
import * as numbers from '../../../src/contact/number.command.ts';
import { defaultContactPolicy, everyDay } from '../../../src/contact/policy.rule.ts';
import { reserve } from '../../../src/contact/reserve.db.ts';
import { activeSuppressions } from '../../../src/contact/suppression.db.ts';
import { findCustomer } from '../../../src/customer/customer.db.ts';
import { findCustomer as findCard } from '../../../src/customer/customer.command.ts';
import { numbersOf } from '../../../src/customer/number.db.ts';
import { createCustomer } from '../../../src/customer/record.command.ts';
import type { Context } from '../../../src/house/context.ts';
import { everything } from '../../../src/kernel/reach.rule.ts';
import { listAudit } from '../../../src/house/audit/audit.db.ts';
import { transaction } from '../../../src/kernel/sql.db.ts';
import { expectNumbersToAgree, makeCustomer, seenCustomer } from '../../kit/customer.ts';
import { testDatabase } from '../../kit/database.ts';
import { contextWith } from '../../kit/people.ts';
import { silence } from '../../kit/suppression.ts';

const { pool } = await testDatabase();
const now = new Date('2026-11-04T04:00:00Z');
let ctx: Context;

beforeAll(async () => {
  ctx = await contextWith(pool, ['operator'], { now: () => now });
});
beforeEach(async () => {
  await pool.query(
    'truncate customer, former_customer, contact, suppression, phone_number, phone_number_move, audience cascade',
  );
});

const phone = (n: number): string => `1380000${String(n).padStart(4, '0')}`;
const e164 = (n: number): string => `+86${phone(n)}`;
const service: ContactAsk = {
  purpose: 'service',
  channel: 'sms',
  topic: null,
  policy: {
    caps: { ...defaultContactPolicy.caps, service: { day: 1, week: null, month: null, callsADay: null } },
    total: { day: null, week: null, month: null, callsADay: null },
  },
  hours: [everyDay('00:00', '24:00')],
  calendar: null,
};

const customer = (...own: readonly number[]) => makeCustomer(ctx, ...own.map(phone));
const seen = (customerId: string) => seenCustomer(pool, customerId);
const at = async (customerId: string, place: number) => ({ ...(await seen(customerId)), place });
const phonesOf = async (id: string) => (await numbersOf(pool, id, now)).map((each) => each.phone);
const contacted = (n: number, customerId: string | null) =>
  transaction(pool, (tx) => reserve(tx, [{ phone: e164(n), customerId }], service, now));
const acts = async (id: string) =>
  (await listAudit(pool, { limit: 20, objectKind: 'customer', objectId: id })).map(({ action }) => action);
const reason = '客户来电说明';
const agrees = () => expectNumbersToAgree(pool);
/** A clock that moves, as colleagues' clocks do. */
function moving(): Context {
  let tick = 0;
  return { ...ctx, now: () => new Date(now.getTime() + ++tick) };
}

test('a customer has several numbers with kind, order and last day', async () => {
  const id = await customer(1);
  await numbers.addNumber(ctx, { ...(await seen(id)), phone: '138-0000-0002', kind: 'work', validUntil: '2026-12-31' });
  expect(await numbersOf(pool, id, now)).toMatchObject([
    { phone: e164(1), place: 1, kind: 'mobile', validUntil: null, deadSince: null },
    { phone: e164(2), place: 2, kind: 'work', validUntil: '2026-12-31', deadSince: null },
  ]);
  await numbers.changeNumber(ctx, { ...(await at(id, 2)), to: 1, validUntil: null });
  expect(await findCustomer(pool, id)).toMatchObject({ phone: e164(2) });
  expect(await phonesOf(id)).toEqual([e164(2), e164(1)]);
  expect((await findCard(ctx, { phone: phone(1) }))?.id).toBe(id);
  await numbers.removeNumber(ctx, { ...(await at(id, 1)), reason });
  expect(await phonesOf(id)).toEqual([e164(1)]);
  expect(await findCustomer(pool, id)).toMatchObject({ phone: e164(1) });
  expect(await acts(id)).toEqual([
    'customer.created',
    'customer.number-added',
    'customer.number-changed',
    'customer.number-removed',
  ]);
  const moves = await pool.query('select phone, from_customer, to_customer, reason from phone_number_move order by id');
  expect(moves.rows).toEqual([
    { phone: e164(2), from_customer: null, to_customer: id, reason: null },
    { phone: e164(2), from_customer: id, to_customer: null, reason },
  ]);
  await agrees();
});

test('is refused with the reason: what is no number, one too many, another’s, the only one, an old look', async () => {
  const id = await customer(1, 2);
  const other = await customer(3);
  const add = async (n: string) => numbers.addNumber(ctx, { ...(await seen(id)), phone: n });
  await expect(add('12')).rejects.toMatchObject({ code: 'phone.invalid' });
  await expect(add(phone(2))).rejects.toMatchObject({ code: 'number.theirs-already' });
  await expect(add(phone(3))).rejects.toMatchObject({ code: 'number.of-another', details: { holderId: other } });
  await expect(numbers.removeNumber(ctx, { ...(await at(other, 1)), reason })).rejects.toMatchObject({
    code: 'number.only',
  });
  await expect(numbers.changeNumber(ctx, { ...(await at(id, 3)), kind: 'home' })).rejects.toMatchObject({
    code: 'number.unknown',
  });
  const old = await seen(id);
  await pool.query(`update customer set updated_at = updated_at + interval '1 second' where id = $1`, [id]);
  await expect(numbers.addNumber(ctx, { ...old, phone: phone(9) })).rejects.toMatchObject({
    code: 'customer.changed-since',
  });
  for (let n = 10; n < 18; n += 1) await add(phone(n));
  await expect(add(phone(18))).rejects.toMatchObject({ code: 'number.too-many' });
  await expect(createCustomer(ctx, { phone: phone(2) })).rejects.toMatchObject({ code: 'customer.phone-taken' });
  const agent = await contextWith(pool, ['agent'], { now: () => now });
  await expect(numbers.addNumber(agent, { ...(await seen(id)), phone: phone(30) })).rejects.toMatchObject({
    kind: 'denied',
  });
  await agrees();
});

test('taken over, a number brings nothing of its former holder, and the holder loses nothing of their own', async () => {
  const old = await customer(1, 2);
  const next = await customer(3);
  await transaction(pool, (tx) => applyOptOut(tx, { phone: e164(1), source: 'reply:a', reach: everything, now }));
  for (const kind of ['dead-number', 'gateway-blacklist'])
    await silence(pool, { phone: e164(1), kind, source: 'receipt', createdAt: now });
  await pool.query(`insert into contact (phone, channel, purpose, at) values ($1, 'sms', 'service', $2)`, [
    e164(1),
    now,
  ]);
  const list = randomUUIDv7();
  await pool.query(`insert into audience (id, name, state, size, created_by) values ($1, '欠款名单', 'open', 2, $2)`, [
    list,
    ctx.staff.id,
  ]);
  await pool.query(
    `insert into audience_member (audience_id, seq, phone, variables) values ($1, 1, $2, '{"欠款":"8000"}'), ($1, 2, $3, '{}')`,
    [list, e164(1), e164(3)],
  );

  const taken = await numbers.takeOverNumber(ctx, { ...(await seen(next)), phone: phone(1), holderId: old, reason });
  expect(taken).toEqual({ place: 2, holderEnded: false });
  expect(await phonesOf(next)).toEqual([e164(3), e164(1)]);
  expect(await phonesOf(old)).toEqual([e164(2)]);
  await agrees();
  // Of the number: the carrier's list stays, that it is dead does not. Nothing of the person is left on it.
  const standing = (
    await pool.query('select kind, customer_id from suppression where phone = $1 and lifted_at is null order by kind', [
      e164(1),
    ])
  ).rows;
  expect(standing).toEqual([
    { kind: 'gateway-blacklist', customer_id: null },
    { kind: 'opt-out', customer_id: old },
  ]);
  expect((await pool.query('select seq from audience_member where audience_id = $1', [list])).rows).toEqual([
    { seq: 2 },
  ]);
  expect((await pool.query('select size from audience where id = $1', [list])).rows).toEqual([{ size: 1 }]);
  // The former holder's no holds on the number that is left; the new one has said none.
  expect((await contacted(2, old)).refused).toMatchObject([{ why: 'opted-out' }]);
  expect((await contacted(3, next)).refused).toEqual([]);
  expect(await acts(old)).toContain('customer.number-passed-on');
  expect(await acts(next)).toContain('customer.number-taken-over');
  // A no of the new holder is theirs, though the number has one already.
  await transaction(pool, (tx) => applyOptOut(tx, { phone: e164(1), source: 'reply:a', reach: everything, now }));
  expect((await activeSuppressions(pool, [e164(1)], now)).filter(({ kind }) => kind === 'opt-out')).toHaveLength(1);
  expect((await contacted(3, next)).refused).toMatchObject([{ why: 'opted-out' }]);
});

test('a holder whose only number is taken over is kept as a former customer', async () => {
  const old = await customer(1);
  const next = await customer(3);
  expect(
    await numbers.takeOverNumber(ctx, { ...(await seen(next)), phone: phone(1), holderId: old, reason }),
  ).toMatchObject({ holderEnded: true });
  expect(await findCustomer(pool, old)).toBeNull();
  expect((await pool.query('select id, replaced_by from former_customer')).rows).toEqual([
    { id: old, replaced_by: next },
  ]);
  expect(await phonesOf(next)).toEqual([e164(3), e164(1)]);
  await agrees();
});

test('a number that nobody has keeps what its holder said, until somebody takes it', async () => {
  const old = await customer(1, 2);
  await transaction(pool, (tx) => applyOptOut(tx, { phone: e164(2), source: 'reply:a', reach: everything, now }));
  await numbers.removeNumber(ctx, { ...(await at(old, 2)), reason });
  expect((await contacted(2, null)).refused).toMatchObject([{ why: 'opted-out' }]);
  expect((await contacted(2, old)).refused).toMatchObject([{ why: 'opted-out' }]);
  const next = await customer(3);
  await numbers.addNumber(ctx, { ...(await seen(next)), phone: phone(2) });
  expect((await contacted(2, next)).refused).toEqual([]);
  expect((await contacted(1, old)).refused).toMatchObject([{ why: 'opted-out' }]);
});

test('is dead when somebody says so, and alive again', async () => {
  const id = await customer(1, 2);
  expect(await numbers.markNumberDead(ctx, { ...(await at(id, 1)), reason: '停机' })).toEqual({ changed: true });
  expect(await numbers.markNumberDead(ctx, { ...(await at(id, 1)), reason: '停机' })).toEqual({ changed: false });
  expect(await numbersOf(pool, id, now)).toMatchObject([{ deadSince: now }, { deadSince: null }]);
  expect((await contacted(1, id)).refused).toMatchObject([{ why: 'dead-number' }]);
  expect((await contacted(2, id)).may).toHaveLength(1);
  expect(await numbers.markNumberAlive(ctx, { ...(await at(id, 1)), reason: '已复机' })).toEqual({ changed: true });
  expect(await numbersOf(pool, id, now)).toMatchObject([{ deadSince: null }, { deadSince: null }]);
});

test('whoever is deleted leaves none of their numbers behind', async () => {
  const id = await customer(1, 2, 3);
  await pool.query('delete from customer where id = $1', [id]);
  expect((await pool.query('select 1 from phone_number')).rowCount).toBe(0);
});

test('two colleagues at once: one of them is told to look again, and nothing is half done', async () => {
  const id = await customer(1);
  const look = await seen(id);
  const colleague = moving();
  const done = await Promise.allSettled(
    Array.from({ length: 8 }, (_, n) => numbers.addNumber(colleague, { ...look, phone: phone(50 + n) })),
  );
  expect(done.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  for (const each of done)
    if (each.status === 'rejected') expect(each.reason).toMatchObject({ code: 'customer.changed-since' });
  expect(await phonesOf(id)).toHaveLength(2);
  await agrees();
});

test('a number that several customers reach for at once comes to one of them', async () => {
  const holder = await customer(1, 2);
  const others = await Promise.all(Array.from({ length: 6 }, (_, n) => customer(60 + n)));
  const looks = await Promise.all(others.map(seen));
  const done = await Promise.allSettled(
    looks.map((look) => numbers.takeOverNumber(ctx, { ...look, phone: phone(2), holderId: holder, reason })),
  );
  expect(done.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  for (const each of done)
    if (each.status === 'rejected') expect(each.reason).toMatchObject({ code: 'number.holder-changed' });
  expect(await phonesOf(holder)).toEqual([e164(1)]);
  await agrees();
});

test('numbers that pass crosswise while campaigns run over them: everybody ends, and no contact goes to the wrong person', async () => {
  const people = await Promise.all(Array.from({ length: 6 }, (_, n) => customer(100 + 2 * n, 101 + 2 * n)));
  const colleague = moving();
  const swap = async (from: number, to: number, n: number): Promise<void> => {
    const holder = people[from] ?? '';
    for (let tries = 0; tries < 30; tries += 1) {
      try {
        const look = await seen(people[to] ?? '');
        await numbers.takeOverNumber(colleague, { ...look, phone: phone(n), holderId: holder, reason });
        return;
      } catch (error) {
        if ((error as { code?: string }).code !== 'customer.changed-since') throw error;
      }
    }
  };
  const unlimited = { day: null, week: null, month: null, callsADay: null };
  const asked: ContactAsk = {
    ...service,
    // Without a gateway's own limits: only whose the number is may refuse.
    channel: 'web',
    policy: { caps: { ...defaultContactPolicy.caps, service: unlimited }, total: unlimited },
  };
  const everybody = people.flatMap((customerId, n) =>
    [100 + 2 * n, 101 + 2 * n].map((each) => ({ phone: e164(each), customerId })),
  );
  const campaigns = Array.from({ length: 4 }, async (_, index) => {
    const granted: { phone: string; customerId: string }[] = [];
    for (let round = 0; round < 12; round += 1) {
      const order = index % 2 ? everybody : everybody.toReversed();
      const { may, refused } = await transaction(pool, (tx) => reserve(tx, order, asked, now));
      granted.push(...may);
      expect(refused.every(({ why }) => why === 'number-moved')).toBe(true);
    }
    return granted;
  });
  const swaps = people.map((_, n) => swap(n, (n + 1) % people.length, 101 + 2 * n));
  await Promise.all([...swaps, ...campaigns]);
  await agrees();
  for (const [n, id] of people.entries()) {
    const before = (n + people.length - 1) % people.length;
    expect(await phonesOf(id)).toEqual([e164(100 + 2 * n), e164(101 + 2 * before)]);
  }
  // Each contact counts for whom it was made: as many as were granted in the name of each.
  const granted = Map.groupBy((await Promise.all(campaigns)).flat(), ({ customerId }) => customerId);
  for (const id of people) {
    const { rows } = await pool.query(
      `select count(*)::int as n from contact k left join phone_number p on p.phone = k.phone where coalesce(k.customer_id, p.customer_id) = $1`,
      [id],
    );
    expect(rows[0].n).toBe(granted.get(id)?.length ?? 0);
  }
});

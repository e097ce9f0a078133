import { randomUUIDv7 } from 'node:crypto';
import { afterEach, expect, test } from 'vitest';
import type { ContactAsk } from '../../../src/contact/contact.rule.ts';
import { defaultContactPolicy, everyDay } from '../../../src/contact/policy.rule.ts';
import type { ContactChannel, ContactPurpose } from '../../../src/kernel/reach.rule.ts';
import { reserve } from '../../../src/contact/reserve.db.ts';
import { openPool, transaction } from '../../../src/kernel/sql.db.ts';
import { testDatabase } from '../../kit/database.ts';

const { pool, url } = await testDatabase();
const now = new Date('2026-11-04T04:00:00Z');
const unlimited = { day: null, week: null, month: null, callsADay: null };
const ask = (purpose: ContactPurpose, channel: ContactChannel, caps: Partial<ContactAsk['policy']>): ContactAsk => ({
  purpose,
  channel,
  topic: null,
  policy: { caps: { ...defaultContactPolicy.caps, [purpose]: unlimited }, total: unlimited, ...caps },
  hours: [everyDay('00:00', '24:00')],
  calendar: null,
});
const phoneOf = (n: number): string => `+86137${String(n).padStart(8, '0')}`;
const shuffled = <T>(list: readonly T[]): T[] =>
  list
    .map((each) => [Math.random(), each] as const)
    .toSorted(([a], [b]) => a - b)
    .map(([, each]) => each);

afterEach(async () => {
  await pool.query('truncate contact, phone_number, customer, suppression cascade');
});

/** Eight campaigns at once, each in slices and in an order of its own, over connections that pipeline as a sender's do. */
async function campaigns(
  lists: readonly { phone: string; customerId: string | null }[][],
  asks: readonly ContactAsk[],
) {
  const senders = openPool(url, 8, { pipeline: true });
  try {
    await Promise.all(
      lists.map(async (list, index) => {
        const people = shuffled(list);
        for (let from = 0; from < people.length; from += 40)
          await transaction(senders, (tx) =>
            reserve(tx, people.slice(from, from + 40), asks[index % asks.length]!, now),
          );
      }),
    );
  } finally {
    await senders.end();
  }
}
const counts = async (by: string): Promise<number[]> =>
  (
    await pool.query(
      `select count(*)::int as n from contact k left join phone_number n using (phone) group by ${by} order by 1`,
    )
  ).rows.map(({ n }) => n);
const eight = <T>(of: (index: number) => T): T[] => Array.from({ length: 8 }, (_, index) => of(index));

test('eight campaigns over the same strangers keep the cap exactly, and none waits for another for ever', async () => {
  const people = Array.from({ length: 200 }, (_, index) => ({ phone: phoneOf(index), customerId: null }));
  const marketing = { caps: { ...defaultContactPolicy.caps, marketing: { ...unlimited, week: 3 } } };
  const asks = [ask('service', 'sms', { caps: { ...marketing.caps, service: { ...unlimited, week: 3 } } })];
  await campaigns(
    eight(() => people),
    asks,
  );
  expect(await counts('phone')).toEqual(Array.from({ length: 200 }, () => 3));
});

test('the cap in total holds over purposes and channels, and a person’s numbers are one person', async () => {
  const people = Array.from({ length: 120 }, (_, index) => ({
    id: randomUUIDv7(),
    first: phoneOf(index * 2),
    second: phoneOf(index * 2 + 1),
  }));
  for (const { id, first, second } of people) {
    await pool.query('insert into customer (id, phone) values ($1, $2)', [id, first]);
    await pool.query('insert into phone_number (phone, customer_id, place) values ($1, $2, 2)', [second, id]);
  }
  const total = { ...unlimited, day: 2 };
  const lists = eight((index) =>
    people.map(({ id, first, second }) => ({ phone: index % 2 ? second : first, customerId: index % 3 ? id : null })),
  );
  const asks = [
    ask('service', 'sms', { total }),
    ask('repayment', 'call', { total }),
    ask('care', 'web', { total }),
    ask('callback', 'call', { total }),
  ];
  await campaigns(lists, asks);
  expect(await counts('n.customer_id')).toEqual(Array.from({ length: 120 }, () => 2));
});

test('a number that changes hands while campaigns run is contacted as whose it is, or not at all', async () => {
  const [old, next] = [randomUUIDv7(), randomUUIDv7()];
  await pool.query('insert into customer (id, phone) values ($1, $2), ($3, $4)', [old, phoneOf(1), next, phoneOf(2)]);
  const asked = ask('service', 'sms', {});
  const held = await pool.connect();
  await held.query('begin');
  await held.query('update phone_number set customer_id = $1, place = 2 where phone = $2', [next, phoneOf(1)]);
  const waiting = transaction(pool, (tx) => reserve(tx, [{ phone: phoneOf(1), customerId: old }], asked, now));
  await held.query('commit');
  held.release();
  expect(await waiting).toMatchObject({ may: [], refused: [{ why: 'number-moved' }] });
  expect(await counts('phone')).toEqual([]);
});

test('one campaign meets a person by one of their numbers, also where the other was nobody’s when the list was made', async () => {
  const [before, within] = [randomUUIDv7(), randomUUIDv7()];
  for (const [id, first] of [
    [before, 1],
    [within, 3],
  ] as const) {
    await pool.query('insert into customer (id, phone) values ($1, $2)', [id, phoneOf(first)]);
    await pool.query('insert into phone_number (phone, customer_id, place) values ($1, $2, 2)', [
      phoneOf(first + 1),
      id,
    ]);
  }
  const asked = { ...ask('service', 'sms', {}), campaignKey: 7 };
  const person = (n: number, customerId: string | null, campaignKey = 7) => ({
    phone: phoneOf(n),
    customerId,
    source: { campaignKey, seq: n },
  });
  const met = (people: ReturnType<typeof person>[], by = asked) =>
    transaction(pool, (tx) => reserve(tx, people, by, now));
  expect(await met([person(1, before)])).toMatchObject({ may: [{ phone: phoneOf(1) }], refused: [] });
  const rest = await met([person(2, null), person(3, within), person(4, null)]);
  expect(rest.may.map(({ phone }) => phone)).toEqual([phoneOf(3)]);
  expect(rest.refused.map(({ person: { phone }, why }) => [phone, why])).toEqual([
    [phoneOf(2), 'listed-twice'],
    [phoneOf(4), 'listed-twice'],
  ]);
  // Another campaign may use the other number.
  expect(await met([person(2, before, 8)], { ...asked, campaignKey: 8 })).toMatchObject({ refused: [] });
});

import { randomUUIDv7 } from 'node:crypto';
import { beforeAll, expect, test } from 'vitest';
import { explainCustomer } from '../../../src/contact/explain.command.ts';
import {
  contactChannels,
  contactPurposes,
  type ContactChannel,
  type ContactPurpose,
} from '../../../src/kernel/reach.rule.ts';
import type { Context } from '../../../src/house/context.ts';
import { setTimeZone } from '../../../src/customer/time-zone.command.ts';
import { listAudit } from '../../../src/house/audit/audit.db.ts';
import { storeCalendar } from '../../../src/kernel/calendar.db.ts';
import { calendarCn } from '../../../src/kernel/calendar-cn.rule.ts';
import { testDatabase } from '../../kit/database.ts';
import { contextWith } from '../../kit/people.ts';
import { silence } from '../../kit/suppression.ts';

const { pool } = await testDatabase();
/** A Wednesday, 18:30 in China: calls are over for the day. */
const now = new Date('2026-11-04T10:30:00Z');
const phone = '+8613500000001';
const id = randomUUIDv7();
let ctx: Context;

beforeAll(async () => {
  await storeCalendar(pool, calendarCn, 'test');
  ctx = { ...(await contextWith(pool, ['operator'])), now: () => now };
  await pool.query('insert into customer (id, phone) values ($1, $2)', [id, phone]);
  await pool.query(
    `insert into consent (customer_id, purpose, granted, source) values ($1, 'marketing', true, 'test')`,
    [id],
  );
});

const answersNow = async () => {
  const { answers } = await explainCustomer(ctx, { customerId: id });
  return (purpose: ContactPurpose, channel: ContactChannel) =>
    answers.find((each) => each.purpose === purpose && each.channel === channel) ?? expect.fail('No such answer.');
};

test('every purpose and channel has its answer', async () => {
  const { answers, phone: shown } = await explainCustomer(ctx, { customerId: id });
  expect(answers.map(({ purpose, channel }) => `${purpose} ${channel}`)).toEqual(
    contactPurposes.flatMap((purpose) => contactChannels.map((channel) => `${purpose} ${channel}`)),
  );
  expect(shown).toBe('135****0001');
});

test('says may we, why not, and when at the earliest', async () => {
  const of = await answersNow();
  expect(of('marketing', 'sms')).toMatchObject({ may: true, objections: [], earliest: now });
  expect(of('callback', 'call')).toMatchObject({
    may: false,
    objections: [{ why: 'outside-hours' }],
    earliest: new Date('2026-11-05T01:00:00Z'),
  });
});

test('a no by text to marketing closes marketing and surveys on every channel, and leaves duty notices', async () => {
  await silence(pool, { phone, reach: 'marketing', source: 'reply:1', createdAt: now });
  const of = await answersNow();
  for (const channel of contactChannels) {
    expect(of('marketing', channel)).toMatchObject({ may: false, earliest: null });
    expect(of('survey', channel).objections[0]).toMatchObject({ why: 'opted-out', until: null });
  }
  expect(of('repayment', 'sms').may).toBe(true);
  expect(of('service', 'sms').may).toBe(true);
});

test('names the cap that is full, and when it has room', async () => {
  await pool.query(
    `insert into contact (phone, channel, purpose, at) select $1, 'call', 'repayment', $2 from generate_series(1, 3)`,
    [phone, new Date('2026-11-04T03:00:00Z')],
  );
  const of = await answersNow();
  expect(of('repayment', 'call')).toMatchObject({
    may: false,
    earliest: new Date('2026-11-05T03:00:00Z'),
  });
  expect(of('repayment', 'call').objections[0]).toMatchObject({
    why: 'capped',
    cap: { of: 'repayment', max: 3, channel: 'call' },
  });
  expect(of('repayment', 'sms').may).toBe(true);
});

test('hours are judged by the customer’s own clock, which is set on record', async () => {
  expect((await explainCustomer(ctx, { customerId: id })).zone).toBe('Asia/Shanghai');
  // 18:30 in China is 10:30 in London: what is closed here is open there.
  expect(await setTimeZone(ctx, { customerId: id, timeZone: 'europe/london' })).toEqual({ changed: true });
  expect((await explainCustomer(ctx, { customerId: id })).zone).toBe('Europe/London');
  expect((await answersNow())('callback', 'call')).toMatchObject({ may: true });
  expect(await setTimeZone(ctx, { customerId: id, timeZone: 'Europe/London' })).toEqual({ changed: false });
  for (const timeZone of ['Europe/Beijing', '+08:00', '北京'])
    await expect(setTimeZone(ctx, { customerId: id, timeZone })).rejects.toMatchObject({
      code: 'customer.time-zone-unknown',
    });
  await setTimeZone(ctx, { customerId: id, timeZone: null });
  expect((await answersNow())('callback', 'call')).toMatchObject({ may: false });
  const record = await listAudit(pool, { limit: 10, objectKind: 'customer', objectId: id });
  expect(record.map(({ details }) => details)).toEqual([
    { fields: ['timeZone'], changed: true },
    { fields: [], changed: false },
    { fields: ['timeZone'], changed: true },
  ]);
});

test('is for those who may read customers, of customers that are there', async () => {
  await expect(explainCustomer(await contextWith(pool, []), { customerId: id })).rejects.toMatchObject({
    kind: 'denied',
  });
  await expect(explainCustomer(ctx, { customerId: randomUUIDv7() })).rejects.toMatchObject({
    code: 'customer.unknown',
  });
});

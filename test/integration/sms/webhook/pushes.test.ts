import { randomBytes } from 'node:crypto';
import * as fc from 'fast-check';
import { beforeEach, expect, test } from 'vitest';
import { openPushes, replyOf, reportOf } from './kit.ts';

const { pool, push, settled, optedOut, receiptIds } = await openPushes();
beforeEach(async () => {
  await pool.query('truncate webhook_delivery, receipt, inbound_sms, suppression');
});
/** A push of one reply whose content is those bytes. */
const around = (content: number[], phone: string) => {
  const [start = '', end = ''] = JSON.stringify([replyOf(phone, '#')]).split('#');
  return Buffer.concat([Buffer.from(start), Buffer.from(content), Buffer.from(end)]);
};
/** Such as no compression of an index makes small. */
const random = (length: number) => randomBytes(length).toString('base64').slice(0, length);

test.each([200, 6_000, 9_000, 1_000_000])(
  'a push with an id of %i characters holds up nobody, whatever waits beside it',
  async (length) => {
    const id = random(length);
    await push('replies', [replyOf('13800000001', 'R', { sequence_id: id }), replyOf('13800000002', 'R')]);
    await push('reports', [reportOf('13800000003', id), reportOf('13800000003', 'good^1')]);
    await push('reports', [
      reportOf('13800000004', 'good^2', { out_id: id, err_code: id, sms_size: id, send_time: id }),
    ]);
    await push('replies', [replyOf('13800000005', 'R', { dest_code: id, send_time: id })]);
    // The same again: a repeat is a repeat, with a long id too.
    await push('replies', [replyOf('13800000001', 'R', { sequence_id: id })]);
    await settled();
    expect(await optedOut()).toEqual(['+8613800000001', '+8613800000002', '+8613800000005']);
    expect(await receiptIds()).toEqual(['good^1', 'good^2']);
    const { rows } = await pool.query('select count(*)::int as n from inbound_sms');
    expect(rows).toEqual([{ n: 3 }]);
  },
);

test('ids pushed as numbers keep every digit, in receipts and replies', async () => {
  const text = JSON.stringify([reportOf('13800000001', 'X'), reportOf('13800000002', 'Y')])
    .replace('"X"', '90071992547409931234')
    .replace('"Y"', '90071992547409931235');
  await push('reports', text);
  await push(
    'replies',
    JSON.stringify([replyOf('13800000003', 'R', { sequence_id: 'Z' })]).replace('"Z"', '12345678901234567891'),
  );
  await settled();
  expect(await receiptIds()).toEqual(['90071992547409931234', '90071992547409931235']);
  const { rows } = await pool.query('select sequence_id from inbound_sms');
  expect(rows).toEqual([{ sequence_id: '12345678901234567891' }]);
});

test('a byte order mark and GBK, said or unsaid, cost no opt-out; the bytes are kept as they came', async () => {
  const gbk = [0xcd, 0xcb, 0xb6, 0xa9];
  const marked = Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), around([0x52], '13800000001')]);
  await push('replies', marked);
  await push('replies', around(gbk, '13800000002'), 'application/json;charset=GBK');
  await push('replies', around(gbk, '13800000003'), 'text/plain');
  await settled();
  expect(await optedOut()).toEqual(['+8613800000001', '+8613800000002', '+8613800000003']);
  const { rows } = await pool.query('select raw, fault from webhook_delivery order by id limit 1');
  expect(rows).toEqual([{ raw: marked, fault: null }]);
});

test('ten thousand in one push get in, the bad ones among them counted', async () => {
  const phones = Array.from({ length: 10_000 }, (_, n) => `138${String(n).padStart(8, '0')}`);
  const items = phones.map((phone, n) => (n % 100 === 0 ? null : reportOf(phone, `many^${n}`)));
  expect((await push('reports', items)).status).toBe(200);
  await settled();
  expect((await pool.query('select count(*)::int as n from receipt')).rows).toEqual([{ n: 9_900 }]);
  const { rows } = await pool.query('select items, rejected, fault from webhook_delivery');
  expect(rows).toEqual([{ items: 10_000, rejected: 100, fault: 'items-unread' }]);
});

test('a fault of the database alone costs only what is at fault, and is not told with its values', async () => {
  await pool.query(`alter table inbound_sms add constraint odd check (content not like '%poison%')`);
  await pool.query(`alter table receipt add constraint odd check (error_code <> 'POISON')`);
  await push('replies', [
    ...Array.from({ length: 60 }, (_, n) => replyOf(`1390000${String(n).padStart(4, '0')}`, 'R')),
    replyOf('13700000000', 'poison'),
  ]);
  await push('reports', [
    reportOf('13800000001', 'a^1'),
    reportOf('13800000002', 'b^1', { err_code: 'POISON' }),
    reportOf('13800000003', 'c^1'),
  ]);
  await push('reports', [reportOf('13800000004', 'd^1')]);
  await settled();
  await pool.query('alter table inbound_sms drop constraint odd');
  await pool.query('alter table receipt drop constraint odd');
  expect(await optedOut()).toHaveLength(60);
  expect(await receiptIds()).toEqual(['a^1', 'c^1', 'd^1']);
  const { rows } = await pool.query('select kind, rejected, fault from webhook_delivery where fault is not null');
  expect(rows).toEqual(
    expect.arrayContaining([
      { kind: 'replies', rejected: 1, fault: 'items-unread' },
      { kind: 'receipts', rejected: 1, fault: 'items-unread' },
    ]),
  );
  expect(rows).toHaveLength(2);
});

test('receipts that cannot be taken in at all keep no reply waiting, and are set aside after some tries', async () => {
  await pool.query('alter table receipt rename to receipt_away');
  await push('reports', [reportOf('13800000001', 'a^1')]);
  await pool.query('update webhook_delivery set attempts = 7');
  for (let n = 0; n < 30; n += 1) await push('reports', [reportOf('13800000001', `b^${n}`)]);
  await push('replies', [replyOf('13800000009', 'R')]);
  await expect.poll(optedOut, { timeout: 20_000 }).toEqual(['+8613800000009']);
  await expect
    .poll(async () => (await pool.query('select fault from webhook_delivery where set_aside_at is not null')).rows, {
      timeout: 20_000,
    })
    .toEqual([{ fault: '42P01' }]);
  await pool.query('alter table receipt_away rename to receipt');
  await pool.query('update webhook_delivery set try_after = null where set_aside_at is null');
  await settled();
  expect(await receiptIds()).toHaveLength(30);
});

const oddText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom(
    '\u0000',
    '\ud800',
    '\udc00x',
    '0000-00-00 00:00:00',
    '2999-01-01 00:00:00',
    '0001-01-01 00:00:00',
    '',
  ),
  fc.constant(0).map(() => random(9_000)),
);
const oddValue: fc.Arbitrary<unknown> = fc.oneof(
  oddText,
  fc.double(),
  fc.constantFrom(null, true, 1e308, Number.MAX_SAFE_INTEGER * 4, -1, [], {}, [[[]]], { toString: 1 }),
  fc.jsonValue(),
);
const fields = ['phone_number', 'content', 'send_time', 'report_time', 'sequence_id', 'dest_code', 'biz_id', 'out_id'];
const moreFields = ['success', 'err_code', 'err_msg', 'sms_size', '__proto__', 'constructor', 'length'];
const oddItem = fc.oneof(
  oddValue,
  fc
    .tuple(
      fc.constantFrom(replyOf('13900000000', '好'), reportOf('13900000000', 'x^1')),
      fc.array(fc.tuple(fc.constantFrom(...fields, ...moreFields), oddValue), { maxLength: 6 }),
    )
    .map(([item, changes]) => Object.assign({}, item, Object.fromEntries(changes))),
);
const oddBody = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.array(oddItem, { maxLength: 8 }).map((items) => JSON.stringify(items)),
  fc.constantFrom(
    '['.repeat(200_000),
    `${'['.repeat(50_000)}${']'.repeat(50_000)}`,
    '',
    '{}',
    '[]',
    '{"a":1,"a":2}',
    '[1e999999]',
    '﻿',
  ),
);

test('whatever is pushed beside them or with them, every good receipt and opt-out gets in', async () => {
  let n = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(oddBody, { minLength: 1, maxLength: 4 }),
      fc.array(oddItem, { maxLength: 5 }),
      async (bodies, items) => {
        n += 1;
        const phone = `139${String(n).padStart(8, '0')}`;
        for (const body of bodies)
          for (const kind of ['replies', 'reports'] as const) expect((await push(kind, body)).status).toBe(200);
        expect((await push('replies', [...items, replyOf(phone, 'R', { sequence_id: `good-${n}` })])).status).toBe(200);
        expect((await push('reports', [...items, reportOf(phone, `good^${n}`)])).status).toBe(200);
        await settled();
        const { rows } = await pool.query(
          `select (select count(*)::int from suppression where kind = 'opt-out' and phone = $1) as out,
            (select count(*)::int from receipt where biz_id = $2) as receipts,
            (select count(*)::int from webhook_delivery where set_aside_at is not null) as aside`,
          [`+86${phone}`, `good^${n}`],
        );
        expect(rows).toEqual([{ out: 1, receipts: 1, aside: 0 }]);
      },
    ),
    { numRuns: 60 },
  );
});

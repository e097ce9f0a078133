import { randomUUIDv7 } from 'node:crypto';
import { beforeEach, expect, test } from 'vitest';
import { deleteOld, setRetention, showRetention } from '../../../src/app/retention.command.ts';
import { loadRetention, makeMonths } from '../../../src/app/retention.db.ts';
import { usualRetention } from '../../../src/app/retention.rule.ts';
import { openHouse } from '../../kit/campaign.ts';

const house = await openHouse({ worker: false });
const { pool } = house;
const admin = await house.addPerson('administrator', ['administrator']);
const now = new Date('2026-11-27T04:00:00Z');
const daysAgo = (days: number): Date => new Date(now.getTime() - days * 86_400_000);

async function push(receivedAt: Date, change: { processed?: boolean; fault?: string | null } = {}): Promise<void> {
  await pool.query(
    `insert into webhook_delivery (gateway_account_id, kind, raw, received_at, processed_at, fault)
     select id, 'receipts', '[]', $1, case when $2 then now() end, $3 from gateway_account`,
    [receivedAt, change.processed ?? true, change.fault ?? null],
  );
}
const receipt = (phone: string, receivedAt: Date) =>
  pool.query(
    `insert into receipt (biz_id, phone, delivered, error_code, segments, received_at) values ('1^2', $1, true, 'DELIVERED', 1, $2)`,
    [phone, receivedAt],
  );
const count = async (table: string): Promise<number> =>
  (await pool.query<{ n: number }>(`select count(*)::int as n from ${table}`)).rows[0]?.n ?? -1;
const onRecord = async () =>
  (
    await pool.query<{ details: { what: string; rows: number } }>(
      `select details from audit where action = 'retention.delete' order by seq`,
    )
  ).rows.map(({ details: { what, rows } }) => ({ what, rows }));

beforeEach(async () => {
  await pool.query(
    `truncate receipt, contact; delete from webhook_delivery; delete from setting where key = 'retention'`,
  );
});

test('what is past its time goes in small steps, each on record; what is not stays', async () => {
  for (let n = 0; n < 7; n += 1) await receipt(`+86138000000${n}0`, daysAgo(731));
  await receipt('+8613900000000', daysAgo(729));
  await pool.query(
    `insert into contact (phone, channel, purpose, at) values ('+8613800000000', 'sms', 'service', $1), ('+8613800000000', 'sms', 'service', $2)`,
    [daysAgo(401), daysAgo(399)],
  );
  const before = (await onRecord()).length;
  expect(await deleteOld(pool, now, { limit: 3 })).toMatchObject({ receipts: 7, contacts: 1 });
  expect([await count('receipt'), await count('contact')]).toEqual([1, 1]);
  expect((await onRecord()).slice(before)).toEqual([
    { what: 'receipts', rows: 3 },
    { what: 'receipts', rows: 3 },
    { what: 'receipts', rows: 1 },
    { what: 'contacts', rows: 1 },
  ]);
  expect(await deleteOld(pool, now)).toEqual({});
});

test('a month of pushes goes as a whole; a push that waits for a person stays, however old', async () => {
  await makeMonths(pool, new Date('2026-03-10T00:00:00Z'), 2);
  await makeMonths(pool, new Date('2026-03-10T00:00:00Z'), 2);
  await push(new Date('2026-03-15T00:00:00Z'));
  // The last hours of March in UTC are April in China.
  await push(new Date('2026-03-31T16:30:00Z'), { fault: 'unreadable' });
  await push(new Date('2026-04-15T00:00:00Z'));
  await push(new Date('2025-01-15T00:00:00Z'));
  await push(new Date('2025-01-15T00:00:00Z'), { processed: false });
  await push(daysAgo(1));
  await deleteOld(pool, now);
  const { rows } = await pool.query<{ part: string; at: Date }>(
    `select tableoid::regclass::text as part, received_at as at from webhook_delivery order by received_at`,
  );
  expect(rows).toEqual([
    { part: 'webhook_delivery_rest', at: new Date('2025-01-15T00:00:00Z') },
    { part: 'webhook_delivery_2026_04', at: new Date('2026-03-31T16:30:00Z') },
    { part: 'webhook_delivery_rest', at: daysAgo(1) },
  ]);
  expect((await pool.query(`select to_regclass('webhook_delivery_2026_03') as gone`)).rows).toEqual([{ gone: null }]);
});

test('pushes go on being kept and taken in order over the end of a month', async () => {
  await makeMonths(pool, new Date());
  await push(new Date());
  const { rows } = await pool.query<{ part: string }>(`select tableoid::regclass::text as part from webhook_delivery`);
  expect(rows[0]?.part).toMatch(/^webhook_delivery_\d{4}_\d{2}$/);
});

test('nothing that may still settle somebody goes while a campaign lives', async () => {
  const id = await house.draft(await house.addAudience(1));
  await pool.query(`update campaign set state = 'settling', started_at = $2 where id = $1`, [id, daysAgo(900)]);
  await receipt('+8613800000001', daysAgo(800));
  await deleteOld(pool, now);
  expect(await count('receipt')).toBe(1);
  await pool.query(`update campaign set closed_at = now() where id = $1`, [id]);
  await deleteOld(pool, now);
  expect(await count('receipt')).toBe(0);
});

test('a house may keep longer, never shorter than the law, and only who sets it up', async () => {
  await setRetention(admin.ctx, { ...usualRetention, receipts: 1_825 });
  expect(await loadRetention(pool)).toMatchObject({ receipts: 1_825, replies: 1_095 });
  const shown = await showRetention(house.people.applicant.ctx);
  expect(shown.find(({ what }) => what === 'receipts')).toMatchObject({ days: 1_825, least: 184, usual: 730 });
  await expect(setRetention(admin.ctx, { ...usualRetention, receipts: 183, contacts: 366 })).rejects.toMatchObject({
    code: 'retention.fields',
    details: { faults: [{ field: 'receipts', code: 'retention.too-short' }, { field: 'contacts' }] },
  });
  await expect(setRetention(admin.ctx, { ...usualRetention, notices: 9.5 })).rejects.toMatchObject({
    code: 'retention.fields',
  });
  await expect(setRetention(house.people.applicant.ctx, usualRetention)).rejects.toMatchObject({ kind: 'denied' });
});

test('ended sessions and old answers to repeated calls go, those in use stay', async () => {
  await pool.query(
    `insert into session (id, token, staff_id, expires_at) values ($1, 'old', $3, $4), ($2, 'new', $3, $5)`,
    [randomUUIDv7(), randomUUIDv7(), admin.id, daysAgo(185), daysAgo(-1)],
  );
  await pool.query(
    `insert into idempotency_key (staff_id, key, request_digest, created_at) values ($1, 'a', 'x', $2), ($1, 'b', 'x', $3)`,
    [admin.id, daysAgo(31), daysAgo(29)],
  );
  expect(await deleteOld(pool, now)).toMatchObject({ sessions: 1, repeats: 1 });
  // One that is still good has not ended: the page names no moment to come as the oldest.
  await pool.query(`update session set expires_at = now() + interval '1 day'`);
  const lines = await showRetention(admin.ctx);
  expect(lines.find(({ what }) => what === 'sessions')).toMatchObject({ oldest: null });
});

import { randomUUIDv7 } from 'node:crypto';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import type { Context } from '../../../src/house/context.ts';
import { customerCampaigns, customerTimeline } from '../../../src/customer/timeline.command.ts';
import { setConsent } from '../../../src/customer/consent.command.ts';
import { recordRefusal } from '../../../src/contact/suppression.command.ts';
import { testDatabase } from '../../kit/database.ts';
import { contextWith } from '../../kit/people.ts';

const { pool } = await testDatabase();
const phone = '+8613800138000';
let ctx: Context;
let customerId: string;
let templateId: string;
let accountId: string;

beforeAll(async () => {
  ctx = await contextWith(pool, ['operator']);
  accountId = randomUUIDv7();
  await pool.query(
    `insert into gateway_account (id, name, provider, settings, rate_per_second, price_milli_yuan, webhook_token) values ($1, 'g', 'aliyun', '{}', 1, 1, 'token')`,
    [accountId],
  );
  templateId = randomUUIDv7();
  await pool.query(
    `insert into template (id, name, version, kind, source, variables, sign_name, gateway_account_id, gateway_code, created_by)
     values ($1, 't', 1, 'marketing', 'x', '[]', 'x', $2, 'x', $3)`,
    [templateId, accountId, ctx.staff.id],
  );
});
beforeEach(async () => {
  await pool.query(
    'truncate customer, suppression, contact, receipt, inbound_sms, message, audience_member, audience_exclusion cascade',
  );
  await pool.query('truncate campaign cascade');
  customerId = randomUUIDv7();
  await pool.query(`insert into customer (id, phone, created_at) values ($1, $2, '2026-01-01T00:00:00Z')`, [
    customerId,
    phone,
  ]);
});

let numbered = 0;
type Fate = { state: string; reason?: string; contacted?: boolean } | { excluded: string } | 'elsewhere';

/** One campaign, an hour later than the one before, and what became of the customer in it. */
async function campaign(fate: Fate, unit = '客服中心'): Promise<{ key: number; number: string; at: string }> {
  numbered += 1;
  const audienceId = randomUUIDv7();
  const at = new Date(Date.UTC(2026, 1, 1, numbered)).toISOString();
  await pool.query(
    `insert into audience (id, name, state, size, merkle_root, salt_key, created_by) values ($1, 'a', 'frozen', 1, 'x', 'x', $2)`,
    [audienceId, ctx.staff.id],
  );
  const { rows } = await pool.query<{ key: number; number: string }>(
    `insert into campaign (id, number, name, unit, purpose, applicant_id, applicant_name, template_id, audience_id, frozen_audience_id,
       starts_at, ends_at, daily_from, daily_to, days, rate_per_second, cost_ceiling_fen, sign_by, state, submitted_at)
     values ($1, $2, $2, $3, 'p', $4, 'n', $5, $6, $6, $7, $7, '09:00', '20:00', 'every-day', 1, 1, $7, 'archived', $7) returning key, number`,
    [randomUUIDv7(), `WH-T-${numbered}`, unit, ctx.staff.id, templateId, audienceId, at],
  );
  const { key, number } = rows[0] as { key: number; number: string };
  const member = (owner: string) =>
    pool.query(`insert into audience_member (audience_id, seq, phone, variables) values ($1, 1, $2, '{}')`, [
      audienceId,
      owner,
    ]);
  if (fate === 'elsewhere') await member('+8613900139000');
  else if ('excluded' in fate)
    await pool.query('insert into audience_exclusion values ($1, $2, $3)', [audienceId, phone, fate.excluded]);
  else {
    await member(phone);
    await pool.query(
      `insert into message (campaign_key, seq, state, reason, biz_id, changed_at) values ($1, 1, $2, $3, $4, $5)`,
      [key, fate.state, fate.reason ?? null, `biz-${key}`, at],
    );
    if (fate.contacted)
      await pool.query(
        `insert into contact (phone, channel, purpose, at, campaign_key, seq) values ($1, 'sms', 'marketing', $2, $3, 1)`,
        [phone, at, key],
      );
  }
  return { key, number, at };
}
const kinds = async () => (await customerTimeline(ctx, { customerId })).events.map(({ kind }) => kind);

test('every channel and every act stands in one order, newest first, and other people do not', async () => {
  await campaign('elsewhere');
  const sent = await campaign({ state: 'delivered', contacted: true });
  const later = (minutes: number) => new Date(Date.parse(sent.at) + minutes * 60_000);
  for (const owner of [phone, '+8613900139000']) {
    await pool.query(
      `insert into receipt (biz_id, phone, delivered, error_code, segments, reported_at) values ($1, $2, true, 'DELIVERED', 1, $3)`,
      [`biz-${sent.key}`, owner, later(1)],
    );
    await pool.query(
      `insert into inbound_sms (gateway_account_id, sequence_id, phone, content, dest_code, meaning, received_at) values ($1, $4, $2, '退订', '1', 'opt-out', $3)`,
      [accountId, owner, later(2), `reply-${owner.slice(3, 6)}`],
    );
  }
  await campaign({ state: 'suppressed', reason: 'opted-out' });
  await campaign({ excluded: 'no-consent' });
  await setConsent(ctx, { customerId, purpose: 'marketing', granted: true, source: 'paper-form' });
  await setConsent(ctx, { customerId, purpose: 'marketing', granted: true, source: 'paper-form' });
  await recordRefusal(ctx, { customerId, scope: 'sms', reason: '不要再发' });
  const { events } = await customerTimeline(ctx, { customerId });
  expect(events.map(({ at }) => at.getTime())).toEqual(events.map(({ at }) => at.getTime()).sort((a, b) => b - a));
  expect((await kinds()).toSorted()).toEqual(
    ['act', 'act', 'suppressed', 'not-contacted', 'not-contacted', 'reply', 'receipt', 'contact', 'created'].toSorted(),
  );
  expect(JSON.stringify(events)).not.toMatch(/13800138000|13900139000/);
});

test('pages of any size hold everything once, also where many things happened at one moment', async () => {
  for (let n = 0; n < 12; n += 1) await campaign({ state: 'delivered', contacted: true });
  await pool.query(`update contact set at = '2026-05-05T05:05:05.123456Z'`);
  for (let n = 0; n < 3; n += 1) await campaign({ excluded: 'capped' });
  await pool.query(`update campaign set submitted_at = '2026-05-05T05:05:05.123456Z'`);
  const whole = (await customerTimeline(ctx, { customerId, limit: 200 })).events;
  expect(whole).toHaveLength(16);
  for (const limit of [1, 2, 5, 15, 16]) {
    const seen: unknown[] = [];
    for (let cursor: string | null = null; ;) {
      const page: Awaited<ReturnType<typeof customerTimeline>> = await customerTimeline(ctx, {
        customerId,
        cursor,
        limit,
      });
      seen.push(...page.events);
      cursor = page.next;
      if (cursor === null) break;
      expect(Buffer.from(cursor, 'base64url').toString()).not.toContain('138');
    }
    expect(seen).toEqual(whole);
  }
});

test('campaigns tell what became of the person, why not, and whether the reader may open them', async () => {
  await campaign('elsewhere');
  await campaign({ state: 'delivered', contacted: true });
  await campaign({ state: 'suppressed', reason: 'capped' });
  await campaign({ excluded: 'no-consent' });
  await campaign({ state: 'pending' }, '别的部门');
  const narrow: Context = {
    ...ctx,
    staff: { ...ctx.staff, grants: [{ role: 'operator', unit: '客服中心' }] },
  };
  const { rows, next } = await customerCampaigns(narrow, { customerId });
  expect(rows.map(({ state, reason, seq, readable }) => [state, reason, seq, readable])).toEqual([
    ['suppressed', 'no-consent', null, true],
    ['suppressed', 'capped', 1, true],
    ['delivered', null, 1, true],
  ]);
  expect(next).toBeNull();
  const everywhere = await customerCampaigns(ctx, { customerId });
  const first = await customerCampaigns(ctx, { customerId, limit: 3 });
  const second = await customerCampaigns(ctx, { customerId, limit: 3, beforeKey: first.next });
  expect(everywhere.rows).toHaveLength(4);
  expect([...first.rows, ...second.rows]).toEqual(everywhere.rows);
});

test('of another unit’s campaign a timeline says that somebody was contacted, and nothing more', async () => {
  await campaign({ state: 'delivered', contacted: true }, '别的部门');
  await campaign({ state: 'suppressed', reason: 'capped' }, '别的部门');
  const narrow: Context = { ...ctx, staff: { ...ctx.staff, grants: [{ role: 'agent', unit: '客服中心' }] } };
  const { events } = await customerTimeline(narrow, { customerId });
  const touches = events.filter(({ kind }) => kind !== 'created');
  expect(touches).toEqual([expect.objectContaining({ kind: 'contact', readable: false })]);
  expect(Object.keys(touches[0]?.details ?? {}).toSorted()).toEqual(['channel', 'elsewhere', 'purpose']);
  const there: Context = { ...ctx, staff: { ...ctx.staff, grants: [{ role: 'agent', unit: '别的部门' }] } };
  const seen = (await customerTimeline(there, { customerId })).events.filter(({ kind }) => kind !== 'created');
  // An agent serves the customers of the unit: what it wrote to them stands there, though they open no campaign.
  expect(seen.map(({ kind, readable, details }) => [kind, readable, typeof details['campaign']])).toEqual(
    expect.arrayContaining([
      ['contact', false, 'string'],
      ['not-contacted', false, 'string'],
    ]),
  );
});

test('nobody sees a timeline without the right, and a customer who is not there has none', async () => {
  const stranger = await contextWith(pool, ['liaison']);
  await expect(customerTimeline(stranger, { customerId })).rejects.toMatchObject({ code: 'permission.denied' });
  await expect(customerCampaigns(stranger, { customerId })).rejects.toMatchObject({ code: 'permission.denied' });
  await expect(customerTimeline(ctx, { customerId: randomUUIDv7() })).rejects.toMatchObject({
    code: 'customer.unknown',
  });
  for (const cursor of [
    'x',
    Buffer.from('[1]').toString('base64url'),
    Buffer.from('["2026-01-01","act","x"]').toString('base64url'),
  ])
    await expect(customerTimeline(ctx, { customerId, cursor })).rejects.toMatchObject({ code: 'page.unknown' });
});

import { beforeAll, beforeEach, expect, test } from 'vitest';
import { liftSuppression } from '../../../../src/contact/suppression.command.ts';
import { setOptOutWords } from '../../../../src/contact/opt-out-words.command.ts';
import {
  listReplies,
  markHandled,
  markOptOut,
  openReplyCount,
  repliesOfCampaign,
} from '../../../../src/sms/reply.command.ts';
import { tellOfWaitingPushes } from '../../../../src/sms/webhook/backlog-watch.ts';
import type { Context } from '../../../../src/house/context.ts';
import { contextWith } from '../../../kit/people.ts';
import { makeCampaign, type Made } from '../../campaign/page-kit.ts';
import { openPushes, replyOf } from './kit.ts';

const { pool, accountId, push, settled, optedOut, wroteTo } = await openPushes();
let operator: Context;
let retail: Context;
let administrator: Context;
let campaigns: { retail: Made; cards: Made };

beforeAll(async () => {
  operator = await contextWith(pool, ['operator']);
  administrator = await contextWith(pool, ['administrator']);
  const other = await contextWith(pool, ['operator']);
  retail = { ...other, staff: { ...other.staff, grants: [{ role: 'operator', unit: '零售部' }] } };
  const wanted = { applicantId: operator.staff.id, state: 'completed' } as const;
  campaigns = {
    retail: await makeCampaign(pool, { ...wanted, unit: '零售部' }),
    cards: await makeCampaign(pool, { ...wanted, unit: '信用卡部' }),
  };
  await pool.query('update template set gateway_account_id = $1', [accountId]);
});
beforeEach(async () => {
  await pool.query(
    `truncate webhook_delivery, inbound_sms, suppression, contact; delete from setting where key = 'opt-out-words'`,
  );
});

const wrote = (phone: string, campaign: Made, at: string) => wroteTo(phone, campaign.key, `${at}+08:00`);
const texts = async (ctx: Context, filter = {}) =>
  (await listReplies(ctx, filter)).rows.map(({ content }) => content).toSorted();

test('a reply belongs to the campaign that wrote last, and is shown to its unit alone', async () => {
  await wrote('13800000001', campaigns.retail, '2026-11-26 10:00');
  await wrote('13800000001', campaigns.cards, '2026-11-25 10:00');
  await wrote('13800000002', campaigns.cards, '2026-11-27 09:00');
  await push('replies', [
    replyOf('13800000001', '什么活动', { sequence_id: 'a' }),
    replyOf('13800000002', '退订', { sequence_id: 'b' }),
    replyOf('13800000003', '你是谁', { sequence_id: 'c' }),
  ]);
  await settled();
  expect(await texts(operator)).toEqual(['什么活动', '你是谁', '退订'].toSorted());
  expect(await texts(retail)).toEqual(['什么活动']);
  expect(await texts(operator, { campaign: campaigns.cards.number })).toEqual(['退订']);
  expect(await texts(operator, { meaning: 'opt-out' })).toEqual(['退订']);
  // The no answers a notice: somebody sees it.
  expect(await texts(operator, { state: 'open' })).toEqual(['什么活动', '你是谁', '退订'].toSorted());
  expect([await openReplyCount(operator), await openReplyCount(retail)]).toEqual([3, 1]);
  expect(JSON.stringify(await listReplies(operator))).not.toContain('13800000001');
  expect(await repliesOfCampaign(retail, { id: campaigns.cards.id, unit: '信用卡部' })).toEqual({
    replies: 1,
    optOuts: 1,
    open: 1,
    mayRead: false,
  });
  await expect(listReplies(administrator)).rejects.toMatchObject({ code: 'permission.denied' });
});

test('a person makes a reply an opt-out with one act, once, on record; whoever may lift takes it back', async () => {
  await wrote('13800000001', campaigns.retail, '2026-11-26 10:00');
  await push('replies', [replyOf('13800000001', '我妈不在了，请删掉这个号')]);
  await settled();
  expect(await optedOut()).toEqual([]);
  const [reply] = (await listReplies(retail)).rows;
  const id = reply?.id ?? '';
  expect(await markOptOut(retail, { id })).toEqual({ added: true });
  expect(await markOptOut(retail, { id })).toEqual({ added: false });
  expect(await optedOut()).toEqual(['+8613800000001']);
  const { rows } = await pool.query(
    `select details from audit where action = 'reply.opt-out' and object_id = $1 order by seq`,
    [id],
  );
  expect(rows).toEqual([
    { details: expect.objectContaining({ added: true }) },
    { details: expect.objectContaining({ added: false }) },
  ]);
  expect((await listReplies(operator)).rows).toEqual([
    expect.objectContaining({ meaning: 'opt-out', silent: true, handledBy: expect.any(String) }),
  ]);
  const { rows: silent } = await pool.query('select id from suppression');
  await liftSuppression(operator, { id: String(silent[0].id), reason: '判错了' });
  expect((await listReplies(operator)).rows).toEqual([expect.objectContaining({ silent: false })]);
});

test('who may not see a reply cannot act on it, and two people cannot both handle one', async () => {
  await wrote('13800000002', campaigns.cards, '2026-11-26 10:00');
  await push('replies', [replyOf('13800000002', '在吗')]);
  await settled();
  const id = (await listReplies(operator)).rows[0]?.id ?? '';
  await expect(markOptOut(retail, { id })).rejects.toMatchObject({ code: 'reply.unknown' });
  await expect(markHandled(retail, { id })).rejects.toMatchObject({ code: 'reply.unknown' });
  const both = await Promise.allSettled([markHandled(operator, { id }), markHandled(operator, { id })]);
  expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  expect(await texts(operator, { state: 'open' })).toEqual([]);
});

test('words of the house count from the next reply on, and are on record', async () => {
  await push('replies', [replyOf('13800000001', 'ZX', { sequence_id: 'before' })]);
  await settled();
  await setOptOutWords(administrator, {
    words: [
      { word: 'zx', how: 'begins', means: 'opt-out' },
      { word: '取消', how: 'alone', means: 'other' },
    ],
  });
  await push('replies', [
    replyOf('13800000002', 'ZX，谢谢', { sequence_id: 'after' }),
    replyOf('13800000003', '取消', { sequence_id: 'other' }),
  ]);
  await settled();
  expect(await optedOut()).toEqual(['+8613800000002']);
  const { rows } = await pool.query(`select details -> 'to' as words from audit where action = 'opt-out-words.set'`);
  expect(rows).toHaveLength(1);
  await expect(
    setOptOutWords(administrator, { words: [{ word: 'R', how: 'alone', means: 'other' }] }),
  ).rejects.toMatchObject({ code: 'opt-out-words.faults' });
  await expect(setOptOutWords(operator, { words: [] })).rejects.toMatchObject({ code: 'permission.denied' });
});

test('a burst of opt-outs to one campaign is told once to its owner and operators', async () => {
  await pool.query('truncate notice cascade');
  const phones = Array.from({ length: 25 }, (_, n) => `1370000${String(n).padStart(4, '0')}`);
  for (const phone of phones) await wrote(phone, campaigns.retail, '2026-11-27 09:00');
  await push(
    'replies',
    phones.slice(0, 9).map((phone) => replyOf(phone, 'TD')),
  );
  await settled();
  const told = () =>
    pool.query(
      `select distinct kind, item_id, staff_id from notice where kind = 'opt-out-burst' and staff_id is not null`,
    );
  expect((await told()).rowCount).toBe(0);
  await push(
    'replies',
    phones.slice(9, 20).map((phone) => replyOf(phone, 'TD')),
  );
  await settled();
  const first = await told();
  expect(first.rows).toContainEqual({
    kind: 'opt-out-burst',
    item_id: campaigns.retail.id,
    staff_id: operator.staff.id,
  });
  await push(
    'replies',
    phones.slice(20).map((phone) => replyOf(phone, 'TD')),
  );
  await settled();
  expect((await told()).rowCount).toBe(first.rowCount);
});

test('pushes that wait or were set aside are told once to administrators', async () => {
  await pool.query('truncate notice cascade');
  await pool.query(
    `insert into webhook_delivery (gateway_account_id, kind, raw, set_aside_at, fault) values ($1, 'replies', 'x', now(), '42P01')`,
    [accountId],
  );
  for (let n = 0; n < 2; n += 1) await tellOfWaitingPushes(pool, new Date());
  const { rows } = await pool.query(`select kind, item_id from notice where staff_id = $1`, [administrator.staff.id]);
  expect(rows).toEqual([{ kind: 'pushes-waiting', item_id: accountId }]);
});

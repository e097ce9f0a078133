import { beforeAll, beforeEach, expect, test } from 'vitest';
import { setOptOutSetting } from '../../../../src/contact/opt-out-effect.command.ts';
import {
  decideReply,
  listReplies,
  markHandled,
  markOptOut,
  openReplyCount,
} from '../../../../src/sms/reply.command.ts';
import { acceptImport } from '../../../../src/customer/import/acceptance.command.ts';
import { readImport } from '../../../../src/customer/import/import.command.ts';
import { createCustomer } from '../../../../src/customer/record.command.ts';
import { transaction } from '../../../../src/kernel/sql.db.ts';
import { silenceNumbers } from '../../../../src/sms/silence.db.ts';
import type { Context } from '../../../../src/house/context.ts';
import { reachOf } from '../../../../src/kernel/reach.rule.ts';
import { contextWith } from '../../../kit/people.ts';
import { makeCampaign, type Made } from '../../campaign/page-kit.ts';
import { fileOf } from '../../customer/import/csv-file.ts';
import { chinaText, daysAgo, openPushes, replyOf } from './kit.ts';

const { pool, accountId, push, settled, wroteTo, passNumberOn } = await openPushes();
const phone = '13800000001';
let operator: Context;
let campaigns: Made[];

beforeAll(async () => {
  operator = await contextWith(pool, ['operator']);
  const wanted = { applicantId: operator.staff.id, state: 'completed' } as const;
  campaigns = [];
  for (let n = 0; n < 4; n += 1) campaigns.push(await makeCampaign(pool, wanted));
  await pool.query('update template set gateway_account_id = $1', [accountId]);
});
beforeEach(async () => {
  await pool.query(
    `truncate webhook_delivery, inbound_sms, suppression, contact, customer, phone_number, phone_number_move cascade; delete from setting where key = 'opt-out-effect'`,
  );
});

/** A text of that purpose so many days ago, by a campaign of its own. */
const wrote = (nth: number, purpose: string, days: number) =>
  wroteTo(phone, campaigns[nth]?.key ?? expect.fail('There is no such campaign.'), daysAgo(days), purpose);
/** A no of so many days ago, as it is pushed. */
const no = (days: number, id: string, content = 'T') =>
  replyOf(phone, content, { sequence_id: id, send_time: chinaText(daysAgo(days)) });
let sequence = 0;
async function answer(days: number, content = '退订', id = `no-${(sequence += 1)}`) {
  await push('replies', [no(days, id, content)]);
  await settled();
}
const passOn = (days: number, former?: string) => passNumberOn(phone, daysAgo(days), former);
const silenced = async () =>
  (await pool.query(`select channels, purposes from suppression where lifted_at is null order by id`)).rows;
const asked = async () =>
  (await listReplies(operator)).rows.map(({ asks, handledAt }) => [asks, handledAt !== null]).toReversed();

test.each(['marketing', 'survey', null])(
  'a no to %s silences marketing and surveys on every channel, and asks nobody',
  async (purpose) => {
    if (purpose) await wrote(0, purpose, 3);
    await answer(2);
    expect(await silenced()).toEqual([reachOf.marketing]);
    expect(await asked()).toEqual([[null, false]]);
    expect(await openReplyCount(operator)).toBe(0);
    const { rows } = await pool.query(
      `select details from audit where action = 'suppression.opt-out' order by seq desc limit 1`,
    );
    expect(rows[0].details).toMatchObject({ by: 'reply', ...reachOf.marketing });
  },
);

test('a second no to care silences texts of care; the first, written three times and pushed again, does not', async () => {
  await wrote(0, 'care', 40);
  await answer(39.9, 'TD', 'first');
  for (const minutes of [1, 2]) await answer(39.9 - minutes / 1_440);
  await answer(39.9, 'TD', 'first');
  expect(await silenced()).toEqual([reachOf.marketing]);
  expect(await asked()).toEqual([
    ['look', false],
    ['look', false],
    ['look', false],
  ]);
  await wrote(1, 'care', 5);
  await answer(4);
  expect(await silenced()).toEqual([reachOf.marketing, { channels: ['sms'], purposes: ['care'] }]);
  expect((await asked()).at(-1)).toEqual([null, false]);
});

test('a second no that is pushed before the first counts all the same', async () => {
  await wrote(0, 'care', 40);
  await wrote(1, 'care', 5);
  await answer(4);
  expect(await silenced()).toEqual([reachOf.marketing]);
  await answer(39);
  expect(await silenced()).toEqual([reachOf.marketing, { channels: ['sms'], purposes: ['care'] }]);
});

test('replies of one person in two pushes at once: the later one sees the other', async () => {
  await wrote(0, 'care', 40);
  await wrote(1, 'care', 5);
  await Promise.all([push('replies', [no(39, 'a')]), push('replies', [no(4, 'b')])]);
  await settled();
  expect(await silenced()).toContainEqual({ channels: ['sms'], purposes: ['care'] });
});

test('a duty notice is silenced by nobody but a person, whose decision and reason are on record', async () => {
  for (const [nth, days] of [40, 30, 20].entries()) {
    await wrote(nth, 'service', days);
    await answer(days - 1);
  }
  expect(await silenced()).toEqual([reachOf.marketing]);
  expect(await asked()).toEqual([
    ['look', false],
    ['decide', false],
    ['decide', false],
  ]);
  const { rows: waiting } = await listReplies(operator, { state: 'decide' });
  expect(waiting).toHaveLength(2);
  const id = waiting[0]?.id ?? '';
  await expect(markHandled(operator, { id })).rejects.toMatchObject({ code: 'reply.to-decide' });
  await expect(decideReply(operator, { id, decision: 'silence', reason: ' ' })).rejects.toThrow();
  const both = await Promise.allSettled(
    waiting.map((each) => decideReply(operator, { id: each.id, decision: 'keep', reason: '已电话说明还款日' })),
  );
  expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  expect(await silenced()).toEqual([reachOf.marketing]);
  expect(await openReplyCount(operator)).toBe(0);
  // Decided: the next no is a first one again, and the one after it asks again.
  await pool.query(`update inbound_sms set handled_at = now() - interval '15 days' where decision is not null`);
  await wrote(3, 'service', 10);
  await answer(9);
  expect((await asked()).at(-1)).toEqual(['look', false]);
  await wrote(0, 'service', 4);
  await answer(3);
  expect((await asked()).at(-1)).toEqual(['decide', false]);
  const [again] = (await listReplies(operator, { state: 'decide' })).rows;
  expect(await decideReply(operator, { id: again?.id ?? '', decision: 'silence', reason: '客户只收纸质账单' })).toEqual(
    {
      replies: 2,
    },
  );
  expect(await silenced()).toEqual([reachOf.marketing, { channels: ['sms'], purposes: ['service'] }]);
  await expect(
    decideReply(operator, { id: again?.id ?? '', decision: 'keep', reason: '又变了' }),
  ).rejects.toMatchObject({
    code: 'reply.handled',
  });
  const { rows } = await pool.query(`select details from audit where action = 'reply.decided' order by seq`);
  expect(rows.map(({ details }) => details)).toMatchObject([
    { decision: 'keep', purposes: ['service'], reason: '已电话说明还款日', suppressionId: null, replies: 3 },
    { decision: 'silence', purposes: ['service'], reason: '客户只收纸质账单', replies: 2 },
  ]);
});

test('nothing is stopped for who has the number after the one who asked', async () => {
  await wrote(0, 'service', 40);
  await answer(39);
  const id = (await listReplies(operator)).rows[0]?.id ?? '';
  await passOn(10);
  await expect(decideReply(operator, { id, decision: 'silence', reason: '客户要求' })).rejects.toMatchObject({
    code: 'reply.number-moved',
  });
  expect(await decideReply(operator, { id, decision: 'keep', reason: '已换机主' })).toEqual({ replies: 1 });
  expect(await silenced()).toEqual([reachOf.marketing]);
});

test('a no of who had the number before counts for nobody else', async () => {
  await wrote(0, 'care', 40);
  await answer(39);
  await passOn(10);
  await wrote(1, 'care', 5);
  await answer(4);
  expect(await silenced()).toEqual([reachOf.marketing]);
});

test('a house may let the first no silence more, never a duty notice, and always marketing by text', async () => {
  const administrator = await contextWith(pool, ['administrator']);
  type Wanted = Parameters<typeof setOptOutSetting>[1];
  const wanted: Wanted = { channels: [], purposes: ['care'], secondNoDays: 30 };
  const set = (more: object) => setOptOutSetting(administrator, { ...wanted, ...more });
  for (const bad of [{ purposes: ['marketing', 'service'] }, { purposes: ['repayment'] }, { secondNoDays: 0 }])
    await expect(set(bad)).rejects.toThrow();
  await expect(setOptOutSetting(operator, wanted)).rejects.toMatchObject({ code: 'permission.denied' });
  await set({});
  await wrote(0, 'care', 3);
  await answer(2);
  expect(await silenced()).toEqual([{ channels: ['sms'], purposes: ['marketing', 'care'] }]);
  expect(await asked()).toEqual([[null, false]]);
  const { rows } = await pool.query(`select details from audit where action = 'opt-out-effect.set'`);
  expect(rows[0].details).toMatchObject({
    from: { secondNoDays: 90 },
    to: { secondNoDays: 30, purposes: ['marketing', 'care'] },
  });
});

test('a number that nobody had and that a file has made a customer’s has not changed hands: the second no is heard', async () => {
  await wrote(0, 'care', 40);
  await answer(39);
  const applicant = await contextWith(pool, ['applicant']);
  const { id } = await readImport(applicant, {
    kind: 'customers',
    fileName: 'a.csv',
    stream: fileOf(`手机号,客户号\n${phone},C1\n`),
  });
  await acceptImport(applicant, { importId: id });
  await wrote(1, 'care', 5);
  await answer(4);
  expect(await silenced()).toEqual([reachOf.marketing, { channels: ['sms'], purposes: ['care'] }]);
});

test('a no that comes when the number has been taken from who said it silences nobody, and waits for a person', async () => {
  await passOn(10);
  await answer(39);
  expect(await silenced()).toEqual([]);
  expect(await asked()).toEqual([['moved', false]]);
  expect(await openReplyCount(operator)).toBe(1);
  const id = (await listReplies(operator)).rows[0]?.id ?? '';
  await expect(decideReply(operator, { id, decision: 'keep', reason: '已换机主' })).rejects.toMatchObject({
    code: 'reply.nothing-to-decide',
  });
  await expect(markOptOut(operator, { id })).rejects.toMatchObject({ code: 'reply.number-moved' });
  expect(await silenced()).toEqual([]);
  await markHandled(operator, { id });
  // Who has it now is heard.
  await answer(2);
  expect(await silenced()).toEqual([reachOf.marketing]);
});

test('a no that comes late silences who said it, where they are a customer still, on their other numbers', async () => {
  const { id } = await createCustomer(operator, { phone: '13800000009' });
  await passOn(10, id);
  await answer(39);
  const { rows } = await pool.query('select customer_id, channels, purposes from suppression');
  expect(rows).toEqual([{ customer_id: id, ...reachOf.marketing }]);
  const consents = await pool.query('select customer_id, granted from consent');
  expect(consents.rows).toEqual([{ customer_id: id, granted: false }]);
  expect(await asked()).toEqual([['moved', false]]);
  expect((await listReplies(operator)).rows).toMatchObject([{ customerId: id, silent: true }]);
  // Who has it now is heard on their own account.
  await answer(2);
  expect((await listReplies(operator)).rows.map(({ customerId }) => customerId)).toEqual([null, id]);
  expect((await pool.query('select 1 from suppression')).rowCount).toBe(2);
});

test('a decision settles the replies of whoever wrote them, and none of who had the number before', async () => {
  await wrote(0, 'service', 40);
  await answer(39);
  await passOn(10);
  await wrote(1, 'service', 5);
  await answer(4);
  const [latest] = (await listReplies(operator)).rows;
  expect(await decideReply(operator, { id: latest?.id ?? '', decision: 'keep', reason: '已说明' })).toEqual({
    replies: 1,
  });
  expect(await asked()).toEqual([
    ['look', false],
    ['look', true],
  ]);
});

test('a reply answers nothing that was sent to who had the number before', async () => {
  await wrote(0, 'care', 20);
  await passOn(10);
  await answer(4);
  expect((await listReplies(operator)).rows).toMatchObject([{ answers: null, campaignNumber: null }]);
  await wrote(1, 'care', 3);
  await answer(2);
  expect((await listReplies(operator)).rows[0]).toMatchObject({ answers: 'care' });
});

const said = (kind: 'dead-number' | 'opt-out' | 'gateway-blacklist', days: number) =>
  transaction(pool, (tx) =>
    silenceNumbers(tx, [{ phone: `+86${phone}`, kind, code: 'X', saidAt: daysAgo(days) }], 'receipt', new Date()),
  );
const standing = async () =>
  (await pool.query('select kind, customer_id is null as "ofNumber" from suppression order by id')).rows;

test('what a carrier said of a number before it passed on is said of nobody who has it now', async () => {
  await passOn(10);
  for (const kind of ['dead-number', 'opt-out', 'gateway-blacklist'] as const) await said(kind, 20);
  expect(await standing()).toEqual([
    { kind: 'opt-out', ofNumber: false },
    { kind: 'gateway-blacklist', ofNumber: true },
  ]);
  await said('dead-number', 2);
  expect((await standing()).at(-1)).toEqual({ kind: 'dead-number', ofNumber: true });
});

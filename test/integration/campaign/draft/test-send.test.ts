import { expect, test } from 'vitest';
import { sendTest } from '../../../../activities/test-send.ts';
import { createDraft, discardDraft, loadDraft, saveDraft } from '../../../../src/campaign/draft/draft.command.ts';
import { seeToEstimate, showEstimate } from '../../../../src/campaign/draft/estimate.command.ts';
import { listTestReceivers, listTestSends, sendTests } from '../../../../src/campaign/draft/test-send.command.ts';
import type { Context } from '../../../../src/house/context.ts';
import { AppError } from '../../../../src/kernel/app-error.rule.ts';
import type { Draft } from '../../../../src/campaign/draft/draft.db.ts';
import { gatewayOfAccount } from '../../../../src/sms/gateway-of-account.ts';
import { openHouse, waitFor, type Person } from '../../../kit/campaign.ts';
import { anyLocalPort } from '../../../kit/endpoints.ts';
import { silence } from '../../../kit/suppression.ts';
import { untouchedGateway } from './kit.ts';

const house = await openHouse();
const { pool } = house;
const { applicant, liaison, leader, operator } = house.people;
const sources = { name: { from: 'row' as const, key: 'name' }, date: { from: 'row' as const, key: 'date' } };
let phones = 0;
/** A number nobody has used yet: the limit of a day is a number's. */
async function givePhone(person: Person): Promise<string> {
  phones += 1;
  const phone = `+86139${String(77_000_000 + phones)}`;
  await pool.query('update staff set phone = $2 where id = $1', [person.id, phone]);
  return phone;
}

async function countedDraft(ctx: Context = applicant.ctx): Promise<Draft> {
  const audienceId = await house.addAudience(5);
  const { id } = await createDraft(ctx, { name: '测试发送' });
  await saveDraft(ctx, { id, step: 'audience', version: 1, tab: 't', body: { audienceId } });
  const { version } = await loadDraft(ctx, id);
  await saveDraft(ctx, {
    id,
    step: 'text',
    version,
    tab: 't',
    body: { templateId: house.template.id, variableSources: sources },
  });
  await seeToEstimate(ctx, await loadDraft(ctx, id));
  return waitFor(
    async () => {
      const draft = await loadDraft(ctx, id);
      return (await showEstimate(ctx, draft)).state === 'done' ? draft : null;
    },
    async () => JSON.stringify(await showEstimate(ctx, await loadDraft(ctx, id))),
  );
}
const send = (draft: Draft, to: readonly Person[], ctx: Context = applicant.ctx) =>
  sendTests(ctx, { draftId: draft.id, staffIds: to.map(({ id }) => id), which: 'shortest' });
/** Nobody takes the message up, until the test does. */
const waiting: Context = {
  ...applicant.ctx,
  processes: { ...applicant.ctx.processes, sendTest: () => Promise.resolve() },
};
/** One attempt of the activity. */
const attempt = (id = '', gatewayOf = gatewayOfAccount(anyLocalPort)) => sendTest({ pool, gatewayOf }, id);
const refused = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'sent',
    (error: unknown) => (error instanceof AppError ? error.code : String(error)),
  );
const accepted = (): number => house.sandbox.witness.counts({ outIdPrefix: 'wt-' }).accepted;
const rowsOf = async (draft: Draft) =>
  (
    await pool.query(
      'select id, state, code, out_id as "outId", phone from test_send where draft_id = $1 order by created_at, id',
      [draft.id],
    )
  ).rows;
const settled = (draft: Draft) =>
  waitFor(
    async () => {
      const rows = await rowsOf(draft);
      return rows.every(({ state }) => state !== 'open' && state !== 'calling') ? rows : null;
    },
    async () => JSON.stringify((await rowsOf(draft)).map(({ state, code }) => [state, code])),
  );

test('the exact text of the chosen person goes to signers’ phones, once, and its receipt touches no ledger', async () => {
  const [one, two] = [await givePhone(liaison), await givePhone(leader)];
  const draft = await countedDraft();
  await send(draft, [liaison, leader]);
  const rows = await settled(draft);
  expect(rows.map(({ state, phone }) => [state, phone])).toEqual(
    expect.arrayContaining([
      ['accepted', one],
      ['accepted', two],
    ]),
  );
  for (const { id, outId } of rows) {
    expect(outId).toBe(`wt-${id}`);
    expect(house.sandbox.witness.byOutId(outId)).toMatchObject([
      { renderedText: '【云汀金融】王女士您好，您的权益已到账，请于10月7日前领取。' },
    ]);
  }
  const shown = await waitFor(
    async () => {
      const lines = await listTestSends(applicant.ctx, draft);
      return lines.every(({ state }) => state === 'delivered') ? lines : null;
    },
    async () => JSON.stringify(await listTestSends(applicant.ctx, draft)),
  );
  expect(shown.map(({ phone }) => phone)).toEqual(expect.arrayContaining([`139****${one.slice(-4)}`]));
  const receipts = await pool.query(`select matched from receipt where out_id like 'wt-%'`);
  expect(receipts.rows).toEqual([{ matched: true }, { matched: true }]);
  expect((await pool.query('select 1 from message')).rowCount).toBe(0);
  expect((await pool.query('select 1 from contact')).rowCount).toBe(0);
});

test('it is on record who sent what to whom, without a number', async () => {
  await givePhone(applicant);
  const draft = await countedDraft();
  await send(draft, [applicant]);
  const { rows } = await pool.query(
    `select actor, details from audit where action = 'draft.test-send' and object_id = $1`,
    [draft.id],
  );
  expect(rows).toMatchObject([{ actor: `staff:${applicant.id}`, details: { to: applicant.id, which: 'shortest' } }]);
  expect(JSON.stringify(rows)).not.toContain('+86');
});

test('nothing of a number or a text is in Temporal', async () => {
  const phone = await givePhone(liaison);
  const draft = await countedDraft();
  const { ids } = await send(draft, [liaison]);
  await settled(draft);
  const history = JSON.stringify(
    await house.client.workflow.getHandle(`test-send:${ids[0]}`).fetchHistory(),
    (_, value: unknown) => (value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : value),
  );
  expect(history).toContain(String(ids[0]));
  for (const secret of [phone.slice(3), '王女士', '领取']) expect(history).not.toContain(secret);
});

test('only signers of the unit and the sender get one; an operator, a stranger or a customer does not', async () => {
  for (const person of [operator, liaison]) await givePhone(person);
  const draft = await countedDraft();
  const stranger = await house.addPerson('stranger', ['liaison']);
  await givePhone(stranger);
  await pool.query(`update staff_role set unit = '别的单位' where staff_id = $1`, [stranger.id]);
  const gone = await house.addPerson('gone', ['leader']);
  await givePhone(gone);
  await pool.query('update staff set disabled_at = now() where id = $1', [gone.id]);
  for (const person of [operator, stranger, gone])
    expect(await refused(send(draft, [person]))).toBe('test-send.not-entitled');
  // All or nothing: one who may not get it stops the others' too.
  expect(await refused(send(draft, [liaison, operator]))).toBe('test-send.not-entitled');
  expect(await rowsOf(draft)).toEqual([]);
  const offered = (await listTestReceivers(applicant.ctx, draft)).map(({ id }) => id);
  expect(offered).toEqual(expect.arrayContaining([liaison.id, applicant.id]));
  for (const person of [operator, stranger, gone]) expect(offered).not.toContain(person.id);
});

test('without a number nothing goes out, and nobody else’s is used', async () => {
  const fresh = await house.addPerson('no phone', ['leader']);
  const draft = await countedDraft();
  expect(await refused(send(draft, [fresh]))).toBe('test-send.no-phone');
});

test('a signer cannot send, and another unit’s applicant finds no draft', async () => {
  await givePhone(liaison);
  const draft = await countedDraft();
  expect(await refused(send(draft, [liaison], liaison.ctx))).toBe('permission.denied');
  const far: Context = {
    ...applicant.ctx,
    staff: { ...applicant.ctx.staff, grants: [{ role: 'applicant', unit: '别的单位' }] },
  };
  expect(await refused(send(draft, [applicant], far))).toBe('draft.missing');
});

test('a draft sends five an hour, however many ask at once', async () => {
  const draft = await countedDraft();
  const people = await Promise.all(Array.from({ length: 8 }, (_, n) => house.addPerson(`leader ${n}`, ['leader'])));
  for (const person of people) await givePhone(person);
  const answers = await Promise.all(people.map((person) => refused(send(draft, [person]))));
  expect(answers.filter((answer) => answer === 'sent')).toHaveLength(5);
  expect(new Set(answers.filter((answer) => answer !== 'sent'))).toEqual(new Set(['test-send.draft-limit']));
  await pool.query(`update test_send set created_at = created_at - interval '61 minutes' where draft_id = $1`, [
    draft.id,
  ]);
  expect(await refused(send(draft, [people.at(-1) as Person]))).toBe('sent');
});

test('a number gets three a day, over all drafts and after a draft is gone', async () => {
  const person = await house.addPerson('often', ['leader']);
  await givePhone(person);
  for (let n = 0; n < 3; n += 1) {
    const draft = await countedDraft();
    await send(draft, [person]);
    await discardDraft(applicant.ctx, draft.id);
  }
  expect(await refused(send(await countedDraft(), [person]))).toBe('test-send.phone-limit');
});

test('whoever has opted out gets no test message either', async () => {
  const phone = await givePhone(liaison);
  const draft = await countedDraft();
  await silence(pool, { phone, reach: 'sms' });
  expect(await refused(send(draft, [liaison]))).toBe('test-send.suppressed');
});

const setHours = (hours: string) =>
  pool.query(`update gateway_account set settings = jsonb_set(settings, '{hours}', $1::jsonb)`, [hours]);
test('outside the hours of its kind nothing goes out, also when the hour passed on the way', async () => {
  await givePhone(liaison);
  const draft = await countedDraft();
  const silent = `{"marketing": ["00:00", "00:00"], "notice": ["00:00", "00:00"]}`;
  const noon: Context = { ...applicant.ctx, now: () => new Date('2026-11-20T04:00:00Z') };
  const before = accepted();
  try {
    const { ids } = await send(draft, [liaison], waiting);
    await setHours(silent);
    expect(await refused(send(draft, [liaison], noon))).toBe('test-send.outside-hours');
    await attempt(ids[0]);
    expect(await rowsOf(draft)).toMatchObject([{ state: 'refused', code: 'test-send.outside-hours' }]);
  } finally {
    await setHours(`{"marketing": ["00:00", "24:00"], "notice": ["00:00", "24:00"]}`);
  }
  expect(accepted()).toBe(before);
});

test('an unknown outcome stays unknown: no attempt calls a second time', async () => {
  const phone = await givePhone(liaison);
  const draft = await countedDraft();
  await house.post('faults', [{ match: { phone: phone.slice(3) }, action: 'accept-then-reset' }]);
  const before = accepted();
  await send(draft, [liaison]);
  const [row] = await settled(draft);
  expect(row).toMatchObject({ state: 'unknown', code: 'client.reset' });
  await attempt(row.id);
  expect(accepted()).toBe(before + 1);
});

test('an attempt after a crash in the call gives up instead of calling', async () => {
  await givePhone(liaison);
  const draft = await countedDraft();
  const { ids } = await send(draft, [liaison], waiting);
  await pool.query(`update test_send set state = 'calling', called_at = now() where id = $1`, [ids[0]]);
  await attempt(ids[0], () => untouchedGateway);
  expect(await rowsOf(draft)).toMatchObject([{ state: 'unknown', code: 'client.interrupted' }]);
});

test('two attempts at once make one call', async () => {
  await givePhone(liaison);
  const draft = await countedDraft();
  const { ids } = await send(draft, [liaison], waiting);
  const before = accepted();
  await Promise.all([1, 2, 3].map(() => attempt(ids[0])));
  expect(accepted()).toBe(before + 1);
  expect((await rowsOf(draft))[0]?.state).toBe('accepted');
});

test('a message that nobody fetched in ten minutes, or whose text the gateway holds otherwise, is not sent', async () => {
  await givePhone(liaison);
  const draft = await countedDraft();
  const { ids } = await send(draft, [liaison, applicant], waiting);
  await pool.query(`update test_send set created_at = created_at - interval '11 minutes' where id = $1`, [ids[0]]);
  await attempt(ids[0]);
  await house.put('templates/SMS_1', { name: 'test', content: '换了内容', type: 1, state: 1 });
  await attempt(ids[1]);
  await house.put('templates/SMS_1', {
    name: 'test',
    content: '${name}您好，您的权益已到账，请于${date}前领取。',
    type: 1,
    state: 1,
  });
  expect(new Set((await rowsOf(draft)).map(({ code }) => code))).toEqual(
    new Set(['gateway.template-differs', 'test-send.late']),
  );
});

test('what Temporal did not take is closed, and cannot go out later', async () => {
  await givePhone(liaison);
  const draft = await countedDraft();
  const away = {
    ...applicant.ctx.processes,
    sendTest: () => Promise.reject(new AppError('unavailable', 'process.unreachable', 'away')),
  };
  expect(await refused(send(draft, [liaison], { ...applicant.ctx, processes: away }))).toBe('process.unreachable');
  const [row] = await rowsOf(draft);
  expect(row).toMatchObject({ state: 'refused', code: 'process.unreachable' });
  await attempt(row.id, () => untouchedGateway);
  expect((await rowsOf(draft))[0]?.state).toBe('refused');
});

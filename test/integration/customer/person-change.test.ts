import type { Readable } from 'node:stream';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import type { Context } from '../../../src/house/context.ts';
import { setConsent } from '../../../src/customer/consent.command.ts';
import { findCustomer } from '../../../src/customer/customer.command.ts';
import { changeCustomer } from '../../../src/customer/record.command.ts';
import { readImport } from '../../../src/customer/import/import.command.ts';
import { acceptImport } from '../../../src/customer/import/acceptance.command.ts';
import { countHeldNos, loadImport } from '../../../src/customer/import/view.command.ts';
import { addNumber } from '../../../src/contact/number.command.ts';
import { customerTimeline } from '../../../src/customer/timeline.command.ts';
import { applyOptOut } from '../../../src/contact/suppression.command.ts';
import { createTopic } from '../../../src/customer/topic.command.ts';
import { listAudit } from '../../../src/house/audit/audit.db.ts';
import { transaction } from '../../../src/kernel/sql.db.ts';
import { testDatabase } from '../../kit/database.ts';
import { contextWith } from '../../kit/people.ts';
import { silence } from '../../kit/suppression.ts';
import { fileOf } from './import/csv-file.ts';
import { reachOf } from '../../../src/kernel/reach.rule.ts';

const { pool } = await testDatabase();
let ctx: Context;

beforeAll(async () => {
  ctx = await contextWith(pool, ['applicant', 'operator']);
  await createTopic(await contextWith(pool, ['administrator']), { code: 'news', name: '资讯' });
});
beforeEach(async () => {
  await pool.query(
    'truncate customer, former_customer, suppression, contact, phone_number_move, import, audience cascade',
  );
  await taken(fileOf('手机号,姓名,客户号,等级,欠款,营销同意,主题\n13809000051,旧主,OLD,金牌,8000.00,是,news\n'));
});

const customers = (stream: Readable) => readImport(ctx, { kind: 'customers', fileName: 'a.csv', stream });
const audience = (stream: Readable) => readImport(ctx, { kind: 'audience', fileName: 'l.csv', name: '名单', stream });
const taken = async (stream: Readable) => acceptImport(ctx, { importId: (await customers(stream)).id });
const phone = '13809000051';
const reasonsOf = async (id: string) =>
  (await pool.query('select line, reason from import_error where import_id = $1 order by line', [id])).rows.map(
    ({ line, reason }) => `${line} ${reason}`,
  );

test.each(['13809000051', '+86 138-0900-0051', '１３８０９００００５１', '008613809000051', "'13809000051"])(
  'a number written %s with another customer id is held, and nobody is changed without a word',
  async (written) => {
    const before = await findCustomer(ctx, { phone });
    const checked = await customers(fileOf(`手机号,姓名,客户号,营销同意\n${written},新主,NEW,\n`));
    expect(checked).toMatchObject({ goodRows: 0, badRows: 1, changedRows: 0, options: { personChanges: 1 } });
    expect(await reasonsOf(checked.id)).toEqual(['2 person-changed']);
    await acceptImport(ctx, { importId: checked.id });
    expect(await findCustomer(ctx, { phone })).toEqual(before);
  },
);

test('taken over, the new person has nothing of the old one, whose record is kept as evidence', async () => {
  await transaction(pool, (tx) =>
    applyOptOut(tx, { phone: `+86${phone}`, source: 'reply:a', reach: reachOf.marketing, now: new Date() }),
  );
  for (const kind of ['dead-number', 'gateway-blacklist'])
    await silence(pool, { phone: `+86${phone}`, kind, source: 'receipt' });
  await pool.query(`insert into contact (phone, channel, purpose, at) values ($1, 'sms', 'marketing', now())`, [
    `+86${phone}`,
  ]);
  const old = await findCustomer(ctx, { phone });
  const checked = await customers(fileOf('手机号,姓名,客户号\n13809000051,新主,NEW\n13900139000,别人,OTHER\n'));
  expect(checked).toMatchObject({ goodRows: 1, badRows: 1, newRows: 1 });
  // Said before the decision; the carrier’s list and the dead number are no words of the holder.
  expect(await countHeldNos(ctx, checked.id)).toBe(1);
  await acceptImport(ctx, { importId: checked.id, personChanges: 'take-over' });

  const holder = await findCustomer(ctx, { phone });
  expect(holder).toMatchObject({ name: '新主', externalId: 'NEW', tier: null, attributes: {}, marketingConsent: null });
  expect(holder).toMatchObject({ consents: [], subscriptions: [] });
  // What the former holder said and what was done with them stays theirs; of the number only the carrier’s list is left.
  expect(holder?.suppressions).toMatchObject([{ kind: 'gateway-blacklist' }]);
  const standing = await pool.query(
    `select kind, customer_id, lifted_at is not null as lifted, lift_reason from suppression where phone = $1 order by kind`,
    [`+86${phone}`],
  );
  expect(standing.rows).toEqual([
    { kind: 'dead-number', customer_id: null, lifted: true, lift_reason: 'a.csv' },
    { kind: 'gateway-blacklist', customer_id: null, lifted: false, lift_reason: null },
    { kind: 'opt-out', customer_id: old!.id, lifted: false, lift_reason: null },
  ]);
  expect((await pool.query('select customer_id from contact where phone = $1', [`+86${phone}`])).rows).toEqual([
    { customer_id: old!.id },
  ]);
  expect((await pool.query('select phone, from_customer, to_customer, source from phone_number_move')).rows).toEqual([
    { phone: `+86${phone}`, from_customer: old!.id, to_customer: holder!.id, source: `import:${checked.id}` },
  ]);
  expect(holder?.id).not.toBe(old?.id);
  expect(await findCustomer(ctx, { id: old!.id })).toBeNull();
  const { rows } = await pool.query('select * from former_customer');
  expect(rows).toMatchObject([
    {
      id: old!.id,
      phone: `+86${phone}`,
      external_id: 'OLD',
      name: '旧主',
      attributes: { 欠款: '8000.00' },
      consents: [{ purpose: 'marketing' }],
      topics: [{ topic: 'news' }],
      replaced_by: holder!.id,
      source: `import:${checked.id}`,
    },
  ]);
  expect(await loadImport(ctx, checked.id)).toMatchObject({ goodRows: 2, badRows: 0, newRows: 2 });
  expect(await reasonsOf(checked.id)).toEqual([]);
  const audit = await listAudit(pool, { limit: 10, objectKind: 'import', objectId: checked.id });
  expect(audit.at(-1)).toMatchObject({
    action: 'import.accepted',
    details: { personChanges: 'take-over', takenOver: { people: 1, keptNos: 1 } },
  });
});

test('a yes in the file is the new person’s own', async () => {
  const { id } = await customers(fileOf('手机号,客户号,营销同意,主题\n13809000051,NEW,是,news\n'));
  await acceptImport(ctx, { importId: id, personChanges: 'take-over' });
  expect(await findCustomer(ctx, { phone })).toMatchObject({
    consents: [{ granted: true, source: `import:${id}` }],
    subscriptions: [{ source: `import:${id}` }],
  });
});

test.each([
  ['the same id', 'OLD', 1],
  ['no id', '', 1],
])('with %s the row is about the person on record', async (_, externalId, changedRows) => {
  const checked = await customers(fileOf(`手机号,姓名,客户号\n13809000051,改名,${externalId}\n`));
  expect(checked).toMatchObject({ goodRows: 1, changedRows, options: { personChanges: 0 } });
});

test('an id is given to a customer who had none', async () => {
  await taken(fileOf('手机号\n13900139000\n'));
  expect(await customers(fileOf('手机号,客户号\n13900139000,C9\n'))).toMatchObject({ changedRows: 1, badRows: 0 });
});

test('an id that came between the check and the acceptance is not written over, and the other rows go on', async () => {
  await taken(fileOf('手机号\n13900139000\n'));
  const late = await customers(fileOf('手机号,姓名,客户号\n13900139000,甲,C1\n13900139001,乙,C3\n'));
  await taken(fileOf('手机号,客户号\n13900139000,C2\n'));
  expect(await acceptImport(ctx, { importId: late.id })).toMatchObject({ goodRows: 1 });
  expect(await reasonsOf(late.id)).toEqual(['2 person-changed']);
  expect(await findCustomer(ctx, { phone: '13900139001' })).toMatchObject({ externalId: 'C3', name: '乙' });
  expect(await findCustomer(ctx, { phone: '13900139000' })).toMatchObject({ externalId: 'C2', name: null });
});

test('of two people with one number, and two numbers of one person, neither row is taken', async () => {
  const { id } = await customers(
    fileOf(
      '手机号,客户号\n13900139000,A\n+86 13900139000,B\n13700137000,C\n13600136000,C\n13500135000,D\n13500135000,D\n',
    ),
  );
  expect(await reasonsOf(id)).toEqual([
    '2 number-of-two:3',
    '3 number-of-two:2',
    '4 duplicate-external-id:5',
    '5 duplicate-external-id:4',
    '7 duplicate:6',
  ]);
});

test('a person on record with another number is refused, also when the number is held by somebody else', async () => {
  await taken(fileOf('手机号,客户号\n13900139000,C1\n'));
  const { id } = await customers(fileOf('手机号,客户号\n13809000051,C1\n13700137000,OLD\n'));
  expect(await reasonsOf(id)).toEqual(['2 external-id-taken', '3 external-id-taken']);
});

test('an audience file has the same traps, and nobody is taken over by it', async () => {
  const checked = await audience(
    fileOf(
      '手机号,客户号,欠款\n13809000051,NEW,1\n13900139000,A,2\n13900139000,B,3\n13700137000,,4\n13600136000,OLD,5\n',
    ),
  );
  expect(await reasonsOf(checked.id)).toEqual([
    '2 person-changed',
    '3 number-of-two:4',
    '4 number-of-two:3',
    '6 external-id-taken',
  ]);
  expect(checked).toMatchObject({ totalRows: 5, goodRows: 1, badRows: 4 });
  await acceptImport(ctx, { importId: checked.id, personChanges: 'take-over' });
  expect(await findCustomer(ctx, { phone })).toMatchObject({ externalId: 'OLD' });
});

test('who lost the number leaves the open lists that came from files', async () => {
  const list = await audience(fileOf('手机号,金额\n13809000051,8000\n13900139000,1\n'));
  const { audienceId } = await acceptImport(ctx, { importId: list.id });
  const { id } = await customers(fileOf('手机号,客户号\n13809000051,NEW\n'));
  await acceptImport(ctx, { importId: id, personChanges: 'take-over' });
  const { rows } = await pool.query(
    'select m.phone, a.size from audience_member m join audience a on a.id = m.audience_id where a.id = $1',
    [audienceId],
  );
  expect(rows).toEqual([{ phone: '+8613900139000', size: 1 }]);
});

test('a customer whose first number passes on by a file keeps the others, and is told so', async () => {
  const { id: customerId, updatedAt } = (await findCustomer(ctx, { phone })) ?? expect.fail('Nobody has the number.');
  await addNumber(ctx, { customerId, updatedAt, phone: '13809000052' });
  const { id } = await customers(fileOf('手机号,客户号\n13809000051,NEW\n'));
  await acceptImport(ctx, { importId: id, personChanges: 'take-over' });
  expect((await findCustomer(ctx, { phone }))?.externalId).toBe('NEW');
  const kept = await findCustomer(ctx, { phone: '13809000052' });
  expect(kept).toMatchObject({ id: customerId, externalId: 'OLD', consents: [{ granted: true }] });
  expect((await pool.query('select 1 from former_customer')).rows).toEqual([]);
  const movesOf = async (of: string) =>
    (await customerTimeline(ctx, { customerId: of })).events
      .filter(({ kind, details }) => kind.startsWith('number-') || details['phone'] !== undefined)
      .map(({ kind, details }) => ({ kind, phone: details['phone'], file: details['fileName'] ?? details['action'] }));
  expect(await movesOf(customerId)).toEqual([
    { kind: 'number-left', phone: '138****0051', file: 'a.csv' },
    { kind: 'act', phone: '138****0052', file: 'customer.number-added' },
  ]);
  const next = (await findCustomer(ctx, { phone }))?.id ?? '';
  expect(await movesOf(next)).toEqual([{ kind: 'number-came', phone: '138****0051', file: 'a.csv' }]);
});

test('a row whose customer id became somebody else’s after the check takes nobody’s number', async () => {
  const { id } = await customers(fileOf('手机号,客户号\n13809000051,NEW\n'));
  await taken(fileOf('手机号,客户号\n13900139000,NEW\n'));
  await acceptImport(ctx, { importId: id, personChanges: 'take-over' });
  expect(await findCustomer(ctx, { phone })).toMatchObject({ externalId: 'OLD', name: '旧主' });
  expect(await reasonsOf(id)).toEqual(['2 person-changed']);
  expect((await pool.query('select 1 from phone_number_move')).rows).toEqual([]);
});

test('by hand another customer id is taken as a correction only', async () => {
  const standing = await findCustomer(ctx, { phone });
  await setConsent(ctx, { customerId: standing!.id, purpose: 'marketing', granted: true, source: 'paper-form' });
  const wanted = { id: standing!.id, updatedAt: standing!.updatedAt, externalId: 'NEW', name: '新主' };
  await expect(changeCustomer(ctx, wanted)).rejects.toMatchObject({ code: 'customer.person-changed' });
  expect(await changeCustomer(ctx, { ...wanted, samePerson: true })).toMatchObject({ changed: ['externalId', 'name'] });
});

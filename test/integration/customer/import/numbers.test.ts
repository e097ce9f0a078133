import { beforeAll, beforeEach, expect, test } from 'vitest';
import type { Context } from '../../../../src/house/context.ts';
import { addNumber, removeNumber } from '../../../../src/contact/number.command.ts';
import { applyOptOut } from '../../../../src/contact/suppression.command.ts';
import { everything } from '../../../../src/kernel/reach.rule.ts';
import { loadFacts } from '../../../../src/contact/facts.db.ts';
import { listNumbers } from '../../../../src/contact/number-list.command.ts';
import { findCustomer } from '../../../../src/customer/customer.command.ts';
import { acceptImport } from '../../../../src/customer/import/acceptance.command.ts';
import { readImport } from '../../../../src/customer/import/import.command.ts';
import { loadImport } from '../../../../src/customer/import/view.command.ts';
import { listAudit } from '../../../../src/house/audit/audit.db.ts';
import { transaction } from '../../../../src/kernel/sql.db.ts';
import { testDatabase } from '../../../kit/database.ts';
import { contextWith } from '../../../kit/people.ts';
import { killWhileAccepting } from './killed.ts';
import { fileOf } from './csv-file.ts';

const { pool, url } = await testDatabase();
let ctx: Context;

beforeAll(async () => {
  ctx = await contextWith(pool, ['applicant', 'operator']);
});
beforeEach(async () => {
  await pool.query('truncate customer, former_customer, suppression, import, audience, phone_number_move cascade');
});

const checked = (text: string) => readImport(ctx, { kind: 'customers', fileName: 'a.csv', stream: fileOf(text) });
async function taken(text: string, personChanges: 'refuse' | 'take-over' = 'refuse'): Promise<string> {
  const { id } = await checked(text);
  await acceptImport(ctx, { importId: id, personChanges });
  return id;
}
const idOf = async (phone: string): Promise<string> => (await findCustomer(ctx, { phone }))?.id ?? '';
const numbersOf = async (phone: string) =>
  (await listNumbers(ctx, { customerId: await idOf(phone) })).items.map(
    ({ place, phone: masked, kind, validUntil }) => `${place} ${masked} ${kind} ${validUntil ?? '-'}`,
  );
const seenOf = async (phone: string) => {
  const customerId = await idOf(phone);
  return { customerId, updatedAt: (await listNumbers(ctx, { customerId })).updatedAt };
};
const faultsOf = async (id: string): Promise<string[]> => {
  const { rows } = await pool.query(
    'select line, column_name as "column", masked_value as value, reason from import_error where import_id = $1 order by line',
    [id],
  );
  return rows.map(({ line, column, value, reason }) => `${line} ${column} ${value} ${reason}`);
};

test('a file brings further numbers, shown before they are accepted, and each move is on record', async () => {
  const file =
    '手机号,姓名,手机2,手机2类型,手机2有效期,家庭电话,单位电话\n' +
    '13800138000,张三,+86 139 0013 9000,其他,2027/6/30,１３７００１３７０００,010-12345678转801\n' +
    '13600136000,李四,13500135000、135 0013 5001,,,,\n' +
    '13400134000,王五,,,,,\n';
  const { id, ...dryRun } = await checked(file);
  expect(dryRun).toMatchObject({ goodRows: 3, badRows: 0, newRows: 3 });
  expect(dryRun.options).toMatchObject({ withNumbers: 2, landLines: 1, numbers: { numbers: 4, people: 2 } });
  expect((await pool.query('select from phone_number')).rowCount).toBe(0);

  await acceptImport(ctx, { importId: id });
  expect(await numbersOf('13800138000')).toEqual([
    '1 138****8000 mobile -',
    '2 139****9000 other 2027-06-30',
    '3 137****7000 home -',
  ]);
  expect(await findCustomer(ctx, { phone: '13800138000' })).toMatchObject({
    attributes: { 单位电话: '010-12345678转801' },
  });
  expect(await numbersOf('13500135001')).toEqual([
    '1 136****6000 mobile -',
    '2 135****5000 mobile -',
    '3 135****5001 mobile -',
  ]);
  expect(await numbersOf('13400134000')).toEqual(['1 134****4000 mobile -']);
  const { rows: moves } = await pool.query('select source, from_customer, to_customer from phone_number_move');
  expect(moves).toHaveLength(4);
  expect(moves[0]).toMatchObject({ source: `import:${id}`, from_customer: null });
  expect((await loadImport(ctx, id)).options.acceptance).toMatchObject({ numbers: 4 });
  const [entry] = await listAudit(pool, { limit: 1, action: 'import.accepted', objectId: id });
  expect(entry?.details).toMatchObject({ furtherNumbers: 4 });
  expect((await pool.query('select from import_row')).rowCount).toBe(0);
});

test('the same file again changes nothing; what a file does not say of the numbers stays', async () => {
  const file = '手机号,备用电话,备用电话类型,备用电话有效期\n13800138000,13900139000,单位,2027-06-30\n';
  await taken(file);
  expect(await checked(file)).toMatchObject({ sameRows: 1, changedRows: 0, options: { numbers: { numbers: 0 } } });
  await taken('手机号,姓名\n13800138000,张三\n');
  await taken('手机号,备用电话\n13800138000,\n');
  await taken('手机号,备用电话\n13800138000,13900139000\n');
  expect(await numbersOf('13800138000')).toEqual(['1 138****8000 mobile -', '2 139****9000 work 2027-06-30']);
  const changing = '手机号,备用电话,备用电话类型,备用电话有效期\n13800138000,13900139000,家庭,长期\n';
  expect(await checked(changing)).toMatchObject({ changedRows: 1 });
  const { updatedAt } = await seenOf('13800138000');
  await taken(changing);
  expect(await numbersOf('13800138000')).toEqual(['1 138****8000 mobile -', '2 139****9000 home -']);
  // Whoever saw the numbers before is told to look again.
  const seen = { customerId: await idOf('13800138000'), updatedAt };
  await expect(removeNumber(ctx, { ...seen, place: 2, reason: 'x' })).rejects.toMatchObject({
    code: 'customer.changed-since',
  });
  expect((await pool.query('select from phone_number_move')).rowCount).toBe(1);
});

test('a bad further number is a fault with its column; the others go on', async () => {
  const id = await taken(
    '手机号,备用电话,备用电话类型,备用电话有效期\n' +
      '13800138000,1390013900,,\n13800138001,13900139001,宠物,\n13800138002,13900139002,,明年\n' +
      '13800138003,1.39E+10,,\n13800138004,13900139004,,\n13800138005/13900139005,,,\n13800138006/139x,,,\n',
  );
  expect(await faultsOf(id)).toEqual([
    '2 备用电话 ****00 phone-wrong-length',
    '3 备用电话类型 宠物 unknown-number-kind',
    '4 备用电话有效期 明** not-a-day',
    '5 备用电话 ****10 phone-scientific-notation',
    '8 手机号 **** phone-not-a-number',
  ]);
  expect(await numbersOf('13800138004')).toEqual(['1 138****8004 mobile -', '2 139****9004 mobile -']);
  expect(await numbersOf('13900139005')).toEqual(['1 138****8005 mobile -', '2 139****9005 mobile -']);
});

test('a number that two rows have is of neither, and one of another customer stays with them', async () => {
  await taken('手机号,客户号,手机2\n13700137000,A,13700137001\n');
  const id = await taken(
    '手机号,客户号,手机2\n' +
      '13800138000,B,13900139000\n13800138001,C,13900139000\n' +
      '13800138002,D,13800138003\n13800138003,E,\n' +
      '13800138004,F,13700137000\n13800138005,G,13700137001\n' +
      '13700137000,A,13700137002\n13700137001,H,\n13800138006,I,13800138006\n',
  );
  expect(await faultsOf(id)).toEqual([
    '2 手机2 139****9000 number-of-two:3',
    '3 手机2 139****9000 number-of-two:2',
    '4 手机2 138****8003 number-of-two:5',
    '5 手机号 138****8003 number-of-two:4',
    '6 手机2 137****7000 number-of-another',
    '7 手机2 137****7001 number-of-another',
    '9 手机号 137****7001 number-further',
  ]);
  expect(await numbersOf('13700137000')).toEqual([
    '1 137****7000 mobile -',
    '2 137****7001 mobile -',
    '3 137****7002 mobile -',
  ]);
  expect(await numbersOf('13800138006')).toEqual(['1 138****8006 mobile -']);
});

test('what came in between of check and acceptance leaves the row out, among the bad rows', async () => {
  await taken('手机号\n13700137000\n');
  const { id } = await checked('手机号,手机2\n13800138000,13900139000\n13800138001,13900139001\n13800138002,\n');
  await addNumber(ctx, { ...(await seenOf('13700137000')), phone: '13900139000' });
  await addNumber(ctx, { ...(await seenOf('13700137000')), phone: '13800138002' });
  await acceptImport(ctx, { importId: id });
  expect(await faultsOf(id)).toEqual(['2 手机2 139****9000 number-of-another', '4 手机号 138****8002 number-further']);
  expect(await loadImport(ctx, id)).toMatchObject({ goodRows: 1, badRows: 2 });
  expect(await findCustomer(ctx, { phone: '13800138000' })).toBeNull();
  expect(await numbersOf('13900139000')).toEqual([
    '1 137****7000 mobile -',
    '2 139****9000 mobile -',
    '3 138****8002 mobile -',
  ]);
  expect(await numbersOf('13900139001')).toEqual(['1 138****8001 mobile -', '2 139****9001 mobile -']);
});

test('a number whose holder passed on is not taken with the first number: it is the former holder’s on record', async () => {
  await taken('手机号,客户号,手机2\n13700137000,OLD,13700137001\n');
  const id = await taken('手机号,客户号,手机2\n13700137000,NEW,13700137001\n', 'take-over');
  expect(await faultsOf(id)).toEqual(['2 手机2 137****7001 number-of-another']);
  await taken('手机号,客户号,手机2\n13700137000,NEW,13700137002\n', 'take-over');
  expect(await findCustomer(ctx, { phone: '13700137002' })).toMatchObject({ externalId: 'NEW' });
  expect(await findCustomer(ctx, { phone: '13700137001' })).toMatchObject({ externalId: 'OLD' });
});

test('nobody has more than ten numbers', async () => {
  const many = Array.from({ length: 9 }, (_, n) => `1390013900${n}`);
  await taken(`手机号,备用电话\n13800138000,${many.join('/')}\n`);
  const id = await taken('手机号,备用电话\n13800138000,13700137000\n');
  expect(await faultsOf(id)).toEqual(['2 备用电话 137****7000 too-many-numbers']);
  expect(await numbersOf('13800138000')).toHaveLength(10);
});

test('a process that is killed while it writes numbers is gone on from: each number once, in its place', async () => {
  const rows = Array.from(
    { length: 25_000 },
    (_, n) => `138${String(n).padStart(8, '0')},139${String(n).padStart(8, '0')}`,
  );
  const { id } = await checked(`phone,phone2\n${rows.join('\n')}\n`);
  await killWhileAccepting(ctx, url, id);
  await acceptImport(ctx, { importId: id });
  const { rows: standing } = await pool.query(
    `select count(*) as n, count(*) filter (where place = 2) as second, count(distinct customer_id) as people from phone_number
     where customer_id is not null`,
  );
  expect(standing).toEqual([{ n: 50_000, second: 25_000, people: 25_000 }]);
  expect((await pool.query('select from phone_number_move')).rowCount).toBe(25_000);
  expect((await loadImport(ctx, id)).options.acceptance).toMatchObject({ numbers: 25_000, written: 25_000 });
});

test('a file that names a person by a further number is a fault with its line, a list of people is not', async () => {
  await taken('手机号,手机2\n13700137000,13700137001\n');
  const { id, ...file } = await checked('姓名,手机号\n张三,13800138000\n李四,137 0013 7001\n');
  expect(file).toMatchObject({ goodRows: 1, badRows: 1 });
  expect(await faultsOf(id)).toEqual(['3 手机号 137****7001 number-further']);
  const list = { kind: 'audience', fileName: 'l.csv', name: '名单' } as const;
  expect(await readImport(ctx, { ...list, stream: fileOf('手机号\n13700137001\n') })).toMatchObject({ badRows: 0 });
});

test('a file says time zones; what it does not say stays, and what is none is a fault', async () => {
  const file = '手机号,时区\n13800138000,asia/urumqi\n13800138001,北京\n13800138002,\n';
  const id = await taken(file);
  expect(await faultsOf(id)).toEqual(['3 时区 北京 unknown-time-zone']);
  expect(await checked(file)).toMatchObject({ sameRows: 2 });
  await taken('手机号,时区,姓名\n13800138000,,张三\n');
  expect(await findCustomer(ctx, { phone: '13800138000' })).toMatchObject({ timeZone: 'Asia/Urumqi', name: '张三' });
  expect(await findCustomer(ctx, { phone: '13800138002' })).toMatchObject({ timeZone: null });
  const other = '手机号,time_zone\n13800138000,Europe/London\n';
  expect(await checked(other)).toMatchObject({ changedRows: 1 });
  await taken(other);
  expect(await findCustomer(ctx, { phone: '13800138000' })).toMatchObject({ timeZone: 'Europe/London' });
});

test('a number that somebody gave up after a no stays silent, whichever way a file brings it', async () => {
  for (const [phone, file] of [
    ['13900139000', '手机号,姓名,手机2\n13600136000,李四,13900139000\n'],
    ['13900139001', '手机号,姓名\n13900139001,王五\n'],
  ] as const) {
    await taken(`手机号,姓名\n1380013800${phone.at(-1)},张三\n`);
    await addNumber(ctx, { ...(await seenOf(`1380013800${phone.at(-1)}`)), phone });
    await transaction(pool, (tx) =>
      applyOptOut(tx, { phone: `+86${phone}`, source: 'reply:a', reach: everything, now: new Date() }),
    );
    await removeNumber(ctx, { ...(await seenOf(`1380013800${phone.at(-1)}`)), place: 2, reason: '停用' });
    await taken(file);
    const person = { phone: `+86${phone}`, customerId: await idOf(phone) };
    expect(person.customerId).not.toBe('');
    const factsFor = await loadFacts(pool, [person], { purpose: 'service', topic: null }, new Date());
    expect(factsFor(person).suppressions.map(({ kind }) => kind)).toContain('opt-out');
  }
});

import { randomUUIDv7 } from 'node:crypto';
import { beforeEach, expect, test } from 'vitest';
import type { Person } from '../kit/http/kit.ts';
import { openConsole } from '../kit/page/kit.ts';

const house = await openConsole();
const { supervisor, auditor } = house.people;
let operator: Person;
const number = (i: number) => `1380000${String(1_000 + i)}`;

/** As a card shows it. */
const spaced = (phone: string) => phone.replace(/^(\d{3})(\d{4})(\d{4})$/, '$1 $2 $3');

beforeEach(async () => {
  await house.pool.query('truncate customer, customer_export, reveal cascade');
  operator = await house.hire(['operator']);
});
async function customers(n: number, from = 0): Promise<void> {
  for (let i = from; i < from + n; i += 1)
    await house.pool.query('insert into customer (id, phone, name) values ($1, $2, $3)', [
      randomUUIDv7(),
      `+86${number(i)}`,
      `客户${i}`,
    ]);
}
const ask = (as = operator, reason = '监管报送', signedIn = true) =>
  house.post('/customers/export', { plain: 'yes', reason }, { as, signedIn });
const lastId = async (): Promise<string> =>
  (await house.pool.query('select id from customer_export order by requested_at desc, id desc limit 1')).rows[0].id;
const act = async (what: string, as: Person, signedIn = true) =>
  house.post(`/customers/exports/${await lastId()}/${what}`, {}, { as, signedIn });

test('few whole numbers are ready at once, count as looks, and are taken once with their taker’s name', async () => {
  await customers(12);
  expect((await ask()).location).toBe('/customers/exports');
  const file = await act('take', operator);
  expect(file.html).toContain(number(3));
  const [heading = '', first = ''] = file.html.split('\r\n');
  expect(heading).toContain('导出人');
  expect(first).toContain(`Person operator · ${await lastId()}`);
  expect((await act('take', operator)).status).toBe(409);
  // Twelve looks are used up: the next twelve wait for somebody else.
  await ask();
  expect((await act('take', operator)).status).toBe(409);
  const { rows } = await house.pool.query(`select count(*)::int as n from reveal where staff_id = $1`, [operator.id]);
  expect(rows).toEqual([{ n: 12 }]);
});

test('a customer’s further numbers are in the file and on the card once revealed, and masked before', async () => {
  await customers(1);
  const { id } = (await house.pool.query('select id from customer')).rows[0];
  await house.pool.query(`insert into phone_number (phone, customer_id, place, kind) values ($1, $2, 2, 'work')`, [
    '+8613900009876',
    id,
  ]);
  const maskedFile = await house.post('/customers/export', {}, { as: operator, signedIn: true });
  expect(maskedFile.html).toContain('138****1000,139****9876');
  await ask();
  expect((await act('take', operator)).html).toContain(`${number(0)},13900009876`);
  const card = await house.post(`/customers/${id}/reveal`, { reason: '回电核对' }, { as: operator, signedIn: true });
  expect(card.html).toContain(spaced(number(0)));
  expect(card.html).toContain('139 0000 9876');
});

test('more people than an hour’s looks leave only with somebody else’s approval', async () => {
  await customers(21);
  await ask();
  expect((await act('take', operator)).status).toBe(409);
  expect((await act('approve', operator)).status).toBe(403);
  expect((await house.get('/customers/exports', { as: supervisor })).html).toContain('监管报送');
  expect((await act('approve', supervisor)).status).toBe(303);
  expect((await act('take', supervisor)).status).toBe(403);
  await customers(1, 21);
  expect((await act('take', operator)).status).toBe(409);
  await house.pool.query('delete from customer where phone = $1', [`+86${number(21)}`]);
  expect((await act('take', operator)).html).toContain(number(20));
  const { rows } = await house.pool.query(`select action from audit where object_id = $1 order by seq`, [
    await lastId(),
  ]);
  expect(rows.map(({ action }) => action)).toEqual([
    'customer.export-requested',
    'customer.export-approved',
    'customer.export',
  ]);
});

test('who let the asker in does not approve, and neither does anybody by API key', async () => {
  await customers(21);
  const both = await house.hire(['administrator', 'supervisor']);
  await house.call('POST', '/v1/keys', { as: both, body: { staffId: operator.id, name: 'x' } });
  expect((await ask(operator, '监管报送', false)).status).toBe(403);
  await ask();
  expect((await act('approve', both)).status).toBe(403);
  expect((await act('approve', supervisor, false)).status).toBe(403);
  expect((await act('decline', both)).status).toBe(303);
  expect((await act('take', operator)).status).toBe(409);
});

test('whole numbers take both rights for every unit, and a reason', async () => {
  await customers(1);
  expect((await ask(auditor)).status).toBe(403);
  expect((await ask(operator, 'x')).status).toBe(422);
  const narrow = await house.hire([]);
  await house.pool.query(`insert into staff_role (staff_id, role, unit) values ($1, 'operator', '零售部')`, [
    narrow.id,
  ]);
  expect((await ask(narrow)).status).toBe(403);
  const card = `/customers/${(await house.pool.query('select id from customer')).rows[0].id}/reveal`;
  expect((await house.post(card, { reason: '客户来电核实' }, { as: narrow })).html).not.toContain(spaced(number(0)));
  expect((await house.post(card, { reason: '客户来电核实' }, { as: operator })).html).toContain(spaced(number(0)));
});

test('an approved file that waits a day is over', async () => {
  await customers(1);
  await ask();
  await house.pool.query(
    `update customer_export set requested_at = now() - interval '25 hours', decided_at = now() - interval '25 hours'`,
  );
  expect((await act('take', operator)).status).toBe(409);
});

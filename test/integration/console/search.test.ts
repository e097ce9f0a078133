import { beforeAll, expect, test } from 'vitest';
import { faultsOfPage, openConsole } from './kit.ts';

let house: Awaited<ReturnType<typeof openConsole>>;
let id: string;
beforeAll(async () => {
  house = await openConsole();
  const { rows } = await house.pool.query(
    `insert into customer (id, external_id, phone, name) values (gen_random_uuid(), 'C-77', '+8613800138000', '欧阳静') returning id`,
  );
  id = rows[0].id;
});
const search = (text: string, role: 'operator' | 'liaison' = 'operator') =>
  house.post('/search', { text }, { as: house.people[role] });

test.each(['13800138000', '+86 138-0013-8000', 'C-77'])(
  '%s leads to its customer, and stands in no address',
  async (text) => {
    const { status, location } = await search(text);
    expect({ status, location }).toEqual({ status: 303, location: `/customers/${id}` });
  },
);

test('the beginning of a name lists who is called so, numbers masked', async () => {
  const { html } = await search('欧阳');
  expect(html).toContain('欧阳静');
  expect(html).toContain('138****8000');
  expect(faultsOfPage(html)).toEqual([]);
});

test('a number of nobody is not shown again', async () => {
  const { html } = await search('13900139000');
  expect(html).toContain('没有找到');
  expect(html).not.toContain('13900139000');
});

test('who may not see customers finds none', async () => {
  expect((await search('13800138000', 'liaison')).html).not.toContain('138****');
  expect((await search('欧阳', 'liaison')).html).not.toContain('欧阳静');
});

import { beforeAll, expect, test } from 'vitest';
import { faultsOfPage, openConsole } from '../kit/page/kit.ts';

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

test('a campaign is found by a part of its name, and by its number at once', async () => {
  await house.pool.query(
    `insert into gateway_account (id, name, provider, settings, rate_per_second, price_milli_yuan, webhook_token) values (gen_random_uuid(), 'g', 'aliyun', '{}', 1, 1, 't')`,
  );
  await house.pool.query(
    `with account as (select id from gateway_account), made as (select $1::uuid as by),
       text as (insert into template (id, name, version, kind, source, variables, sign_name, gateway_account_id, gateway_code, created_by)
         select gen_random_uuid(), 't', 1, 'notice', 's', '[]', 's', account.id, 'c', made.by from account, made returning id),
       list as (insert into audience (id, name, state, created_by) select gen_random_uuid(), 'a', 'open', by from made returning id)
     insert into campaign (id, number, name, unit, purpose, applicant_id, applicant_name, template_id, audience_id, starts_at, ends_at, daily_from, daily_to, days, rate_per_second, cost_ceiling_fen, sign_by, state)
       select gen_random_uuid(), 'WH-20260929-0003', '国庆出行立减券', 'Test', 'p', made.by, 'n', text.id, list.id, now(), now(), '09:00', '18:00', 'every-day', 1, 1, now(), 'draft' from made, text, list`,
    [house.people.applicant.id],
  );
  const { html } = await search('立减');
  expect(html).toContain('href="/campaigns/WH-20260929-0003"');
  expect((await search('wh-20260929-0003')).location).toBe('/campaigns/WH-20260929-0003');
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

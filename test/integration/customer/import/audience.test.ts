import { expect, test } from 'vitest';
import { faultsOfPage } from '../../kit/page/kit.ts';
import { openImports } from './kit.ts';

const house = await openImports();
const { count } = house;
const applicant = () => ({ as: house.people.applicant });
/** Gives the page of the import. */
const send = async (text: string, fileName = '客户.csv'): Promise<string> =>
  String((await house.send(text, { fileName })).location);

test('customers become an audience at the acceptance when that is asked for: those taken over and nobody else', async () => {
  const file = 'phone,id,name,城市\n13800000001,A1,王芳,上海\n13800000002,A2,李雷,北京\n1380,A3,短号,杭州\n';
  const first = await send(file, '十月客户.csv');
  // Nobody has a list yet: it is proposed.
  expect((await house.get(first, applicant())).html).toMatch(/name="asAudience" value="yes" checked/);
  expect((await house.get(first, { as: house.people.operator })).html).not.toContain('asAudience');
  expect((await house.post(`${first}/accept`, { asAudience: 'yes' }, { as: house.people.operator })).status).toBe(403);
  expect(await count('customer')).toBe(0);
  expect((await house.post(`${first}/accept`, { asAudience: 'yes' }, applicant())).status).toBe(303);
  const { rows } = await house.pool.query(
    `select a.name, a.size, array_agg(m.phone order by m.seq) as phones, bool_and(m.customer_id = c.id) as theirs
     from audience a join audience_member m on m.audience_id = a.id join customer c on c.phone = m.phone group by a.id`,
  );
  expect(rows).toEqual([{ name: '十月客户', size: 2, phones: ['+8613800000001', '+8613800000002'], theirs: true }]);

  const page = await house.get(first, applicant());
  expect(page.html).toMatch(/form method="post" action="\/drafts"[^]*name="audienceId" value="[\w-]{36}"/);
  expect(faultsOfPage(page.html)).toEqual([]);
  // Accepting twice makes no second one, and later files propose none.
  await house.post(`${first}/accept`, { asAudience: 'yes' }, applicant());
  expect(await count('audience')).toBe(1);
  const second = await send('phone,id,name\n13800000009,A9,赵六\n');
  expect((await house.get(second, applicant())).html).toMatch(/name="asAudience" value="yes">/);
  await house.post(`${second}/accept`, {}, applicant());
  expect(await count('audience')).toBe(1);
});

test('a number that would pass to another person is in no audience unless it is taken over', async () => {
  await house.post(`${await send('phone,id,name\n13800000001,OLD,王芳\n')}/accept`, {}, applicant());
  const place = await send('phone,id,name\n13800000001,NEW,李雷\n13800000002,A2,赵六\n');
  expect((await house.post(`${place}/accept`, { asAudience: 'yes' }, applicant())).status).toBe(303);
  const { rows } = await house.pool.query(
    'select m.phone, a.size from audience_member m join audience a on a.id = m.audience_id',
  );
  expect(rows).toEqual([{ phone: '+8613800000002', size: 1 }]);
});

import { randomUUIDv7 } from 'node:crypto';
import { beforeAll, expect, test } from 'vitest';
import { createDraft } from '../../../src/campaign/draft/draft.command.ts';
import { replaceGrants } from '../../../src/house/staff.db.ts';
import { transaction } from '../../../src/kernel/sql.db.ts';
import { roles } from '../../../src/kernel/permission.rule.ts';
import { openSigning, type Signing } from '../form/signing-kit.ts';

const ours = '外呼组';
const secretName = '机密活动甲';
let house: Signing;
let ids: Record<string, string>;
let secrets: string[];

beforeAll(async () => {
  house = await openSigning();
  const audience = await house.addAudience(3);
  const campaign = await house.signed(audience, { unit: ours, name: secretName });
  await house.until(campaign, 'archived');
  const { rows } = await house.pool.query(
    'select number, key, frozen_audience_id as frozen, template_id as template from campaign where id = $1',
    [campaign],
  );
  const customer = randomUUIDv7();
  await house.pool.query(`insert into customer (id, phone, name) values ($1, '+8613800000001', '王女士')`, [customer]);
  const draft = await createDraft(house.people.applicant.ctx, { name: '机密草稿乙', purpose: 'x' });
  const [{ number, frozen, template }] = rows;
  ids = { campaign, number, audience, frozen, template, customer, draft: draft.id, staff: house.people.leader.id };
  secrets = [secretName, number, '机密草稿乙'];
});

/** Every role there is, each for another unit only. */
async function stranger() {
  const made = await house.hire('stranger', []);
  const grants = roles.filter((role) => role !== 'administrator').map((role) => ({ role, unit: '信用卡部' }));
  await transaction(house.pool, (tx) => replaceGrants(tx, made.id, grants));
  return made;
}

test('no page and no answer, by whatever id, names a campaign of another unit', async () => {
  const person = await stranger();
  const routes = house.app.guardedRoutes.filter(
    ({ method, url }) => method === 'GET' && !/events|stream|feed|\*/.test(url),
  );
  const told: string[] = [];
  let asked = 0;
  for (const { url } of routes) {
    const addresses = url.includes(':')
      ? Object.values(ids).map((id) => url.replace(/:\w+(\([^)]*\))?/, id).replaceAll(/:\w+(\([^)]*\))?/g, '1'))
      : [url];
    for (const address of new Set(addresses)) {
      const { html, status } = await house.get(person, address);
      asked += 1;
      if (status >= 500) told.push(`${address} answered ${status}`);
      // What somebody typed into the address may come back; what they did not know may not.
      for (const secret of secrets)
        if (!address.includes(secret) && html.includes(secret)) told.push(`${address} tells ${secret}`);
    }
  }
  expect(asked).toBeGreaterThan(150);
  expect(told).toEqual([]);
});

test('the same pages name it to people of the unit', async () => {
  const { operator } = house.people;
  for (const address of [
    `/audiences/${ids['audience']}`,
    `/templates/${ids['template']}`,
    `/customers/${ids['customer']}`,
  ])
    expect((await house.get(operator, address)).html, address).toContain(secretName);
  expect((await house.get(operator, `/audiences/${ids['frozen']}`)).status).toBe(200);
});

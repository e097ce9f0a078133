import { beforeAll, expect, test } from 'vitest';
import { findGatewayAccountByName } from '../../../src/sms/gateway-account.db.ts';
import { findCustomer } from '../../../src/customer/customer.db.ts';
import { findDraft } from '../../../src/campaign/draft/draft.db.ts';
import { findStaff } from '../../../src/house/staff.db.ts';
import { loadContactPolicy } from '../../../src/contact/setting.db.ts';
import type { Role } from '../../../src/kernel/permission.rule.ts';
import type { Context } from '../../../src/house/context.ts';
import { countingProcesses, filledDraft, furnish } from '../campaign/draft/kit.ts';
import { openConsole, type Console } from '../kit/page/kit.ts';

/** Everything that can be changed: one field at a time, and all the others are as they were. */
let house: Console;
beforeAll(async () => {
  house = await openConsole({ processes: countingProcesses(() => house.pool) });
});

const unusual = {
  endpoint: '127.0.0.1:9',
  protocol: 'http',
  credentialsFile: '/tmp/nobody.json',
  timeoutMs: 7_000,
  hours: { marketing: ['09:30', '12:00'], notice: ['09:40', '12:10'] },
  askTemplateEvery: 119,
  settle: {
    askUnknownAfter: 121,
    askAcceptedAfter: 1_801,
    askEvery: 301,
    proofs: 4,
    receiptHours: 71,
    listLag: 86_399,
    afterDay: false,
  },
};
const account = async (name: string) => {
  const found = await findGatewayAccountByName(house.pool, name);
  const { settings, ratePerSecond, priceMilliYuan, provider } = found ?? expect.fail(`There is no account ${name}.`);
  return { settings, ratePerSecond, priceMilliYuan, provider };
};
const addAccount = async (name: string) => {
  const body = { name, provider: 'aliyun', settings: unusual, ratePerSecond: 100, priceMilliYuan: 45 };
  expect((await house.call('POST', '/v1/gateway-accounts', { body })).status).toBe(201);
};

const changes: [string, object][] = [
  ['nothing', {}],
  ['ratePerSecond', { ratePerSecond: 50 }],
  ['priceMilliYuan', { priceMilliYuan: 46 }],
  ['no setting', { settings: {} }],
  ['endpoint', { settings: { endpoint: '127.0.0.1:10' } }],
  ['protocol', { settings: { protocol: 'http' } }],
  ['credentialsFile', { settings: { credentialsFile: '/tmp/other.json' } }],
  ['timeoutMs', { settings: { timeoutMs: 8_000 } }],
  ['one of the hours', { settings: { hours: { marketing: ['10:00', '11:00'] } } }],
  ...Object.entries(unusual.settle).map(([name, value]): [string, object] => [
    name,
    { settings: { settle: { [name]: typeof value === 'boolean' ? !value : 9 } } },
  ]),
  ['askTemplateEvery', { settings: { askTemplateEvery: 60 } }],
];
test.each(changes)('an account whose %s is changed keeps everything else', async (what, change) => {
  const name = `a-${what.replaceAll(/[^a-z]/gi, '').toLowerCase()}`;
  await addAccount(name);
  const before = await account(name);
  expect((await house.call('POST', `/v1/gateway-accounts/${name}/change`, { body: change })).status).toBe(200);
  expect(await account(name)).toEqual(merged(before, change));
});

test('the credentials file goes only when that is asked for', async () => {
  await addAccount('own-file');
  const change = { settings: { credentialsFile: null } };
  expect((await house.call('POST', '/v1/gateway-accounts/own-file/change', { body: change })).status).toBe(200);
  const { credentialsFile: _, ...rest } = unusual;
  expect((await account('own-file')).settings).toEqual(rest);
});

test.each([
  ['ratePerSecond', '70', { ratePerSecond: 70 }],
  ['priceYuan', '0.05', { priceMilliYuan: 50 }],
  ['endpoint', '127.0.0.1:11', { settings: { endpoint: '127.0.0.1:11' } }],
  ['timeoutMs', '9000', { settings: { timeoutMs: 9_000 } }],
  ['noticeTo', '13:00', { settings: { hours: { notice: ['09:40', '13:00'] } } }],
  ['proofs', '5', { settings: { settle: { proofs: 5 } } }],
])('the form of an account that carries %s alone changes that alone', async (field, value, change) => {
  const name = `f-${field.toLowerCase()}`;
  await addAccount(name);
  const before = await account(name);
  expect(await house.post(`/gateways/${name}/edit`, { [field]: value })).toMatchObject({ status: 303 });
  expect(await account(name)).toEqual(merged(before, change));
});

test.each([
  [{}, {}],
  [{ name: '李四' }, { name: '李四' }],
  [{ tier: 'silver' }, { tier: 'silver' }],
  [{ externalId: 'C-2', samePerson: 'yes' }, { externalId: 'C-2' }],
  [{ attributeName: '城市', attributeValue: '北京' }, { attributes: { 城市: '北京' } }],
])('a customer of whom the form says %j keeps everything else', async (form, change) => {
  const as = house.people.operator;
  await house.pool.query('truncate customer, console_search cascade');
  await house.pool.query(
    `insert into customer (id, external_id, phone, name, tier, attributes)
      values (gen_random_uuid(), 'C-1', '+8613800138000', '王小明', 'gold', '{"城市":"上海","面额":"100"}')`,
  );
  const { rows } = await house.pool.query<{ id: string; at: Date }>('select id, updated_at as at from customer');
  const [{ id, at } = expect.fail('There is no customer.')] = rows;
  const standing = async () => {
    const found = (await findCustomer(house.pool, id)) ?? expect.fail('The customer is gone.');
    const { externalId, phone, name, tier, attributes } = found;
    return { externalId, phone, name, tier, attributes };
  };
  const before = await standing();
  const answer = await house.post(`/customers/${id}`, { ...form, updatedAt: at.toISOString() }, { as });
  expect(answer.status).toBe(303);
  expect(await standing()).toEqual({ ...before, ...change });
});

test('the form of a draft that carries one field changes that field alone', async () => {
  const applicant = house.people.applicant;
  const ctx: Context = {
    pool: house.pool,
    processes: countingProcesses(() => house.pool),
    staff: {
      id: applicant.id,
      name: 'a',
      unit: 'Test',
      roles: ['applicant'],
      grants: [{ role: 'applicant', unit: '*' }],
    },
    now: () => new Date(),
  };
  const given = await furnish(house.pool, { ...ctx, staff: { ...ctx.staff, roles: ['applicant', 'administrator'] } });
  const draft = await filledDraft(ctx, given, {
    topic: null,
    dailyFrom: '09:10',
    dailyTo: '17:50',
    days: 'working-days',
  });
  let standing = await body(draft.id);
  for (const [step, form, change] of [
    ['audience', { purpose: '别的用途' }, { purpose: '别的用途' }],
    [
      'text',
      { 'from.name': 'constant', 'key.name': '女士' },
      { variableSources: { ...standing.variableSources, name: { from: 'constant', value: '女士' } } },
    ],
    ['text', {}, {}],
    ['window', { dailyFrom: '09:20' }, { dailyFrom: '09:20' }],
    ['window', { ratePerSecond: '9' }, { ratePerSecond: '9' }],
    ['window', { days: 'every-day' }, { days: 'every-day' }],
    ['window', { requests: 'batched' }, { requests: 'batched' }],
  ] as const) {
    const { version } = (await findDraft(house.pool, draft.id)) ?? expect.fail('The draft is gone.');
    const answer = await house.post(
      `/drafts/${draft.id}/${step}`,
      { ...form, version, tab: 'one', autosave: '1' },
      { as: applicant },
    );
    expect({ step, form, status: answer.status }).toMatchObject({ status: 200 });
    standing = Object.assign({}, standing, change);
    expect(await body(draft.id)).toEqual(standing);
  }
});
const body = async (id: string) => ((await findDraft(house.pool, id)) ?? expect.fail('The draft is gone.')).body;

test('caps are set whole or not at all', async () => {
  const before = await loadContactPolicy(house.pool);
  const { caps, total } = before;
  for (const part of [
    {},
    { caps, total },
    { ...before, caps: { marketing: caps.marketing } },
    { ...before, total: { day: 3 } },
  ]) {
    const { status } = await house.call('POST', '/v1/contact-policy', { body: part });
    expect(Math.floor(status / 100)).toBe(4);
  }
  expect((await house.post('/policy', { 'cap-marketing-week': '3' })).status).toBe(422);
  expect(await loadContactPolicy(house.pool)).toEqual(before);
});

test('what a person may do is replaced as a whole, and everything else about them stays', async () => {
  const roles: Role[] = ['operator'];
  const { id } = await house.hire(roles);
  const before = (await findStaff(house.pool, id)) ?? expect.fail('The person is gone.');
  expect((await house.call('POST', `/v1/staff/${id}/roles`, { body: { roles: ['auditor'] } })).status).toBe(200);
  const after = await findStaff(house.pool, id);
  expect(after).toEqual({ ...before, roles: ['auditor'], grants: [{ role: 'auditor', unit: '*' }] });
  expect((await house.post(`/people/${id}/phone`, { phone: '13800138000' })).status).toBe(303);
  expect(await findStaff(house.pool, id)).toEqual({ ...after, phone: '+8613800138000' });
});

type Account = Awaited<ReturnType<typeof account>>;
function merged(standing: Account, change: object): unknown {
  const over = (a: unknown, b: unknown): unknown =>
    typeof a === 'object' && a !== null && !Array.isArray(a) && typeof b === 'object' && b !== null
      ? Object.fromEntries(
          [...new Set([...Object.keys(a), ...Object.keys(b)])].map((key) => {
            const [mine, theirs] = [(a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]];
            return [key, theirs === undefined ? mine : over(mine, theirs)];
          }),
        )
      : b;
  return over(standing, change);
}

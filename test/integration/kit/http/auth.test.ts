import { afterEach, expect, test, vi } from 'vitest';
import pino from 'pino';
import { createServer } from '../../../../src/app/http/server.ts';
import { openHouse, type Person } from './kit.ts';
import { newKey } from '../../../kit/installation-key.ts';

const house = await openHouse();
const { administrator } = house.people;
afterEach(() => vi.restoreAllMocks());

const codeFor = async (key: string): Promise<unknown> =>
  (await house.call('GET', '/v1/me', { as: null, headers: { authorization: key } })).body['code'];
const statusOf = async (person: Person): Promise<number> => (await house.call('GET', '/v1/me', { as: person })).status;

test.each([
  ['nothing', '', 'auth.required'],
  ['another scheme', 'Basic d2hrXzp4', 'auth.required'],
  ['a key of somebody else’s system', 'Bearer sk_live_abcdefghijklmnopqrstuvwxyz', 'auth.key-unknown'],
  ['a key that was never made', `Bearer whk_${'x'.repeat(64)}`, 'auth.key-unknown'],
  [
    'a key with a letter changed',
    `Bearer ${administrator.key.slice(0, -1)}${administrator.key.endsWith('a') ? 'b' : 'a'}`,
    'auth.key-unknown',
  ],
  ['a hash of a key', 'Bearer whk_', 'auth.key-unknown'],
])('%s is not let in', async (_, header, code) => {
  expect(await codeFor(header)).toBe(code);
});

test('a key is taken from x-api-key too', async () => {
  const { status, body } = await house.call('GET', '/v1/me', { as: null, headers: { 'x-api-key': administrator.key } });
  expect({ status, id: body['id'] }).toEqual({ status: 200, id: administrator.id });
});

test('the database holds no key that could be used', async () => {
  const { rows } = await house.pool.query<{ row: string }>('select to_jsonb(k)::text as row from api_key k');
  expect(rows.length).toBeGreaterThan(0);
  for (const { row } of rows) expect(row).not.toContain(administrator.key.slice(12));
});

test('a new key works at once, is shown once and is revoked at once', async () => {
  const { body } = await house.call('POST', '/v1/keys', { body: { staffId: house.people.auditor.id, name: 'second' } });
  const made = { id: house.people.auditor.id, key: String(body['secret']), keyId: String(body['id']) };
  expect(await statusOf(made)).toBe(200);
  const listed = (await house.call('GET', `/v1/keys?staffId=${made.id}`)).text;
  expect(listed).toContain(made.keyId);
  expect(listed).not.toContain(made.key);
  expect((await house.call('POST', `/v1/keys/${made.keyId}/revoke`)).status).toBe(200);
  expect(await statusOf(made)).toBe(401);
  expect((await house.call('POST', `/v1/keys/${made.keyId}/revoke`)).body['enabled']).toBe(false);
});

test('an expired key is refused', async () => {
  const person = await house.hire(['auditor']);
  await house.pool.query("update api_key set expires_at = now() - interval '1 second' where id = $1", [person.keyId]);
  expect(await statusOf(person)).toBe(401);
});

test('a key revoked by another process stops within five seconds', async () => {
  const person = await house.hire(['auditor']);
  expect(await statusOf(person)).toBe(200);
  await house.pool.query('update api_key set enabled = false where id = $1', [person.keyId]);
  const before = performance.now();
  vi.spyOn(performance, 'now').mockImplementation(() => before + 5000);
  expect(await statusOf(person)).toBe(401);
});

test('a disabled person is refused at once, and their keys do not come back with them', async () => {
  const person = await house.hire(['operator']);
  expect(await statusOf(person)).toBe(200);
  expect((await house.call('POST', `/v1/staff/${person.id}/disable`)).status).toBe(200);
  expect(await statusOf(person)).toBe(401);
  expect((await house.call('POST', `/v1/staff/${person.id}/enable`)).status).toBe(200);
  expect(await statusOf(person)).toBe(401);
});

test('a disabled person is refused even with a key that works', async () => {
  const person = await house.hire(['operator']);
  await house.pool.query('update staff set disabled_at = now() where id = $1', [person.id]);
  const { status, body } = await house.call('GET', '/v1/me', { as: person });
  expect({ status, code: body['code'] }).toEqual({ status: 401, code: 'auth.staff-disabled' });
});

test('a right that was taken away is gone with the next request', async () => {
  const person = await house.hire(['administrator']);
  expect((await house.call('GET', '/v1/staff', { as: person })).status).toBe(200);
  await house.call('POST', `/v1/staff/${person.id}/roles`, { body: { roles: ['applicant'] } });
  expect((await house.call('GET', '/v1/staff', { as: person })).status).toBe(403);
});

test.each(['roles', 'disable', 'enable'])('nobody changes their own rights (%s)', async (what) => {
  const { status, body } = await house.call('POST', `/v1/staff/${administrator.id}/${what}`, {
    body: { roles: ['leader'] },
  });
  expect(status).toBe(403);
  expect(body['code']).toMatch(/^staff\.own-/);
});

test('no key is made for somebody who is disabled or not there', async () => {
  const gone = await house.hire(['operator']);
  await house.call('POST', `/v1/staff/${gone.id}/disable`);
  expect((await house.call('POST', '/v1/keys', { body: { staffId: gone.id, name: 'x' } })).body['code']).toBe(
    'staff.disabled',
  );
  const nobody = '01980000-0000-7000-8000-000000000000';
  expect((await house.call('POST', '/v1/keys', { body: { staffId: nobody, name: 'x' } })).body['code']).toBe(
    'staff.missing',
  );
});

test('two people cannot share one e-mail address, however it is written', async () => {
  const person = { name: '李雷', email: 'Li@Example.com', unit: '零售部', roles: ['applicant'] };
  expect((await house.call('POST', '/v1/staff', { body: person })).status).toBe(201);
  expect((await house.call('POST', '/v1/staff', { body: { ...person, email: 'li@example.com' } })).body['code']).toBe(
    'staff.email-taken',
  );
});

test('a database that is away is not taken for a wrong key', async () => {
  const { openPool } = await import('../../../../src/kernel/sql.db.ts');
  const away = openPool('postgresql://nobody:nothing@127.0.0.1:1/none');
  const app = await createServer({
    pool: away,
    processes: {
      startCampaign: async () => {},
      sign: async () => {},
      startSignOff: async () => {},
      startCallList: async () => {},
      notify: async () => {},
      estimateDraft: async () => {},
      sendTest: async () => {},
    },
    key: newKey(),
    publicUrl: 'http://127.0.0.1',
    logger: pino({ enabled: false }),
    readiness: async () => ({ database: false, temporal: true, people: true, senders: true }),
  });
  const response = await app.inject({ url: '/api/v1/me', headers: { authorization: `Bearer ${administrator.key}` } });
  expect({ status: response.statusCode, code: response.json<{ code: string }>().code }).toEqual({
    status: 503,
    code: 'database.unreachable',
  });
  expect(response.headers['retry-after']).toBeDefined();
  await app.close();
  await away.end();
});

test('everything that was done here stands in an unbroken record', async () => {
  const { body } = await house.call('GET', '/v1/audit/verify');
  expect(body).toMatchObject({ holds: true, brokenAt: null });
  expect(body['rows']).toBeGreaterThan(5);
  await house.pool.query("update audit set details = '{}' where seq = 2");
  expect((await house.call('GET', '/v1/audit/verify')).body).toMatchObject({ holds: false, brokenAt: 2 });
});

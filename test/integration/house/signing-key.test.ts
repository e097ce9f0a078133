import { beforeAll, expect, test } from 'vitest';
import { createAuthenticator } from '../../kit/authenticator.ts';
import { openSigning, site, type Signing } from '../form/signing-kit.ts';

let house: Signing;
beforeAll(async () => {
  house = await openSigning({ worker: false });
});
const make = (challenge: Buffer) => createAuthenticator(site).register({ challenge });
const seat = () => house.hire('登记人', ['liaison']);
const keysOf = async (staffId: string) =>
  (await house.pool.query(`select state from credential where staff_id = $1 and kind = 'passkey'`, [staffId])).rows;

test('a passkey waits for somebody else’s approval', async () => {
  const person = await seat();
  const authenticator = createAuthenticator(site);
  const answer = await house.register(person, authenticator.register({ challenge: await house.challengeFor(person) }));
  expect(answer.location).toBe('/account#signing-keys');
  expect(await keysOf(person.id)).toEqual([{ state: 'requested' }]);
});

test('a passkey takes a challenge once, of its own person only, and not after five minutes', async () => {
  const [person, other] = [await seat(), await seat()];
  const challenge = await house.challengeFor(person);
  expect((await house.register(other, make(challenge))).status).toBe(422);
  expect((await house.register(person, make(challenge))).status).toBe(303);
  expect((await house.register(person, make(challenge))).status).toBe(422);
  const late = await house.challengeFor(person);
  await house.pool.query(`update signing_challenge set expires_at = now() - interval '1 second' where staff_id = $1`, [
    person.id,
  ]);
  expect((await house.register(person, make(late))).status).toBe(422);
  expect((await house.register(person, make(Buffer.alloc(32)))).status).toBe(422);
  expect(await keysOf(person.id)).toHaveLength(1);
  expect(await keysOf(other.id)).toHaveLength(0);
});

test.each([
  ['another origin', { origin: 'https://evil.example' }],
  ['another host', { rpId: 'evil.example' }],
  ['no user verification', { userVerified: false }],
  ['an assertion instead', { type: 'webauthn.get' }],
])('refuses %s, and the challenge is used up', async (_, change) => {
  const person = await seat();
  const authenticator = createAuthenticator(site);
  const challenge = await house.challengeFor(person);
  expect((await house.register(person, authenticator.register({ challenge, ...change }))).status).toBe(422);
  expect((await house.register(person, authenticator.register({ challenge }))).status).toBe(422);
  expect(await keysOf(person.id)).toEqual([]);
});

test.each([
  ['', '{}'],
  ['办公电脑', ''],
  ['办公电脑', '[]'],
  ['办公电脑', '{"id":"AA"}'],
])('refuses a form that was not filled in: %o %o', async (label, response) => {
  const person = await seat();
  expect((await house.post(person, '/account/signing-keys', { label, response })).status).toBe(422);
});

test('a passkey keeps few open challenges of one person', async () => {
  const person = await seat();
  for (let i = 0; i < 15; i += 1) await house.challengeFor(person);
  const { rows } = await house.pool.query('select count(*)::int as n from signing_challenge where staff_id = $1', [
    person.id,
  ]);
  expect(rows).toEqual([{ n: 10 }]);
});

test('a passkey is decided by administrators, never by its owner, and is closed to people who sign nothing', async () => {
  const person = await house.hire('又是管理员', ['administrator']);
  const authenticator = createAuthenticator(site);
  await house.register(person, authenticator.register({ challenge: await house.challengeFor(person) }));
  const { rows } = await house.pool.query(`select id from credential where staff_id = $1 and kind = 'passkey'`, [
    person.id,
  ]);
  const { id } = rows[0] as { id: string };
  expect((await house.post(person, `/credentials/${id}/approve`)).status).toBe(403);
  expect((await house.post(house.people.liaison, `/credentials/${id}/approve`)).status).toBe(403);
  expect((await house.post(house.people.liaison, `/account/signing-keys/${id}/revoke`)).status).toBe(403);
  const other = await house.hire('另一管理员', ['administrator']);
  expect((await house.post(other, `/credentials/${id}/decline`)).status).toBe(303);
  expect((await house.post(other, `/credentials/${id}/approve`)).status).toBe(409);
  expect((await house.post(house.people.operator, '/account/signing-keys/begin')).status).toBe(403);
});

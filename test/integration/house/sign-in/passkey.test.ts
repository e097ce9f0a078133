import { expect, test } from 'vitest';
import { passkeySignInOptions, signInWithPasskey } from '../../../../src/house/session.command.ts';
import { disableStaff } from '../../../../src/house/staff.command.ts';
import {
  passkeyRegistrationOptions,
  registerPasskey,
  removePasskey,
  showWaysIn,
} from '../../../../src/house/way-in.command.ts';
import { passkeyParty } from '../../../../src/house/sign-in/library.ts';
import { createAuthenticator, type AssertionOptions } from '../../../kit/authenticator.ts';
import { codeOf as refusalOf } from '../../../kit/look.ts';
import { browser, openSignIn, type Browser } from './kit.ts';

const house = await openSignIn();
const { arrival, join, me } = house;
const place = { origin: 'http://localhost', rpId: 'localhost' };
type Change = Omit<AssertionOptions, 'challenge'>;
type Member = Awaited<ReturnType<typeof join>>;
const bytes = (options: Record<string, unknown>) => Buffer.from(String(options['challenge']), 'base64url');

async function register(person: Member, key = createAuthenticator(place), change: Change = {}) {
  const { options } = person.at.keep(await passkeyRegistrationOptions(person.ctx, person.at.visitor()));
  const response = key.register({ challenge: bytes(options), ...change });
  const made = await registerPasskey(person.ctx, { response, name: '笔记本' }, person.at.visitor());
  return { key, id: made.id, options };
}

async function enter(key: ReturnType<typeof createAuthenticator>, change: Change = {}, at: Browser = browser()) {
  const { options } = at.keep(await passkeySignInOptions(arrival, at.visitor()));
  return at.keep(await signInWithPasskey(arrival, answer(key, bytes(options), change), at.visitor()));
}
function answer(key: ReturnType<typeof createAuthenticator>, challenge: Uint8Array, change: Change) {
  const { credentialId, kind: _, ...response } = key.assert({ challenge, ...change });
  return { id: credentialId, rawId: credentialId, type: 'public-key', clientExtensionResults: {}, response };
}

test('a registered passkey lets its owner in without a password', async () => {
  const person = await join();
  const { key, options } = await register(person);
  expect(options).toMatchObject({ authenticatorSelection: { residentKey: 'required', userVerification: 'required' } });
  const at = browser();
  expect(await enter(key, {}, at)).toMatchObject({ kind: 'in', staffId: person.id });
  expect((await me(at)).status).toBe(200);
  expect(await showWaysIn(person.ctx)).toMatchObject({ password: true, totp: false, passkeys: [{ name: '笔记本' }] });
});

test.each<[string, Change]>([
  ['of another site', { origin: 'https://evil.test' }],
  ['for another party', { rpId: 'evil.test' }],
  ['without the person’s finger or PIN', { userVerified: false }],
  ['without the person', { userPresent: false }],
  ['made for a registration', { type: 'webauthn.create' }],
])('an assertion %s is refused', async (_, change) => {
  const { key } = await register(await join());
  expect((await enter(key, change)).kind).toBe('refused');
  expect((await enter(key)).kind).toBe('in');
});

test('an assertion is refused a second time, without its challenge, and when it is no assertion', async () => {
  const { key } = await register(await join());
  const at = browser();
  const { options } = at.keep(await passkeySignInOptions(arrival, at.visitor()));
  const given = answer(key, bytes(options), {});
  expect((await signInWithPasskey(arrival, given, at.visitor())).kind).toBe('in');
  expect((await signInWithPasskey(arrival, given, at.visitor())).kind).toBe('refused');
  expect((await signInWithPasskey(arrival, given, browser().visitor())).kind).toBe('refused');
  for (const wrong of [{}, { id: 7 }, { id: given.id }, { id: 'x', response: null }])
    expect((await signInWithPasskey(arrival, wrong, at.visitor())).kind).toBe('refused');
});

test('a passkey that nobody registered is refused', async () => {
  expect((await enter(createAuthenticator(place))).kind).toBe('refused');
});

test('a passkey is not registered without the person’s finger or PIN, nor for another site', async () => {
  const person = await join();
  for (const change of [{ userVerified: false }, { origin: 'https://evil.test' }, { rpId: 'evil.test' }])
    expect(await refusalOf(register(person, createAuthenticator(place), change))).toBe('passkey.refused');
  expect((await showWaysIn(person.ctx)).passkeys).toEqual([]);
});

test('a passkey of one person is not registered for another', async () => {
  const [one, other] = [await join(), await join()];
  const { key } = await register(one);
  expect(await refusalOf(register(other, key))).not.toBe('nothing went wrong');
  expect(await enter(key)).toMatchObject({ kind: 'in', staffId: one.id });
});

test('a removed passkey lets nobody in, and only its owner removes it', async () => {
  const [one, other] = [await join(), await join()];
  const { key, id } = await register(one);
  expect(await refusalOf(removePasskey(other.ctx, { passkeyId: id }))).toBe('passkey.missing');
  await removePasskey(one.ctx, { passkeyId: id });
  expect((await enter(key)).kind).toBe('refused');
});

test('a disabled person’s passkey lets nobody in', async () => {
  const person = await join();
  const { key } = await register(person);
  await disableStaff(await house.contextOf(house.people.administrator.id), { staffId: person.id });
  expect((await enter(key)).kind).toBe('refused');
});

test('a passkey is added only by who has signed in lately', async () => {
  const person = await join();
  await house.pool.query(`update session set created_at = now() - interval '13 hours' where id = $1`, [
    person.sessionId,
  ]);
  expect(await refusalOf(register(person))).toBe('passkey.sign-in-again');
});

test.each([
  ['http://127.0.0.1:8080', 'localhost', ['http://localhost:8080', 'http://127.0.0.1:8080']],
  ['https://outbound.example.com', 'outbound.example.com', ['https://outbound.example.com']],
])('passkeys of %s belong to %s', (url, rpID, origin) => {
  expect(passkeyParty(url)).toEqual({ rpID, origin });
});

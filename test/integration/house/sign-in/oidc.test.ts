import { generateKeyPairSync, randomUUIDv7, sign } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, expect, test } from 'vitest';
import { finishOidc, startOidc, type Arrival } from '../../../../src/house/session.command.ts';
import { disableStaff } from '../../../../src/house/staff.command.ts';
import { createSignIn } from '../../../../src/house/sign-in/sign-in.ts';
import { codeOf as refusalOf } from '../../../kit/look.ts';
import { browser, openSignIn } from './kit.ts';

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** An identity server in small: discovery, keys, tokens. `claims` is who it says has signed in. */
async function identityServer() {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const state = { claims: {} as Record<string, unknown>, forged: false, nonce: '' };
  const server = createServer((request, response) => {
    const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const answers: Record<string, () => object> = {
      '/.well-known/openid-configuration': () => ({
        issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        jwks_uri: `${issuer}/keys`,
        id_token_signing_alg_values_supported: ['RS256'],
      }),
      '/keys': () => ({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'k', use: 'sig', alg: 'RS256' }] }),
      '/token': () => {
        const seconds = Math.floor(Date.now() / 1000);
        const claims = {
          iss: issuer,
          aud: 'waihu',
          iat: seconds,
          exp: seconds + 60,
          nonce: state.nonce,
          ...state.claims,
        };
        const signed = `${part({ alg: 'RS256', kid: 'k' })}.${part(claims)}`;
        const signature = sign('sha256', Buffer.from(signed), state.forged ? other : privateKey).toString('base64url');
        return { access_token: 'secret-access-token', token_type: 'Bearer', id_token: `${signed}.${signature}` };
      },
    };
    const made = answers[request.url?.split('?')[0] ?? ''];
    response.writeHead(made ? 200 : 404, { 'content-type': 'application/json' }).end(JSON.stringify(made?.() ?? {}));
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  afterAll(() => void server.close());
  return { state, issuer: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

const house = await openSignIn();
const server = await identityServer();
const oidc = { issuer: server.issuer, clientId: 'waihu', clientSecret: 'between us' };
const signInWith = (given: typeof oidc) =>
  createSignIn({ pool: house.pool, key: house.key, baseUrl: 'http://127.0.0.1', oidc: given });
const arrival: Arrival = { ...house.arrival, signIn: signInWith(oidc) };
const paths = { onSuccess: '/', onRefusal: '/sign-in' };

async function visit(claims: Record<string, unknown>, { forged = false, nonce = true, sameBrowser = true } = {}) {
  const at = browser();
  const { url } = at.keep(await startOidc(arrival, paths, at.visitor()));
  const asked = new URL(url).searchParams;
  Object.assign(server.state, { claims, forged, nonce: nonce ? (asked.get('nonce') ?? '') : 'another' });
  const back = `/api/auth/callback/oidc?code=abc&state=${asked.get('state')}`;
  const { location } = at.keep(await finishOidc(arrival, back, (sameBrowser ? at : browser()).visitor()));
  return { location, status: (await house.me(at)).status, asked, at, back };
}
const staffCount = async () => (await house.pool.query('select 1 from staff')).rowCount;

test('who is here already comes in by the address that the identity server vouches for', async () => {
  const person = await house.join();
  const sub = randomUUIDv7();
  const first = await visit({ sub, email: person.email, email_verified: true, name: '别的名字' });
  expect(first).toMatchObject({ location: '/', status: 200 });
  expect(first.asked.get('code_challenge_method')).toBe('S256');
  expect(first.asked.get('redirect_uri')).toBe('http://127.0.0.1/api/auth/callback/oidc');
  expect(await visit({ sub, email: person.email })).toMatchObject({ location: '/', status: 200 });
  const { rows } = await house.pool.query<{ text: string }>(
    `select to_jsonb(a)::text as text from account a union all select to_jsonb(s)::text from staff s`,
  );
  // Neither its tokens nor its opinion of somebody's name are kept.
  for (const { text } of rows) expect(text).not.toMatch(/secret-access-token|别的名字|eyJ/);
  const audited = await house.pool.query(
    `select 1 from audit where action = 'session.created' and details->>'method' = 'oidc'`,
  );
  expect(audited.rowCount).toBe(2);
});

test('nobody is made, and nobody comes in, by an address that is not here', async () => {
  const before = await staffCount();
  const { location, status } = await visit({ sub: 'new', email: 'new@example.test', email_verified: true });
  expect({ status, path: location.split('?')[0] }).toEqual({ status: 401, path: '/sign-in' });
  expect(await staffCount()).toBe(before);
});

test.each<[string, Record<string, unknown>, Parameters<typeof visit>[1]]>([
  ['an address it does not vouch for', { email_verified: false }, {}],
  ['no address', { email: undefined }, {}],
  ['a token signed by somebody else', {}, { forged: true }],
  ['a token for another sign-in', {}, { nonce: false }],
  ['a token for another client', { aud: 'another' }, {}],
  ['a token of another issuer', { iss: 'https://evil.test' }, {}],
  ['a token of yesterday', { exp: 1_700_000_000 }, {}],
  ['another browser than set out', {}, { sameBrowser: false }],
])('with %s nobody comes in', async (_, claims, how) => {
  const person = await house.join();
  const { status } = await visit({ sub: randomUUIDv7(), email: person.email, ...claims }, how);
  expect(status).toBe(401);
});

test('the disabled do not come in', async () => {
  const person = await house.join();
  const claims = { sub: randomUUIDv7(), email: person.email };
  expect((await visit(claims)).status).toBe(200);
  await disableStaff(await house.contextOf(house.people.administrator.id), { staffId: person.id });
  expect((await visit(claims)).status).toBe(401);
});

test('a way back is gone once', async () => {
  const person = await house.join();
  const { at, back } = await visit({ sub: randomUUIDv7(), email: person.email });
  const again = browser();
  again.keep(await finishOidc(arrival, back, at.visitor()));
  expect((await house.me(again)).status).toBe(401);
});

test('an identity server that is away is said to be, and used once it is back', async () => {
  const signIn = signInWith({ ...oidc, issuer: 'http://127.0.0.1:1' });
  const away: Arrival = { ...arrival, signIn };
  expect(await refusalOf(startOidc(away, paths, browser().visitor()))).toBe('oidc.away');
  const person = await house.join();
  expect(await signIn.checkPassword(person.id, 'correct horse battery')).toBe(true);
  expect(await refusalOf(startOidc(house.arrival, paths, browser().visitor()))).toBe('oidc.not-set-up');
});

import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { decideCredential } from '../../../src/house/credential.command.ts';
import type { Role } from '../../../src/kernel/permission.rule.ts';
import { possessionMessage } from '../../../src/house/evidence.rule.ts';
import { createAuthenticator } from '../../kit/authenticator.ts';
import { codeOf } from '../../kit/look.ts';
import { noProcesses } from '../../kit/people.ts';
import { openHouse, type Answer, type Person } from '../kit/http/kit.ts';

const house = await openHouse();
const { administrator, liaison, leader, operator } = house.people;
const other = await house.hire(['administrator']);

const newKey = () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return { privateKey, raw: Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url') };
};
const proofOf = (privateKey: KeyObject, staffId: string, raw: Buffer): string =>
  sign(null, possessionMessage(staffId, raw), privateKey).toString('base64url');
const request = (as: Person, publicKey: string, proof: string) =>
  house.call('POST', '/v1/credentials', { as, body: { label: 'laptop', publicKey, proof }, signedIn: true });
async function registered(as: Person): Promise<string> {
  const { privateKey, raw } = newKey();
  return String((await request(as, raw.toString('base64url'), proofOf(privateKey, as.id, raw))).body['id']);
}
const decide = (as: Person, id: string, what: string) =>
  house.call('POST', `/v1/credentials/${id}/${what}`, { as, signedIn: true });

test('a proven key waits for somebody else, who makes it active', async () => {
  const { privateKey, raw } = newKey();
  const { status, body } = await request(liaison, raw.toString('base64url'), proofOf(privateKey, liaison.id, raw));
  expect(status).toBe(201);
  expect(body).toMatchObject({
    staffId: liaison.id,
    state: 'requested',
    decidedBy: null,
    publicKey: raw.toString('base64url'),
  });
  const approved = await decide(administrator, String(body['id']), 'approve');
  expect(approved.body).toMatchObject({ state: 'active', decidedBy: administrator.id });
  expect((await decide(administrator, String(body['id']), 'approve')).body['code']).toBe('credential.decided');
});

test('a key is registered once, whoever asks', async () => {
  const { privateKey, raw } = newKey();
  await request(liaison, raw.toString('base64url'), proofOf(privateKey, liaison.id, raw));
  expect((await request(leader, raw.toString('base64url'), proofOf(privateKey, leader.id, raw))).body['code']).toBe(
    'credential.known',
  );
});

test('a proof of somebody else, by another key, or of other bytes proves nothing', async () => {
  const { privateKey, raw } = newKey();
  const stranger = newKey();
  const proofs = [
    proofOf(privateKey, leader.id, raw),
    proofOf(stranger.privateKey, liaison.id, raw),
    proofOf(privateKey, liaison.id, stranger.raw),
    Buffer.alloc(64).toString('base64url'),
    'AA',
  ];
  for (const proof of proofs) {
    expect((await request(liaison, raw.toString('base64url'), proof)).body['code']).toBe('credential.not-proven');
  }
});

test.each([
  ['too short', Buffer.alloc(31)],
  ['too long', Buffer.alloc(33)],
  ['of low order', Buffer.alloc(32)],
])('a public key that is %s is refused', async (_, raw) => {
  const { status } = await request(liaison, raw.toString('base64url'), Buffer.alloc(64).toString('base64url'));
  expect(status).toBe(422);
});

test('an administrator does not approve a key of their own', async () => {
  const id = await registered(administrator);
  expect((await decide(administrator, id, 'approve')).body['code']).toBe('credential.own');
  expect((await decide(other, id, 'approve')).status).toBe(200);
});

test('a declined key never becomes active', async () => {
  const id = await registered(leader);
  expect((await decide(administrator, id, 'decline')).body['state']).toBe('revoked');
  expect((await decide(other, id, 'approve')).body['code']).toBe('credential.decided');
});

test('people revoke their own keys and nobody else’s, administrators everybody’s', async () => {
  const own = await registered(leader);
  expect((await decide(liaison, own, 'revoke')).status).toBe(403);
  expect((await decide(leader, own, 'revoke')).body['state']).toBe('revoked');
  const another = await registered(leader);
  expect((await decide(administrator, another, 'revoke')).body['state']).toBe('revoked');
});

test('two administrators at once decide once', async () => {
  const id = await registered(leader);
  const answers = await Promise.all([decide(administrator, id, 'approve'), decide(other, id, 'decline')]);
  expect(answers.map(({ status }) => String(status)).toSorted()).toEqual(['200', '409']);
});

test('people see their own keys, auditors everybody’s', async () => {
  await registered(liaison);
  const seen = async (as: Person, query = '') =>
    ((await house.call('GET', `/v1/credentials${query}`, { as })).body['items'] as { staffId: string }[]).map(
      ({ staffId }) => staffId,
    );
  expect(new Set(await seen(liaison))).toEqual(new Set([liaison.id]));
  expect(await seen(operator)).toEqual([]);
  expect(new Set(await seen(house.people.auditor))).toContain(leader.id);
  expect((await house.call('GET', `/v1/credentials?staffId=${leader.id}`, { as: liaison })).status).toBe(403);
});

test('a passkey is registered by the API as by the page: challenge, answer, somebody else’s approval', async () => {
  const authenticator = createAuthenticator({ origin: 'http://127.0.0.1', rpId: '127.0.0.1' });
  const begun = await house.call('POST', '/v1/credentials/passkeys/begin', { as: leader, signedIn: true });
  expect(begun.body).toMatchObject({ rpId: '127.0.0.1', algorithms: [-7, -257], exclude: [] });
  const response = authenticator.register({ challenge: Buffer.from(String(begun.body['challenge']), 'base64url') });
  const ask = (as: Person) =>
    house.call('POST', '/v1/credentials/passkeys', { as, body: { label: 'phone', response }, signedIn: true });
  expect((await ask(liaison)).body['code']).toBe('credential.challenge-over');
  const made = await ask(leader);
  expect([made.status, made.body['kind'], made.body['state']]).toEqual([201, 'passkey', 'requested']);
  expect((await ask(leader)).body['code']).toBe('credential.challenge-over');
  expect((await decide(administrator, String(made.body['id']), 'approve')).body['state']).toBe('active');
  const again = await house.call('POST', '/v1/credentials/passkeys/begin', { as: leader, signedIn: true });
  expect(again.body['exclude']).toEqual([authenticator.credentialId]);
  expect((await house.call('POST', '/v1/credentials/passkeys/begin', { as: operator })).status).toBe(403);
});

test('neither a request nor an approval is taken by API key, whoever issued it', async () => {
  const { privateKey, raw } = newKey();
  const body = { label: 'x', publicKey: raw.toString('base64url'), proof: proofOf(privateKey, liaison.id, raw) };
  const codes = await Promise.all([
    house.call('POST', '/v1/credentials', { as: liaison, body }),
    house.call('POST', '/v1/credentials/passkeys/begin', { as: liaison }),
    house.call('POST', '/v1/credentials/passkeys', {
      as: liaison,
      body: { label: 'x', response: { id: 'AA', rawId: 'AA', type: 'public-key', response: blank } },
    }),
    house.call('POST', '/account/signing-keys/begin', { as: liaison, headers: { accept: 'application/json' } }),
    house.call('POST', `/v1/credentials/${await registered(liaison)}/approve`, { as: administrator }),
  ]);
  expect(codes.map(({ status }) => status)).toEqual([403, 403, 403, 403, 403]);
  expect(codes.filter(({ text }) => text.includes('session.own-needed'))).toHaveLength(5);
});
const blank = { clientDataJSON: 'AA', attestationObject: 'AA' };

const post = (as: Person, path: string, body: unknown) => house.call('POST', path, { as, body });
describe('whoever gave somebody a way in', () => {
  type Way = [string, (giver: Person, taker: Person) => Promise<Answer>];
  const ways: Way[] = [
    ['an API key', (giver, taker) => post(giver, '/v1/keys', { staffId: taker.id, name: 'x' })],
    ['a link', (giver, taker) => post(giver, `/v1/staff/${taker.id}/link`, {})],
    ['a role', (giver, taker) => post(giver, `/v1/staff/${taker.id}/roles`, { roles: ['leader', 'auditor'] })],
    ['the account back', (giver, taker) => post(giver, `/v1/staff/${taker.id}/enable`, {})],
  ];
  test.each(ways)('as %s does not approve their key, and somebody else does', async (_, give) => {
    const giver = await house.hire(['administrator']);
    const taker = await house.hire(['leader']);
    const id = await registered(taker);
    expect((await give(giver, taker)).status).toBeLessThan(300);
    const refused = await decide(giver, id, 'approve');
    expect([refused.status, refused.body['code']]).toEqual([403, 'credential.gave-way-in']);
    expect(refused.body['details']).toMatchObject({ days: 30 });
    expect((await decide(giver, id, 'decline')).status).toBe(200);
    expect((await decide(administrator, await registered(taker), 'approve')).status).toBe(200);
  });

  test('as the account does not approve either, nor does an administrator whom they made', async () => {
    const giver = await house.hire(['administrator']);
    const make = async (role: Role) => {
      const email = `${role}-${giver.id}@example.com`;
      const made = await post(giver, '/v1/staff', { name: '新人', email, unit: '零售部', roles: [role] });
      const id = String(made.body['id']);
      return { ...giver, id };
    };
    const [taker, second] = [await make('leader'), await make('administrator')];
    const id = await registered(taker);
    expect((await decide(giver, id, 'approve')).body['code']).toBe('credential.gave-way-in');
    expect((await decide(second, id, 'approve')).body['code']).toBe('credential.gave-way-in');
    // And whom they made gives them nothing that they could not give themselves.
    const back = [
      house.call('POST', `/v1/staff/${giver.id}/roles`, {
        as: second,
        signedIn: true,
        body: { roles: ['administrator', 'leader'] },
      }),
      house.call('POST', `/v1/staff/${giver.id}/link`, { as: second, signedIn: true, body: {} }),
      house.call('POST', `/v1/staff/${giver.id}/enable`, { as: second, signedIn: true }),
    ];
    expect((await Promise.all(back)).map(({ body }) => body['code'])).toEqual([
      'staff.own-roles-through-another',
      'invitation.own-through-another',
      'staff.own-access-through-another',
    ]);
    const less = { as: second, signedIn: true, body: { roles: [] } };
    expect((await house.call('POST', `/v1/staff/${giver.id}/roles`, less)).status).toBe(200);
    expect((await decide(administrator, id, 'approve')).status).toBe(200);
  });

  test('does not approve a key that was asked for then, however long it waits', async () => {
    const giver = await house.hire(['administrator']);
    const taker = await house.hire(['leader']);
    await post(giver, '/v1/keys', { staffId: taker.id, name: 'x' });
    const id = await registered(taker);
    const later = (days: number, as: Person) =>
      decideCredential(
        {
          pool: house.pool,
          staff: {
            id: as.id,
            name: '',
            unit: '',
            roles: ['administrator'],
            grants: [{ role: 'administrator', unit: '*' }],
          },
          processes: noProcesses,
          session: { id: 'own' },
          now: () => new Date(Date.now() + days * 86_400_000),
        },
        { credentialId: id, decision: 'approve' },
      );
    expect(await codeOf(later(200, giver))).toBe('credential.gave-way-in');
    expect((await later(0, administrator)).state).toBe('active');
  });
});

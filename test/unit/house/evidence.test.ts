import { verifyRegistrationResponse } from '@simplewebauthn/server';
import { describe, expect, test } from 'vitest';
import {
  evidenceHolds,
  fingerprintOf,
  possessionMessage,
  signingMessage,
  verifyEd25519,
  type Evidence,
} from '../../../src/house/evidence.rule.ts';
import { digestOf } from '../../../src/kernel/digest.rule.ts';
import { createAuthenticator } from '../../kit/authenticator.ts';
import { ed25519Key } from '../../kit/archive-keys.ts';

const digest = digestOf('a form');
const challenge = Buffer.from(digest, 'hex');
const place = { origin: 'https://waihu.example', rpId: 'waihu.example' };

describe('an Ed25519 signature', () => {
  const key = ed25519Key('one');
  const credential = { kind: 'ed25519' as const, publicKey: key.publicKey, webauthn: null };
  const signed = key.sign(signingMessage('liaison', digest));

  test('holds for its role, its digest and its key only', async () => {
    const evidence = { kind: 'ed25519', signature: signed } as const;
    expect(await evidenceHolds(credential, 'liaison', digest, evidence)).toBe(true);
    expect(await evidenceHolds(credential, 'leader', digest, evidence)).toBe(false);
    expect(await evidenceHolds(credential, 'liaison', digestOf('another'), evidence)).toBe(false);
    expect(
      await evidenceHolds({ ...credential, publicKey: ed25519Key('two').publicKey }, 'liaison', digest, evidence),
    ).toBe(false);
    expect(await evidenceHolds({ ...credential, kind: 'passkey' }, 'liaison', digest, evidence)).toBe(false);
  });

  test.each(['', 'AAAA', signed.slice(0, -1), `${signed}AA`])('%j does not hold', async (signature) => {
    expect(await evidenceHolds(credential, 'liaison', digest, { kind: 'ed25519', signature })).toBe(false);
  });

  test('of possession never serves as a signature of a form', () => {
    expect(verifyEd25519(key.publicKey, possessionMessage('1', key.publicKey), Buffer.from(signed, 'base64url'))).toBe(
      false,
    );
    const possession = Buffer.from(key.sign(possessionMessage('1', key.publicKey)), 'base64url');
    expect(verifyEd25519(key.publicKey, possessionMessage('1', key.publicKey), possession)).toBe(true);
    expect(verifyEd25519(key.publicKey, possessionMessage('2', key.publicKey), possession)).toBe(false);
  });

  test('with a key of another length does not hold', () => {
    expect(
      verifyEd25519(key.publicKey.subarray(1), signingMessage('liaison', digest), Buffer.from(signed, 'base64url')),
    ).toBe(false);
  });
});

describe('a passkey signature', () => {
  const passkey = createAuthenticator(place);
  const credential = { kind: 'passkey' as const, publicKey: passkey.publicKey, webauthn: passkey.webauthn };
  const holds = (evidence: Evidence): Promise<boolean> => evidenceHolds(credential, 'leader', digest, evidence);
  const good = passkey.assert({ challenge });

  test('holds, whatever its counter', async () => {
    expect(await holds(good)).toBe(true);
    expect(await holds(passkey.assert({ challenge, counter: 7 }))).toBe(true);
  });

  test.each([
    ['another challenge', passkey.assert({ challenge: Buffer.from(digestOf('another'), 'hex') })],
    ['another origin', passkey.assert({ challenge, origin: 'https://waihu.example.test' })],
    ['another relying party', passkey.assert({ challenge, rpId: 'example' })],
    ['no user verification', passkey.assert({ challenge, userVerified: false })],
    ['no user presence', passkey.assert({ challenge, userPresent: false })],
    ['the type of a registration', passkey.assert({ challenge, type: 'webauthn.create' })],
    ['another key', createAuthenticator(place).assert({ challenge })],
    [
      'another key under its id',
      { ...createAuthenticator(place).assert({ challenge }), credentialId: passkey.credentialId },
    ],
    ['a changed signature', { ...good, signature: `${good.signature.slice(0, -4)}AAAA` }],
    [
      'changed client data',
      { ...good, clientDataJSON: passkey.assert({ challenge, origin: `${place.origin}/` }).clientDataJSON },
    ],
    ['authenticator data cut short', { ...good, authenticatorData: good.authenticatorData.slice(0, 20) }],
    ['client data that is no JSON', { ...good, clientDataJSON: 'AAAA' }],
    ['nothing', { ...good, authenticatorData: '', clientDataJSON: '', signature: '' }],
  ])('with %s does not hold', async (_, evidence) => expect(await holds(evidence)).toBe(false));

  test('does not hold for a credential without its relying party', async () => {
    expect(await evidenceHolds({ ...credential, webauthn: null }, 'leader', digest, good)).toBe(false);
  });

  test('comes from a key that a server can register', async () => {
    const { verified, registrationInfo } = await verifyRegistrationResponse({
      response: passkey.register({ challenge }),
      expectedChallenge: challenge.toString('base64url'),
      expectedOrigin: place.origin,
      expectedRPID: place.rpId,
    });
    expect(verified).toBe(true);
    expect(Buffer.from(registrationInfo?.credential.publicKey ?? []).equals(passkey.publicKey)).toBe(true);
    expect(fingerprintOf(passkey.publicKey)).toMatch(/^[0-9a-f]{64}$/);
  });
});

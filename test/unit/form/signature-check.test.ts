import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { expect, test } from 'vitest';
import { sha256Hex } from '../../../src/kernel/digest.rule.ts';
import { signingMessage } from '../../../src/house/evidence.rule.ts';
import { createAuthenticator } from '../../kit/authenticator.ts';

type Check = { what: string; holds: boolean | null };
const { checkSignature, readMap, rawOfDer } = (await import(
  new URL('../../../web/signature-check.js', import.meta.url).href
)) as {
  checkSignature: (given: object, canonical: string, digest: string) => Promise<Check[]>;
  readMap: (bytes: Uint8Array) => Map<number, unknown>;
  rawOfDer: (bytes: Uint8Array) => Uint8Array;
};

const canonical = '{"name":"国庆权益","number":"WH-20260929-0001"}';
const digest = sha256Hex(canonical);
const rp = { origin: 'https://waihu.example', rpId: 'waihu.example' };
const authenticator = createAuthenticator(rp);
const passkey = (change: object = {}, options: object = {}) => ({
  role: 'liaison',
  digest,
  publicKey: authenticator.publicKey.toString('base64url'),
  fingerprint: sha256Hex(authenticator.publicKey),
  webauthn: authenticator.webauthn,
  evidence: authenticator.assert({ challenge: Buffer.from(digest, 'hex'), ...options }),
  ...change,
});
const failed = async (given: object, text = canonical, shown = digest) =>
  (await checkSignature(given, text, shown)).filter(({ holds }) => holds !== true).map(({ what }) => what);

test('a true passkey signature holds in every point', async () => {
  const checks = await checkSignature(passkey(), canonical, digest);
  expect(checks.map(({ what }) => what)).toEqual([
    'digest',
    'fingerprint',
    'challenge',
    'origin',
    'rp',
    'user',
    'signature',
  ]);
  expect(await failed(passkey())).toEqual([]);
});

test('many signatures hold: short numbers in their DER included', async () => {
  for (let i = 0; i < 300; i += 1) expect(await failed(passkey())).toEqual([]);
});

test.each([
  ['another text', passkey(), `${canonical} `, ['digest', 'challenge']],
  ['another challenge', passkey({}, { challenge: Buffer.alloc(32) }), canonical, ['challenge']],
  ['another site', passkey({}, { origin: 'https://evil.example' }), canonical, ['origin']],
  ['another host', passkey({}, { rpId: 'evil.example' }), canonical, ['rp']],
  ['nobody verified', passkey({}, { userVerified: false }), canonical, ['user']],
  ['nobody present', passkey({}, { userPresent: false }), canonical, ['user']],
  ['a registration instead', passkey({}, { type: 'webauthn.create' }), canonical, ['challenge']],
  ['another fingerprint', passkey({ fingerprint: '00' }), canonical, ['fingerprint']],
  ['a digest of another form', passkey({ digest: '00'.repeat(32) }), canonical, ['digest']],
])('is refused: %s', async (_, given, text, expected) => {
  expect(await failed(given, text)).toEqual(expected);
});

test('another person’s key does not verify', async () => {
  const other = createAuthenticator(rp);
  const publicKey = other.publicKey.toString('base64url');
  expect(await failed(passkey({ publicKey, fingerprint: sha256Hex(other.publicKey) }))).toEqual(['signature']);
});

test('an RS256 passkey verifies, and a spoilt one does not', async () => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const { n = '', e = '' } = publicKey.export({ format: 'jwk' });
  const head = Buffer.from('a401030339010020590100', 'hex');
  const cose = Buffer.concat([
    head,
    Buffer.from(n, 'base64url'),
    Buffer.from('2143', 'hex'),
    Buffer.from(e, 'base64url'),
  ]);
  const made = passkey().evidence;
  const clientHash = Buffer.from(sha256Hex(Buffer.from(made.clientDataJSON, 'base64url')), 'hex');
  const signature = sign(
    'sha256',
    Buffer.concat([Buffer.from(made.authenticatorData, 'base64url'), clientHash]),
    privateKey,
  );
  const given = (bytes: Buffer) =>
    passkey({
      publicKey: cose.toString('base64url'),
      fingerprint: sha256Hex(cose),
      evidence: { ...made, signature: bytes.toString('base64url') },
    });
  expect(await failed(given(signature))).toEqual([]);
  signature[5] = (signature[5] ?? 0) ^ 1;
  expect(await failed(given(signature))).toEqual(['signature']);
});

const signedAsLeader = (key: KeyObject) => sign(null, signingMessage('leader', digest), key).toString('base64url');

test('an Ed25519 key file’s signature holds for its role only', async () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
  const given = (role: string) => ({
    role,
    digest,
    publicKey: raw.toString('base64url'),
    fingerprint: sha256Hex(raw),
    webauthn: null,
    evidence: { kind: 'ed25519', signature: signedAsLeader(privateKey) },
  });
  expect(await failed(given('leader'))).toEqual([]);
  expect(await failed(given('liaison'))).toEqual(['signature']);
});

test.each([
  ['no map', '0102'],
  ['a map that ends too early', 'a5010203'],
  ['a nested map', 'a101a0'],
  ['a length of eight bytes', 'a1015b0000000000000001aa'],
])('a key that is %s is refused', (_, hex) => {
  expect(() => readMap(Buffer.from(hex, 'hex'))).toThrow(RangeError);
});

test.each([
  ['empty', ''],
  ['of another kind', '31060201010201ff'],
  ['with more after it', '3006020101020101ff'],
  ['with a number that is too long', `3025022101${'ff'.repeat(32)}`],
])('a DER signature %s is refused', (_, hex) => {
  expect(() => rawOfDer(Buffer.from(hex, 'hex'))).toThrow(RangeError);
});

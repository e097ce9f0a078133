import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Form } from '../../../src/form/form.rule.ts';
import { canonicalJson, digestOf } from '../../../src/kernel/digest.rule.ts';
import { checkForm, type FormSignature, type SignedForm } from '../../../src/form/form-check.rule.ts';
import { signingMessage } from '../../../src/house/evidence.rule.ts';
import { ed25519Key } from '../../kit/archive-keys.ts';
import { form, formDigest, ids } from '../../kit/archive.ts';

const at = (minute: number): Date => new Date(Date.parse('2026-11-02T02:00:00Z') + minute * 60_000);
const keys = { liaison: ed25519Key('form-check liaison'), leader: ed25519Key('form-check leader') };
const signed: SignedForm = { canonical: canonicalJson(form), digest: formDigest, expiresAt: new Date(form.signBy) };

const signature = (
  role: 'liaison' | 'leader',
  change: Partial<FormSignature> = {},
  digest = formDigest,
): FormSignature => ({
  role,
  staffId: ids[role],
  digest,
  evidence: { kind: 'ed25519', signature: keys[role].sign(signingMessage(role, digest)) },
  signedAt: at(role === 'liaison' ? 0 : 10),
  kind: 'ed25519',
  publicKey: keys[role].publicKey,
  webauthn: null,
  credentialState: 'active',
  decidedAt: at(-60),
  revokedAt: null,
  ...change,
});
const both = [signature('liaison'), signature('leader')];
const codeOf = async (live: Form, by: SignedForm, signatures: readonly FormSignature[]): Promise<string> => {
  const verdict = await checkForm(live, by, signatures);
  return verdict.holds ? 'holds' : verdict.code;
};

test('two people’s signatures over what stands in the database hold, in any order of rows', async () => {
  expect(await checkForm(form, signed, both)).toEqual({ holds: true, digest: formDigest });
  expect(await codeOf(form, signed, both.toReversed())).toBe('holds');
});

test.each<[string, readonly FormSignature[], string]>([
  ['no signature', [], 'signature.missing'],
  ['the liaison’s only', [signature('liaison')], 'signature.missing'],
  ['the leader’s only', [signature('leader')], 'signature.missing'],
  ['the same role twice', [signature('liaison'), signature('liaison', { staffId: ids.leader })], 'signature.missing'],
  [
    'one person in both roles',
    [signature('liaison'), signature('leader', { staffId: ids.liaison })],
    'signature.same-person',
  ],
  [
    'the applicant as liaison',
    [signature('liaison', { staffId: ids.applicant }), signature('leader')],
    'signature.same-person',
  ],
  [
    'the applicant as leader',
    [signature('liaison'), signature('leader', { staffId: ids.applicant })],
    'signature.same-person',
  ],
  [
    'the leader before the liaison',
    [signature('liaison', { signedAt: at(11) }), signature('leader')],
    'signature.wrong-order',
  ],
  [
    'a digest of another form',
    [signature('liaison', {}, digestOf('another')), signature('leader')],
    'signature.other-digest',
  ],
  [
    'evidence over another form',
    [signature('liaison', { evidence: signature('liaison', {}, digestOf('another')).evidence }), signature('leader')],
    'signature.invalid',
  ],
  [
    'evidence of the other role',
    [
      signature('liaison'),
      signature('leader', {
        evidence: { kind: 'ed25519', signature: keys.leader.sign(signingMessage('liaison', formDigest)) },
      }),
    ],
    'signature.invalid',
  ],
  [
    'the liaison’s evidence handed in as the leader’s',
    [signature('liaison'), signature('leader', { evidence: signature('liaison').evidence })],
    'signature.invalid',
  ],
  [
    'evidence of somebody else’s key',
    [signature('liaison', { publicKey: keys.leader.publicKey }), signature('leader')],
    'signature.invalid',
  ],
  [
    'evidence of another kind of key',
    [signature('liaison', { kind: 'passkey' }), signature('leader')],
    'signature.invalid',
  ],
  [
    'a signature after the last moment to sign',
    [signature('liaison'), signature('leader', { signedAt: new Date(Date.parse(form.signBy) + 1) })],
    'signature.late',
  ],
  [
    'a key that nobody approved',
    [signature('liaison', { credentialState: 'requested', decidedAt: null }), signature('leader')],
    'signature.credential-not-active',
  ],
  [
    'a key approved after it signed',
    [signature('liaison', { decidedAt: at(1) }), signature('leader')],
    'signature.credential-not-active',
  ],
  [
    'a key revoked before it signed',
    [signature('liaison'), signature('leader', { credentialState: 'revoked', revokedAt: at(9) })],
    'signature.credential-not-active',
  ],
  [
    'a key revoked at that very moment',
    [signature('liaison'), signature('leader', { credentialState: 'revoked', revokedAt: at(10) })],
    'signature.credential-not-active',
  ],
  [
    'a key revoked afterwards',
    [signature('liaison'), signature('leader', { credentialState: 'revoked', revokedAt: at(11) })],
    'holds',
  ],
  [
    'a signature at the last moment',
    [signature('liaison'), signature('leader', { signedAt: new Date(form.signBy) })],
    'holds',
  ],
])('%s', async (_, signatures, expected) => {
  expect(await codeOf(form, signed, signatures)).toBe(expected);
});

test('a stored form that was rewritten does not hold, even when it equals the database', async () => {
  const changed = { ...form, ratePerSecond: form.ratePerSecond + 1 };
  expect(await codeOf(changed, { ...signed, canonical: canonicalJson(changed) }, both)).toBe(
    'form.stored-text-changed',
  );
  expect(await codeOf(changed, { ...signed, canonical: canonicalJson(changed), digest: digestOf(changed) }, both)).toBe(
    'signature.other-digest',
  );
});

/** Every leaf of the form, by path. */
const leaves = (value: unknown, path: readonly (string | number)[] = []): (string | number)[][] =>
  typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([key, each]) => leaves(each, [...path, Array.isArray(value) ? Number(key) : key]))
    : [[...path]];

describe('any field that changes after signing is named', () => {
  test.each(leaves(form).map((path) => [path.join('.'), path] as const))('%s', async (name, path) => {
    const changed = structuredClone(form) as unknown as Record<string | number, unknown>;
    let parent = changed;
    for (const key of path.slice(0, -1)) parent = parent[key] as Record<string | number, unknown>;
    const last = path.at(-1) ?? '';
    const before = parent[last];
    parent[last] =
      typeof before === 'number' ? before + 1 : typeof before === 'boolean' ? !before : `${String(before)} `;
    expect(await checkForm(changed as unknown as Form, signed, both)).toEqual({
      holds: false,
      code: 'form.changed',
      changed: [name],
    });
  });
});

test('one flipped bit of a signature never holds', async () => {
  const good = Buffer.from(keys.leader.sign(signingMessage('leader', formDigest)), 'base64url');
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: good.length * 8 - 1 }), async (bit) => {
      const bad = Buffer.from(good);
      bad.writeUInt8(bad.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      expect(
        await codeOf(form, signed, [
          signature('liaison'),
          signature('leader', { evidence: { kind: 'ed25519', signature: bad.toString('base64url') } }),
        ]),
      ).toBe('signature.invalid');
    }),
  );
});

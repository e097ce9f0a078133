import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { merkleRoot, saltOf } from '../../src/audience/digest.rule.ts';
import { auditHash, auditRowDigest, genesisHash } from '../../src/house/audit/chain.rule.ts';
import { canonicalJson, digestOf, sha256Hex } from '../../src/kernel/digest.rule.ts';
import { fingerprintOf, signingMessage, type Evidence } from '../../src/house/evidence.rule.ts';
import { sealMessage } from '../../src/house/audit/seal-key.rule.ts';
import { brokenCases } from './archive-cases.ts';
import { liaisonKey, passkey, saltKey, sealingKey, sealKey } from './archive-keys.ts';
import { archiveParts, batches, buildArchive, formDigest, leaderEvidence, leaves, members } from './archive.ts';

const folder = join(import.meta.dirname, '../../docs/vectors');
const nameOf = (file: string): string => join(folder, `archive-${file}.json`);

/** ES256 signatures differ each time they are made: these were made once and are kept. Delete the file to make new ones. */
export function storedPasskeys(): Record<string, Evidence> | null {
  try {
    return JSON.parse(readFileSync(nameOf('passkeys'), 'utf8'));
  } catch {
    return null;
  }
}

export function makePasskeys(): Record<string, Evidence> {
  const challenge = Buffer.from(formDigest, 'hex');
  return {
    valid: leaderEvidence(),
    'another challenge': passkey.assert({ challenge: Buffer.from(digestOf('another form'), 'hex') }),
    'another origin': passkey.assert({ challenge, origin: 'https://waihu.example.test' }),
    'another relying party': passkey.assert({ challenge, rpId: 'example' }),
    'no user verification': passkey.assert({ challenge, userVerified: false }),
    'no user presence': passkey.assert({ challenge, userPresent: false }),
    'extension data': passkey.assert({ challenge, more: { flags: 0x80, bytes: Buffer.from('a0', 'hex') } }),
    'bytes behind the counter': passkey.assert({ challenge, more: { flags: 0, bytes: Buffer.from('00', 'hex') } }),
    'a flag of attested data without any': passkey.assert({ challenge, more: { flags: 0x40, bytes: Buffer.alloc(0) } }),
    'the type of a registration': passkey.assert({ challenge, type: 'webauthn.create' }),
  };
}

const pretty = (value: unknown): string => `${JSON.stringify(value, null, 1)}\n`;

/** Every vector file with its text. The same passkeys give the same text. */
export function vectorFiles(passkeys: Record<string, Evidence>): Record<string, string> {
  const valid = buildArchive(archiveParts(passkeys['valid']), sealKey);
  return {
    valid: Buffer.from(valid).toString('utf8'),
    passkeys: pretty(passkeys),
    broken: pretty({ sealingKeySeed: sealingKey.seed.toString('hex'), cases: brokenCases(valid, passkeys) }),
    parts: pretty(parts()),
  };
}

function parts() {
  const canonical = { é: 1, b: [1.5, 1e21, -0, '\u20ac\n"\\/'], a: null, '\ud83d\ude00': true, '\ufb01': false };
  const digests = ['00', '01', '02', '03', '04'].map((byte) => byte.repeat(32));
  const entry = {
    at: '2026-11-02T01:00:00.000Z',
    actor: 'staff:1',
    action: 'campaign.create',
    objectKind: 'campaign',
    objectId: '2',
    details: { size: 5 },
    objectPreviousHash: genesisHash,
  };
  const rowDigest = auditRowDigest(entry, 1);
  const message = signingMessage('liaison', formDigest);
  return {
    canonicalJson: { value: canonical, canonical: canonicalJson(canonical), digest: digestOf(canonical) },
    members: members.map((member, index) => ({
      ...member,
      salt: saltOf(saltKey, member.seq).toString('base64url'),
      leaf: leaves[index]?.toString('base64url'),
    })),
    leafInput: canonicalJson([1, members[0]?.phone, members[0]?.variables]),
    saltKey: saltKey.toString('base64url'),
    batches: batches.map((digest, index) => ({ batch: index + 1, size: index === 2 ? 1 : 2, digest })),
    merkle: [0, 1, 2, 3, 5].map((count) => ({
      batchDigests: digests.slice(0, count),
      root: merkleRoot(digests.slice(0, count)),
    })),
    audit: { entry, seq: 1, rowDigest, previousHash: genesisHash, hash: auditHash(1, genesisHash, rowDigest) },
    signing: {
      seed: liaisonKey.seed.toString('base64url'),
      publicKey: liaisonKey.publicKey.toString('base64url'),
      fingerprint: fingerprintOf(liaisonKey.publicKey),
      message: message.toString(),
      signature: liaisonKey.sign(message),
    },
    passkey: {
      publicKey: passkey.publicKey.toString('base64url'),
      fingerprint: fingerprintOf(passkey.publicKey),
      webauthn: passkey.webauthn,
    },
    seal: {
      message: sealMessage(sha256Hex('x')).toString(),
      signature: sealingKey.sign(sealMessage(sha256Hex('x'))),
      fingerprint: sealKey.fingerprint,
    },
  };
}

if (import.meta.main) {
  for (const [file, text] of Object.entries(vectorFiles(storedPasskeys() ?? makePasskeys())))
    writeFileSync(nameOf(file), text);
}

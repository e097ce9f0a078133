import { describe, expect, test } from 'vitest';
import { verifyArchive } from '../../../../src/form/archive/verify.rule.ts';
import { sealKeyOf } from '../../../../src/house/audit/seal.ts';
import { sealKey } from '../../../kit/archive-keys.ts';
import { archiveParts, buildArchive } from '../../../kit/archive.ts';
import { newKey } from '../../../kit/installation-key.ts';

describe('the sealing key', () => {
  test('seals what the verifier accepts under its fingerprint', async () => {
    const key = sealKeyOf(newKey());
    const bytes = buildArchive(archiveParts(), key);
    expect((await verifyArchive(bytes, { sealFingerprints: [key.fingerprint] })).ok).toBe(true);
    expect((await verifyArchive(bytes, { sealFingerprints: [sealKey.fingerprint] })).ok).toBe(false);
  });
});

describe('the builder', () => {
  test('holds no full number and no variable value', () => {
    const text = Buffer.from(buildArchive(archiveParts(), sealKey)).toString('utf8');
    expect(text).not.toMatch(/1380000001/);
    expect(text).not.toContain('赵一');
  });

  test('refuses to write a number that is not masked, without repeating it', () => {
    const parts = archiveParts();
    const [first] = parts.ledger;
    const unmasked = { ...parts, ledger: [Object.assign({}, first, { phone: '+8613800000010' })] };
    expect(() => buildArchive(unmasked as typeof parts, sealKey)).toThrow(
      expect.objectContaining({ code: 'archive.phone-not-masked', message: expect.not.stringContaining('138') }),
    );
  });

  test('writes the same bytes for the same parts', () => {
    const parts = archiveParts();
    expect(Buffer.from(buildArchive(parts, sealKey)).equals(buildArchive(parts, sealKey))).toBe(true);
  });
});

import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { verifyArchive } from '../../../../src/form/archive/verify.rule.ts';
import { loadOrCreateSealKey, sealKeyFromPem } from '../../../../src/house/audit/seal.ts';
import { archiveParts, buildArchive, sealKey } from '../../../kit/archive.ts';

const newFolder = (): Promise<string> => mkdtemp(join(tmpdir(), 'waihu-seal-'));

describe('the sealing key', () => {
  test('is made once, readable by its owner only, and is the same afterwards', async () => {
    const path = join(await newFolder(), 'keys', 'seal.pem');
    const first = await loadOrCreateSealKey(path);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readFile(path, 'utf8')).toMatch(/^-----BEGIN PRIVATE KEY-----/);
    expect((await loadOrCreateSealKey(path)).fingerprint).toBe(first.fingerprint);
  });

  test('is one for all who ask at once, and leaves no draft behind', async () => {
    const folder = await newFolder();
    const keys = await Promise.all(Array.from({ length: 8 }, () => loadOrCreateSealKey(join(folder, 'seal.pem'))));
    expect(new Set(keys.map(({ fingerprint }) => fingerprint)).size).toBe(1);
    expect(await readdir(folder)).toEqual(['seal.pem']);
  });

  test.each([
    ['an empty file', ''],
    [
      'a key of another kind',
      generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'pem', type: 'pkcs8' }) as string,
    ],
  ])('is not replaced when the file holds %s', async (_, pem) => {
    const path = join(await newFolder(), 'seal.pem');
    await writeFile(path, pem);
    await expect(loadOrCreateSealKey(path)).rejects.toMatchObject({ kind: 'invalid', code: 'seal-key.unreadable' });
    expect(await readFile(path, 'utf8')).toBe(pem);
  });

  test('seals what the verifier accepts under its fingerprint', async () => {
    const pem = generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }) as string;
    const key = sealKeyFromPem(pem);
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

import { createPrivateKey, createPublicKey, generateKeyPairSync, randomUUID, sign, type KeyObject } from 'node:crypto';
import { link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AppError } from '../../kernel/app-error.rule.ts';
import { sealMessage, type ArchiveSeal } from '../../form/archive/format.rule.ts';
import { fingerprintOf } from '../evidence.rule.ts';

/** The installation's sealing key: it says which installation made an archive. */
export type SealKey = {
  /** 64 hex digits: SHA-256 of the 32 raw public bytes. Publish it where auditors find it. */
  fingerprint: string;
  /** The 32 raw bytes, base64url. */
  publicKey: string;
  seal(digest: string): ArchiveSeal;
  /** Base64url. */
  sign(message: Uint8Array): string;
};

/** Throws AppError `seal-key.unreadable` when the PEM holds no Ed25519 private key. */
export function sealKeyFromPem(pem: string): SealKey {
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch (cause) {
    throw unreadable(cause);
  }
  if (key.asymmetricKeyType !== 'ed25519') throw unreadable();
  const raw = Buffer.from(createPublicKey(key).export({ format: 'jwk' }).x ?? '', 'base64url');
  const publicKey = raw.toString('base64url');
  const signed = (message: Uint8Array): string => sign(null, message, key).toString('base64url');
  return {
    fingerprint: fingerprintOf(raw),
    publicKey,
    seal: (digest) => ({ algorithm: 'ed25519', publicKey, signature: signed(sealMessage(digest)) }),
    sign: signed,
  };
}

/** The key in `path` (PKCS8 PEM, mode 0600), made when the file is missing. Several processes may ask at once: all get one key. */
export async function loadOrCreateSealKey(path: string): Promise<SealKey> {
  const found = await readOrNull(path);
  if (found !== null) return sealKeyFromPem(found);
  await mkdir(dirname(path), { recursive: true });
  const draft = `${path}.${randomUUID()}`;
  const file = await open(draft, 'wx', 0o600);
  try {
    await file.writeFile(generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }));
    await file.sync();
  } finally {
    await file.close();
  }
  try {
    // A link fails when the name is taken: the first process wins, and nobody ever reads half a key.
    await link(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await rm(draft, { force: true });
  }
  return sealKeyFromPem(await readFile(path, 'utf8'));
}

async function readOrNull(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

const unreadable = (cause?: unknown): AppError =>
  new AppError(
    'invalid',
    'seal-key.unreadable',
    'The sealing key file holds no Ed25519 private key in PKCS8 PEM; restore it from its copy, or remove it to make a new key.',
    undefined,
    { cause },
  );

import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { sealMessage, type ArchiveSeal } from '../../form/archive/format.rule.ts';
import type { InstallationKey } from '../../kernel/installation-key.rule.ts';
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

/** PKCS8 around the 32 bytes of an Ed25519 private key (RFC 8410). */
const pkcs8 = Buffer.from('302e020100300506032b657004220420', 'hex');

export function sealKeyFromSeed(seed: Uint8Array): SealKey {
  const key = createPrivateKey({ key: Buffer.concat([pkcs8, seed]), format: 'der', type: 'pkcs8' });
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

export const sealKeyOf = (key: InstallationKey): SealKey => sealKeyFromSeed(key.subkey('seal'));

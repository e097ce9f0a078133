import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import type { InstallationKey } from '../../kernel/installation-key.rule.ts';
import { fingerprintOf } from '../evidence.rule.ts';
import { sealMessage, type SealKey } from './seal-key.rule.ts';

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

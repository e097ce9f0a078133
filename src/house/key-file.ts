import { createPrivateKey, createPublicKey, sign, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fingerprintOf } from './evidence.rule.ts';
import { usage } from '../kit/cli/fault.ts';

export type SigningKey = { publicKey: Buffer; fingerprint: string; sign(message: Uint8Array): Buffer };

/** Reads an Ed25519 private key (PKCS8 PEM). Throws `usage` when the file holds none; its content is never shown. */
export function readSigningKey(file: string): SigningKey {
  const pem = readFileSync(file, 'utf8');
  let key: KeyObject | null = null;
  try {
    key = createPrivateKey(pem);
  } catch {
    // Said below, without the library's words about the content.
  }
  if (key?.asymmetricKeyType !== 'ed25519')
    throw usage(`${file} holds no Ed25519 private key in PEM form.`, 'Make one with `waihu keygen --out FILE`.');
  const publicKey = rawPublicKey(key);
  const signer = key;
  return { publicKey, fingerprint: fingerprintOf(publicKey), sign: (message) => sign(null, message, signer) };
}

export const rawPublicKey = (key: KeyObject): Buffer =>
  Buffer.from(createPublicKey(key as never).export({ format: 'jwk' }).x ?? '', 'base64url');

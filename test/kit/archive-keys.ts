import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { sealKeyFromSeed } from '../../src/house/audit/seal.ts';
import { createAuthenticator } from './authenticator.ts';

/** An Ed25519 key that is the same every time: its seed is the SHA-256 of a name. */
export function ed25519Key(name: string) {
  const seed = createHash('sha256').update(name).digest();
  const key = createPrivateKey({
    key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]),
    format: 'der',
    type: 'pkcs8',
  });
  return {
    seed,
    pem: key.export({ format: 'pem', type: 'pkcs8' }) as string,
    publicKey: Buffer.from(createPublicKey(key).export({ format: 'jwk' }).x ?? '', 'base64url'),
    sign: (message: Uint8Array): string => sign(null, message, key).toString('base64url'),
  };
}

export const sealingKey = ed25519Key('waihu test seal');
export const sealKey = sealKeyFromSeed(sealingKey.seed);
export const liaisonKey = ed25519Key('waihu test liaison');
export const passkey = createAuthenticator({
  origin: 'https://waihu.example',
  rpId: 'waihu.example',
  seed: 'waihu test leader',
});
export const saltKey = createHash('sha256').update('waihu test salt key').digest();

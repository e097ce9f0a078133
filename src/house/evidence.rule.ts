import { createPublicKey, verify } from 'node:crypto';
import { verifyAuthenticationResponse } from '@simplewebauthn/server';
import type { SigningRole } from './signing-role.rule.ts';
import { sha256Hex } from '../kernel/digest.rule.ts';

/** What a person hands in. `ed25519`: base64url signature over `signingMessage`. `passkey`: a WebAuthn assertion, base64url fields. */
export type Evidence =
  | { kind: 'ed25519'; signature: string }
  | { kind: 'passkey'; credentialId: string; authenticatorData: string; clientDataJSON: string; signature: string };

/** One person's request to sign, as the workflow's Update takes it. Ids and digests only. */
export type SignRequest = {
  signatureId: string;
  staffId: string;
  role: SigningRole;
  credentialId: string;
  digest: string;
  evidence: Evidence;
};

/** Public half of a credential. Ed25519: 32 raw bytes. Passkey: COSE key, with the relying party it was made for. */
export type VerifyingCredential = {
  kind: 'ed25519' | 'passkey';
  publicKey: Uint8Array;
  webauthn: { credentialId: string; rpId: string; origin: string } | null;
};

/** What an Ed25519 key signs. The role stands in it, so a liaison's signature can never serve as a leader's. */
export const signingMessage = (role: SigningRole, digest: string): Buffer =>
  Buffer.from(`waihu:sign:v1:${role}:${digest}`);

/** What a key signs when it is registered: proof that the person holds it. */
export const possessionMessage = (staffId: string, publicKey: Uint8Array): Buffer =>
  Buffer.from(`waihu:credential:v1:${staffId}:${Buffer.from(publicKey).toString('base64url')}`);

/** How people name a key: SHA-256 of its public bytes (Ed25519: the 32 raw bytes; passkey: the COSE key). 64 hex digits. */
export const fingerprintOf = (publicKey: Uint8Array): string => sha256Hex(publicKey);

export function verifyEd25519(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== 32 || signature.length !== 64) return false;
  const key = createPublicKey({
    format: 'jwk',
    key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(publicKey).toString('base64url') },
  });
  return verify(null, message, key, signature);
}

// Attested data and extensions: nothing of ours asks for them, and two readers of what follows could read two things.
const moreFollows = 0xc0;
const isBareAssertion = (data: Buffer): boolean => data.length === 37 && ((data[32] ?? 0) & moreFollows) === 0;

/** The one place where a signature is judged. A passkey's challenge is the 32 bytes of the digest; user verification is required. */
export async function evidenceHolds(
  credential: VerifyingCredential,
  role: SigningRole,
  digest: string,
  evidence: Evidence,
): Promise<boolean> {
  if (credential.kind !== evidence.kind) return false;
  if (evidence.kind === 'ed25519') {
    return verifyEd25519(
      credential.publicKey,
      signingMessage(role, digest),
      Buffer.from(evidence.signature, 'base64url'),
    );
  }
  if (!credential.webauthn || credential.webauthn.credentialId !== evidence.credentialId) return false;
  const { credentialId, authenticatorData, clientDataJSON, signature } = evidence;
  if (!isBareAssertion(Buffer.from(authenticatorData, 'base64url'))) return false;
  try {
    const { verified } = await verifyAuthenticationResponse({
      response: {
        id: credentialId,
        rawId: credentialId,
        type: 'public-key',
        clientExtensionResults: {},
        response: { authenticatorData, clientDataJSON, signature },
      },
      expectedChallenge: Buffer.from(digest, 'hex').toString('base64url'),
      expectedOrigin: credential.webauthn.origin,
      expectedRPID: credential.webauthn.rpId,
      requireUserVerification: true,
      // Counters of synced passkeys stay at zero; a copy is told by the record, not by the counter.
      credential: { id: credentialId, publicKey: Uint8Array.from(credential.publicKey), counter: 0 },
    });
    return verified;
  } catch {
    // The library throws on every mismatch (challenge, origin, flags): all mean that the signature does not hold.
    return false;
  }
}

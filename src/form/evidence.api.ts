import { z } from 'zod';

/** A signature as it comes over HTTP, from a script or from the page. */
export const Evidence = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('ed25519'), signature: z.base64url().max(200) }),
  z.object({
    kind: z.literal('passkey'),
    credentialId: z.base64url().max(2000),
    authenticatorData: z.base64url().max(20_000),
    clientDataJSON: z.base64url().max(20_000),
    signature: z.base64url().max(5000),
  }),
]);

/** What is sent with a signature. */
export const Sign = z.object({
  signatureId: z.uuid().optional().describe('Choose it to be able to repeat the request.'),
  role: z.enum(['liaison', 'leader']),
  credentialId: z.uuid(),
  digest: z.string().regex(/^[0-9a-f]{64}$/, 'Give the 64 hex digits of the form’s digest.'),
  evidence: Evidence,
});
export const signDescription =
  'The evidence of an Ed25519 key is its signature over `waihu:sign:v1:<role>:<digest>`; recompute the digest from the canonical form before signing.';

/** A signature that was given. */
export const Signed = z.object({
  role: z.enum(['liaison', 'leader']),
  staffName: z.string(),
  kind: z.enum(['ed25519', 'passkey']),
  fingerprint: z.string(),
  signedAt: z.date(),
});

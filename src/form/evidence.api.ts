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

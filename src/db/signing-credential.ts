import { z } from 'zod';
import type { VerifyingCredential } from '../signing/evidence.ts';
import { maybe, sql, type Db } from './sql.ts';

const Row = z.object({
  staffId: z.uuid(),
  kind: z.enum(['ed25519', 'passkey']),
  publicKey: z.instanceof(Buffer),
  webauthn: z.object({ credentialId: z.string(), rpId: z.string(), origin: z.string() }).nullable(),
  state: z.enum(['requested', 'active', 'revoked']),
});
export type SigningCredential = z.infer<typeof Row> & VerifyingCredential;

/** What the verifier needs of a credential; its registration lives in credential.ts. */
export const findSigningCredential = (db: Db, id: string): Promise<SigningCredential | null> =>
  maybe(db, Row, sql`select staff_id as "staffId", kind, public_key as "publicKey", webauthn, state from credential where id = ${id}`);

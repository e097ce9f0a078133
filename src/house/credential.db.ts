import { z } from 'zod';
import { announce } from './notice/announce.db.ts';
import { execute, many, maybe, sql, type Db, type Tx } from '../kernel/sql.db.ts';

const Webauthn = z.object({ credentialId: z.string(), rpId: z.string(), origin: z.string() });
const Row = z.object({
  id: z.string(),
  staffId: z.string(),
  staffName: z.string(),
  kind: z.enum(['ed25519', 'passkey']),
  label: z.string(),
  publicKey: z.instanceof(Uint8Array),
  webauthn: Webauthn.nullable(),
  fingerprint: z.string(),
  state: z.enum(['requested', 'active', 'revoked']),
  requestedAt: z.date(),
  decidedAt: z.date().nullable(),
  decidedBy: z.string().nullable(),
  revokedAt: z.date().nullable(),
});
/** What a person signs with. `fingerprint` is the SHA-256 of the public key, hex. */
export type CredentialRow = z.infer<typeof Row>;

const selected = sql`select c.id, c.staff_id as "staffId", s.name as "staffName", c.kind, c.label, c.public_key as "publicKey", c.webauthn, c.fingerprint,
  c.state, c.requested_at as "requestedAt", c.decided_at as "decidedAt", c.decided_by as "decidedBy", c.revoked_at as "revokedAt"
  from credential c join staff s on s.id = c.staff_id`;

export const listCredentials = (db: Db, staffId: string | null): Promise<CredentialRow[]> =>
  many(
    db,
    Row,
    sql`${selected} where ${staffId}::uuid is null or c.staff_id = ${staffId} order by c.requested_at, c.id`,
  );

/** Of everybody: how many are in use and how many wait for an administrator. */
export const countByPerson = (db: Db): Promise<{ staffId: string; active: number; requested: number }[]> =>
  many(
    db,
    z.object({ staffId: z.string(), active: z.number(), requested: z.number() }),
    sql`select staff_id as "staffId", count(*) filter (where state = 'active')::int as active,
        count(*) filter (where state = 'requested')::int as requested
      from credential group by staff_id`,
  );

/** Keys of others that wait for somebody to decide; those of disabled people wait for nobody. */
export async function countRequested(db: Db, exceptStaffId: string): Promise<number> {
  const { rows } = await execute(
    db,
    sql`select count(*)::int as n from credential c join staff s on s.id = c.staff_id
      where c.state = 'requested' and c.staff_id <> ${exceptStaffId} and s.disabled_at is null`,
  );
  return Number(rows[0].n);
}

export const findCredential = (db: Db, credentialId: string): Promise<CredentialRow | null> =>
  maybe(db, Row, sql`${selected} where c.id = ${credentialId}`);

/** As findCredential, and nobody else may decide on it before this transaction ends. */
export const lockCredential = (tx: Tx, credentialId: string): Promise<CredentialRow | null> =>
  maybe(tx, Row, sql`${selected} where c.id = ${credentialId} for update of c`);

/** False when the key is registered already, by whomever. Tells its owner, and who may approve it. */
export async function insertCredential(
  tx: Tx,
  credential: {
    id: string;
    staffId: string;
    kind: 'ed25519' | 'passkey';
    label: string;
    publicKey: Uint8Array;
    /** Of passkeys. */
    webauthn?: z.infer<typeof Webauthn>;
    fingerprint: string;
    requestedAt: Date;
  },
): Promise<boolean> {
  const { id, staffId, kind, label, publicKey, webauthn, fingerprint, requestedAt } = credential;
  const { rowCount } = await execute(
    tx,
    sql`insert into credential (id, staff_id, kind, label, public_key, webauthn, fingerprint, requested_at)
      values (${id}, ${staffId}, ${kind}, ${label}, ${Buffer.from(publicKey)}, ${webauthn ? JSON.stringify(webauthn) : null}, ${fingerprint}, ${requestedAt}) on conflict (fingerprint) do nothing`,
  );
  if (rowCount !== 1) return false;
  const item = { kind: 'credential' as const, id };
  // Its owner is told whoever added it: a key under one's name that one does not know of must not pass in silence.
  await announce(tx, { kind: 'key-added', item }, requestedAt);
  await announce(tx, { kind: 'key-awaited', item, actorId: staffId }, requestedAt);
  return true;
}

export async function decideOn(
  tx: Tx,
  credentialId: string,
  state: 'active' | 'revoked',
  decidedBy: string,
  at: Date,
): Promise<void> {
  await execute(
    tx,
    sql`update credential set state = ${state}, decided_at = ${at}, decided_by = ${decidedBy}, revoked_at = ${state === 'revoked' ? at : null}
      where id = ${credentialId}`,
  );
}

export async function revokeCredential(tx: Tx, credentialId: string, at: Date): Promise<void> {
  await execute(tx, sql`update credential set state = 'revoked', revoked_at = ${at} where id = ${credentialId}`);
}

import { generateKeyPairSync, randomUUIDv7, sign, type KeyObject } from 'node:crypto';
import type { Pool } from 'pg';
import { signCampaign } from '../../src/campaign/campaign.command.ts';
import type { Context } from '../../src/house/context.ts';
import type { AuditSeals } from '../../src/house/audit/seals.ts';
import { record } from '../../src/house/audit/audit.db.ts';
import { transaction } from '../../src/kernel/sql.db.ts';
import type { Processes } from '../../src/house/processes.ts';
import type { Role } from '../../src/kernel/permission.rule.ts';
import { sha256Hex } from '../../src/kernel/digest.rule.ts';
import { signingMessage } from '../../src/house/evidence.rule.ts';
import { makeStaff } from './people.ts';

/** A member of staff with an active Ed25519 key, and the context to act in. */
export type Person = { ctx: Context; id: string; credentialId: string; key: KeyObject };

/** Stores a member of staff with those roles and a key that somebody else has approved. */
export async function makePerson(
  pool: Pool,
  processes: Processes,
  name: string,
  roles: readonly Role[],
  seals: AuditSeals,
): Promise<Person> {
  const staff = await makeStaff(pool, roles, { name, unit: '外呼组' });
  const approver = await makeStaff(pool, [], { name: 'admin', unit: 'IT' });
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
  const credentialId = randomUUIDv7();
  const fingerprint = sha256Hex(raw);
  const now = new Date();
  await pool.query(
    `insert into credential (id, staff_id, kind, label, public_key, fingerprint, state, requested_at, decided_at, decided_by)
     values ($1, $2, 'ed25519', 'test', $3, $4, 'active', $6, $6, $5)`,
    [credentialId, staff.id, raw, fingerprint, approver.id, now],
  );
  const approval = {
    actor: `staff:${approver.id}`,
    action: 'credential.approved',
    objectKind: 'credential',
    objectId: credentialId,
    details: { staffId: staff.id, fingerprint },
  };
  await transaction(pool, (tx) => record(tx, approval, now, seals.key));
  return { ctx: { pool, staff, processes, now: () => new Date(), seals }, id: staff.id, credentialId, key: privateKey };
}

/** Signs the form of that digest with the person's own key. */
export async function signForm(
  person: Person,
  role: 'liaison' | 'leader',
  campaignId: string,
  digest: string,
): Promise<void> {
  const signature = sign(null, signingMessage(role, digest), person.key).toString('base64url');
  await signCampaign(person.ctx, {
    campaignId,
    role,
    credentialId: person.credentialId,
    digest,
    evidence: { kind: 'ed25519', signature },
  });
}

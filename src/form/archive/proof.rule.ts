import type { Evidence, VerifyingCredential } from '../../house/evidence.rule.ts';
import type { SigningRole } from '../../house/signing-role.rule.ts';
import type { AuditRow } from '../../house/audit/chain.rule.ts';
import type { ArchiveCredential, ArchivePerson, ArchiveSignature } from './format.rule.ts';

/** A signature with the key that made it, as the database has them. */
type Given = VerifyingCredential & {
  role: SigningRole;
  staffId: string;
  credentialId: string;
  digest: string;
  evidence: Evidence;
  signedAt: Date;
  fingerprint: string;
  credentialState: 'requested' | 'active' | 'revoked';
  requestedAt: Date;
  decidedAt: Date | null;
  decidedBy: string | null;
  revokedAt: Date | null;
};

export const signaturesIn = (given: readonly Given[]): ArchiveSignature[] =>
  given.map(({ role, staffId, credentialId, digest, evidence, signedAt }) => ({
    role,
    staffId,
    credentialId,
    digest,
    evidence,
    signedAt: signedAt.toISOString(),
  }));

/** The keys that the signatures name; public halves as raw bytes. */
export function credentialsIn(
  given: readonly Given[],
  labels: readonly { id: string; label: string }[],
): (Omit<ArchiveCredential, 'publicKey'> & { publicKey: Uint8Array })[] {
  return given.map((each) => ({
    id: each.credentialId,
    staffId: each.staffId,
    kind: each.kind,
    label: labels.find(({ id }) => id === each.credentialId)?.label ?? '',
    publicKey: each.publicKey,
    webauthn: each.webauthn,
    fingerprint: each.fingerprint,
    state: each.credentialState === 'revoked' ? 'revoked' : 'active',
    requestedAt: each.requestedAt.toISOString(),
    decidedAt: each.decidedAt?.toISOString() ?? '',
    decidedBy: each.decidedBy ?? '',
    revokedAt: each.revokedAt?.toISOString() ?? null,
  }));
}

/** Who is named in an archive is named as when they acted: people change their names and units. */
export const namesOnRecord = (
  people: readonly ArchivePerson[],
  rows: readonly Pick<AuditRow, 'action' | 'actor' | 'details'>[],
  signAction: string,
  applicant: { id: string; name: string },
): ArchivePerson[] =>
  people.map((person) => {
    if (person.id === applicant.id) return { ...person, name: applicant.name };
    const signed = rows.find(({ action, actor }) => action === signAction && actor === `staff:${person.id}`);
    const { name, unit } = signed?.details ?? {};
    return typeof name === 'string' && typeof unit === 'string' ? { ...person, name, unit } : person;
  });

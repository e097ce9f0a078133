import { changedFields, type SignedText } from './form.rule.ts';
import { digestOf } from '../kernel/digest.rule.ts';
import { evidenceHolds, type Evidence, type VerifyingCredential } from '../house/evidence.rule.ts';

export type SignedForm = { canonical: string; digest: string; expiresAt: Date };
export type FormSignature = VerifyingCredential & {
  role: 'liaison' | 'leader';
  staffId: string;
  digest: string;
  evidence: Evidence;
  signedAt: Date;
  credentialState: 'requested' | 'active' | 'revoked';
  decidedAt: Date | null;
  revokedAt: Date | null;
};

export type FormVerdict = { holds: true; digest: string } | { holds: false; code: FormFault; changed: string[] };
export type FormFault =
  | 'form.changed'
  | 'form.stored-text-changed'
  | 'signature.missing'
  | 'signature.other-digest'
  | 'signature.invalid'
  | 'signature.same-person'
  | 'signature.wrong-order'
  | 'signature.late'
  | 'signature.credential-not-active';

/**
 * Whether two people have signed exactly what stands in the database now. Recomputes everything: the digest from the live
 * rows, both signatures from the credentials' public keys. The first fault found is the answer.
 */
export async function checkForm(
  live: SignedText,
  signed: SignedForm,
  signatures: readonly FormSignature[],
): Promise<FormVerdict> {
  const digest = digestOf(live);
  if (digestOf(JSON.parse(signed.canonical)) !== signed.digest) return no('form.stored-text-changed');
  if (digest !== signed.digest) return no('form.changed', changedFields(JSON.parse(signed.canonical), live));
  const liaison = signatures.find(({ role }) => role === 'liaison');
  const leader = signatures.find(({ role }) => role === 'leader');
  if (!liaison || !leader) return no('signature.missing');
  if (new Set([live.applicant.id, liaison.staffId, leader.staffId]).size !== 3) return no('signature.same-person');
  if (leader.signedAt < liaison.signedAt) return no('signature.wrong-order');
  for (const signature of [liaison, leader]) {
    if (signature.digest !== digest) return no('signature.other-digest');
    if (signature.signedAt > new Date(live.signBy)) return no('signature.late');
    if (!wasActive(signature)) return no('signature.credential-not-active');
    if (!(await evidenceHolds(signature, signature.role, digest, signature.evidence))) return no('signature.invalid');
  }
  return { holds: true, digest };
}

// A key that is revoked later does not undo what it signed while it was good.
const wasActive = ({ credentialState, decidedAt, revokedAt, signedAt }: FormSignature): boolean =>
  credentialState !== 'requested' &&
  decidedAt !== null &&
  decidedAt <= signedAt &&
  (revokedAt === null || revokedAt > signedAt);

const no = (code: FormFault, changed: string[] = []): FormVerdict => ({ holds: false, code, changed });

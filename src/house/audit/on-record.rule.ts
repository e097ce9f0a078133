import { auditHash, auditRowDigest, type AuditRow } from './chain.rule.ts';
import { auditSealHolds, type AuditSeal } from './audit-seal.rule.ts';
import { fingerprintOf } from '../evidence.rule.ts';

/** A row of the record with the seal that was made when it was written; null when there is none of the key asked for. */
export type SealedAct = { row: AuditRow; seal: AuditSeal | null };
export type OnRecordFault = 'record.form' | 'record.signature' | 'record.credential';

type Form = { subject: { kind: string; id: string }; digest: string };
type Credential = { credentialId: string; fingerprint: string; publicKey: Uint8Array };
type Signature = Credential & { id: string; role: string; staffId: string; digest: string; signedAt: Date };

/** Under the name of a form's subject: its form was made (a campaign's by its freeze), and signed. */
export const formActs: ReadonlySet<string> = new Set(['freeze', 'form', 'sign']);

/** Acts of which a person's signature consists; each is sealed in the transaction that writes it. */
export const isSealedAct = (action: string): boolean =>
  action === 'credential.approved' || formActs.has(action.slice(action.indexOf('.') + 1));

/** A row stands when its content has its hash and that hash was sealed by this installation. */
const stands = ({ row, seal }: SealedAct, publicKey: string): boolean =>
  row.hash === auditHash(row.seq, row.previousHash, auditRowDigest(row, row.seq)) &&
  seal !== null &&
  seal.publicKey === publicKey &&
  seal.seq === row.seq &&
  seal.hash === row.hash &&
  auditSealHolds(seal);

/**
 * Whether form and signatures are those that the installation has put on record when they came about, or what is not. Whoever
 * can write into the database can make a form, keys and signatures that fit each other; they cannot make these seals.
 */
export function faultOnRecord(
  form: Form,
  signatures: readonly Signature[],
  acts: readonly SealedAct[],
  publicKey: string,
): OnRecordFault | null {
  const standing = acts.filter((act) => stands(act, publicKey)).map(({ row }) => row);
  const frozen = standing.some(
    ({ action, objectId, details }) =>
      isOf(form, action, ['freeze', 'form']) && objectId === form.subject.id && details['digest'] === form.digest,
  );
  if (!frozen) return 'record.form';
  for (const signature of signatures) {
    const signed = standing.some(
      ({ action, objectId, actor, at, details }) =>
        isOf(form, action, ['sign']) &&
        objectId === form.subject.id &&
        actor === `staff:${signature.staffId}` &&
        at === signature.signedAt.toISOString() &&
        details['signatureId'] === signature.id &&
        details['credentialId'] === signature.credentialId &&
        details['fingerprint'] === signature.fingerprint &&
        details['role'] === signature.role &&
        details['digest'] === form.digest,
    );
    if (!signed) return 'record.signature';
    if (!approvalStands(signature, signature.staffId, signature.signedAt, acts, publicKey)) return 'record.credential';
  }
  return null;
}

/** Whether a row is about this and nothing else. */
export const isAbout = (row: AuditRow, subject: { kind: string; id: string }): boolean =>
  row.objectKind === subject.kind && row.objectId === subject.id;

const isOf = ({ subject }: Form, action: string, acts: readonly string[]): boolean =>
  acts.some((act) => action === `${subject.kind}.${act}`);

/** Whether somebody's key was approved, by the record, and not revoked up to `at`. */
export function approvalStands(
  credential: Credential,
  staffId: string,
  at: Date,
  acts: readonly SealedAct[],
  publicKey: string,
): boolean {
  const { credentialId, fingerprint } = credential;
  const own = acts.filter(({ row }) => row.objectKind === 'credential' && row.objectId === credentialId);
  const approved = own.some(
    (act) =>
      act.row.action === 'credential.approved' &&
      act.row.details['staffId'] === staffId &&
      act.row.details['fingerprint'] === fingerprint &&
      act.row.actor !== `staff:${staffId}` &&
      new Date(act.row.at) <= at &&
      stands(act, publicKey),
  );
  const revoked = own.some(({ row }) => row.action === 'credential.revoked' && new Date(row.at) <= at);
  return approved && !revoked && fingerprintOf(credential.publicKey) === fingerprint;
}

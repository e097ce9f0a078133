import { actsOnRecord } from '../house/audit/audit-seal.db.ts';
import { record } from '../house/audit/audit.db.ts';
import { approvalStands } from '../house/audit/on-record.rule.ts';
import type { AuditSeals } from '../house/audit/seals.ts';
import { findCredential } from '../house/credential.db.ts';
import { standInsOf } from '../house/delegation.db.ts';
import { standingMessages, standingOf } from '../house/delegation.rule.ts';
import { evidenceHolds, type SignRequest } from '../house/evidence.rule.ts';
import { announce } from '../house/notice/announce.db.ts';
import { findStaff } from '../house/staff.db.ts';
import type { AppError } from '../kernel/app-error.rule.ts';
import { digestOf } from '../kernel/digest.rule.ts';
import { transaction, type Pool, type Tx } from '../kernel/sql.db.ts';
import { askSigners } from './ask-signers.db.ts';
import { awaitedRole } from './form-state.rule.ts';
import { findForm, insertSignature, lockForm, signaturesOf, signersOf, signatureTaken } from './form.db.ts';
import { subjectOf, type SubjectRef } from './subject.ts';

export type SignVerdict =
  | { kind: 'signed'; state: 'awaiting-leader' | 'signed' }
  | { kind: 'refused'; code: string; message: string };

const refused = (code: string, message: string): SignVerdict => ({ kind: 'refused', code, message });
const refusedBy = ({ code, message }: AppError): SignVerdict => refused(code, message);

/** Verifies a signature and stores it with its audit row; the same signature id twice does one thing. */
export const recordSignature = (
  { pool, seals }: { pool: Pool; seals: AuditSeals },
  about: SubjectRef,
  request: SignRequest,
): Promise<SignVerdict> =>
  transaction(pool, async (tx): Promise<SignVerdict> => {
    const now = new Date();
    const subject = subjectOf(about.kind);
    const stand = await subject.lock(tx, about.id);
    await lockForm(tx, about);
    const form = await findForm(tx, about);
    if (!stand || !form) return refusedBy(subject.refusals.missing());
    const given = await signaturesOf(tx, form.id);
    if (await signatureTaken(tx, request.signatureId, form.id, request.staffId))
      return refused('signature.id-taken', 'This signatureId stands for another signature; choose a new one.');
    if (given.some(({ id }) => id === request.signatureId))
      return { kind: 'signed', state: form.state === 'awaiting-leader' ? 'awaiting-leader' : 'signed' };
    if (request.digest !== form.digest)
      return refused(
        'signature.other-digest',
        'This signature is for another form or an older version of this one. Fetch the form and sign it again.',
      );
    if (request.staffId === form.applicantId)
      return refused('signature.applicant', standingMessages['signature.applicant']);
    const awaited = awaitedRole(form.state);
    if (awaited === null) return refusedBy(subject.refusals.notAwaiting(stand.state));
    if (awaited !== request.role)
      return refused(
        'signature.wrong-order',
        `It is the ${awaited}'s turn: the liaison officer signs first, then the leader.`,
      );
    if (now > form.expiresAt) return refused('form.expired', 'The form has expired; submit the campaign again.');
    const signer = await findStaff(tx, request.staffId);
    // What the caller's context said may be old by now; this is what holds.
    const standing = standingOf(
      {
        id: request.staffId,
        own: signer && !signer.disabledAt ? signer.grants : [],
        standIns: signer && !signer.disabledAt ? await standInsOf(tx, request.staffId) : [],
      },
      { role: request.role, unit: stand.unit },
      { applicantId: form.applicantId, signed: await signersOf(tx, form.id) },
      now,
    );
    if (standing.kind === 'refused') return refused(standing.code, standingMessages[standing.code]);
    const live = await subject.formNow(tx, about.id, form.format);
    if (!live || digestOf(live) !== form.digest)
      return refused('form.changed', 'The campaign has been changed since the form was made; submit it again.');
    const key = await usableKey(tx, seals, about, request, now);
    if ('refused' in key) return key.refused;
    if (!(await evidenceHolds(key.credential, request.role, form.digest, request.evidence)))
      return refused(
        'signature.invalid',
        'The signature does not verify with your registered credential over this form.',
      );
    const state = request.role === 'liaison' ? 'awaiting-leader' : 'signed';
    if (!(await subject.move(tx, about.id, state, null, now)))
      return refusedBy(subject.refusals.notAwaiting(stand.state));
    await insertSignature(tx, {
      id: request.signatureId,
      formId: form.id,
      applicantId: form.applicantId,
      role: request.role,
      staffId: request.staffId,
      credentialId: request.credentialId,
      digest: form.digest,
      evidence: request.evidence,
      signedAt: now,
    });
    await record(
      tx,
      {
        actor: `staff:${request.staffId}`,
        action: subject.acts.sign,
        objectKind: about.kind,
        objectId: about.id,
        details: {
          role: request.role,
          digest: form.digest,
          credentialId: request.credentialId,
          fingerprint: key.credential.fingerprint,
          // As they stand now: a name that is changed later does not change who signed.
          name: signer?.name ?? '',
          unit: signer?.unit ?? '',
          signatureId: request.signatureId,
          ...(standing.kind === 'stand-in' && { onBehalfOf: standing.onBehalfOf }),
        },
      },
      now,
      seals.key,
    );
    const item = subject.noticeItem({ id: form.id, subjectId: about.id });
    const news = { kind: 'form-signed', step: request.role, details: { role: request.role } } as const;
    await announce(tx, { ...news, item, actorId: request.staffId }, now);
    await askSigners(tx, about, now);
    return { kind: 'signed', state };
  });

/** The key that the request names, where it is the signer's, approved by the record and not revoked. */
async function usableKey(tx: Tx, seals: AuditSeals, about: SubjectRef, request: SignRequest, now: Date) {
  const credential = await findCredential(tx, request.credentialId);
  if (!credential || credential.staffId !== request.staffId)
    return {
      refused: refused('signature.unknown-credential', 'This credential is not yours or is not registered.'),
    };
  if (credential.state !== 'active')
    return {
      refused: refused(
        'signature.credential-not-active',
        'This credential is not active: an administrator must approve it first.',
      ),
    };
  const acts = await actsOnRecord(tx, { subject: about, credentialIds: [credential.id] }, seals.key.publicKey);
  const approval = { ...credential, credentialId: credential.id };
  if (!approvalStands(approval, request.staffId, now, acts, seals.key.publicKey))
    return {
      refused: refused(
        'signature.credential-not-on-record',
        'The record of this installation does not say that this key was approved: register a new one and have it approved.',
      ),
    };
  return { credential };
}

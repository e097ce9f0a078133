import { awaitedRole } from '../src/form/form-state.rule.ts';
import { standingMessages, standingOf } from '../src/house/delegation.rule.ts';
import { announce } from '../src/house/notice/announce.db.ts';
import { askSigners } from '../src/form/ask-signers.db.ts';
import { record } from '../src/house/audit/audit.db.ts';
import { lockCampaign, moveCampaign } from '../src/campaign/campaign.db.ts';
import { findCredential } from '../src/house/credential.db.ts';
import { signersOf, standInsOf } from '../src/house/delegation.db.ts';
import { findStaff } from '../src/house/staff.db.ts';
import {
  findForm,
  findLiveCampaign,
  formOf,
  insertSignature,
  signaturesOf,
  signatureTaken,
} from '../src/form/form.db.ts';
import { actsOnRecord } from '../src/house/audit/audit-seal.db.ts';
import { transaction } from '../src/kernel/sql.db.ts';
import { approvalStands } from '../src/house/audit/on-record.rule.ts';
import type { SendDeps } from './send-span.ts';
import { digestOf } from '../src/kernel/digest.rule.ts';
import { evidenceHolds } from '../src/house/evidence.rule.ts';
import type { SignRequest } from '../src/house/evidence.rule.ts';

export type SignVerdict =
  | { kind: 'signed'; state: 'awaiting-leader' | 'scheduled' }
  | { kind: 'refused'; code: string; message: string };

const refused = (code: string, message: string): SignVerdict => ({ kind: 'refused', code, message });

/** Verifies a signature and stores it with its audit row; the same signature id twice does one thing. */
export const recordSignature = (
  { pool, seals }: Pick<SendDeps, 'pool' | 'seals'>,
  campaignId: string,
  request: SignRequest,
): Promise<SignVerdict> =>
  transaction(pool, async (tx): Promise<SignVerdict> => {
    const now = new Date();
    const campaign = await lockCampaign(tx, campaignId);
    const form = await findForm(tx, campaignId);
    if (!campaign || !form) return refused('campaign.missing', 'This campaign has no form to sign.');
    const given = await signaturesOf(tx, form.id);
    if (await signatureTaken(tx, request.signatureId, form.id, request.staffId))
      return refused('signature.id-taken', 'This signatureId stands for another signature; choose a new one.');
    if (given.some(({ id }) => id === request.signatureId)) {
      return { kind: 'signed', state: campaign.state === 'awaiting-leader' ? 'awaiting-leader' : 'scheduled' };
    }
    if (request.digest !== form.digest)
      return refused(
        'signature.other-digest',
        'This signature is for another form or an older version of this one. Fetch the form and sign it again.',
      );
    if (request.staffId === form.applicantId)
      return refused('signature.applicant', standingMessages['signature.applicant']);
    const awaited = awaitedRole(campaign.state);
    if (awaited === null)
      return refused(
        'campaign.not-awaiting-signature',
        `This campaign is ${campaign.state}; it takes no signature now.`,
      );
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
      { role: request.role, unit: campaign.unit },
      { applicantId: form.applicantId, signed: await signersOf(tx, form.id) },
      now,
    );
    if (standing.kind === 'refused') return refused(standing.code, standingMessages[standing.code]);
    const live = await findLiveCampaign(tx, campaignId);
    if (!live || digestOf(formOf(live, form.format)) !== form.digest)
      return refused('form.changed', 'The campaign has been changed since the form was made; submit it again.');
    const credential = await findCredential(tx, request.credentialId);
    if (!credential || credential.staffId !== request.staffId)
      return refused('signature.unknown-credential', 'This credential is not yours or is not registered.');
    if (credential.state !== 'active')
      return refused(
        'signature.credential-not-active',
        'This credential is not active: an administrator must approve it first.',
      );
    const acts = await actsOnRecord(tx, { campaignId, credentialIds: [credential.id] }, seals.key.publicKey);
    const approval = { ...credential, credentialId: credential.id };
    if (!approvalStands(approval, request.staffId, now, acts, seals.key.publicKey))
      return refused(
        'signature.credential-not-on-record',
        'The record of this installation does not say that this key was approved: register a new one and have it approved.',
      );
    if (!(await evidenceHolds(credential, request.role, form.digest, request.evidence))) {
      return refused(
        'signature.invalid',
        'The signature does not verify with your registered credential over this form.',
      );
    }
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
    const state = request.role === 'liaison' ? 'awaiting-leader' : 'scheduled';
    await moveCampaign(tx, campaignId, state, null, now);
    await record(
      tx,
      {
        actor: `staff:${request.staffId}`,
        action: 'campaign.sign',
        objectKind: 'campaign',
        objectId: campaignId,
        details: {
          role: request.role,
          digest: form.digest,
          credentialId: request.credentialId,
          fingerprint: credential.fingerprint,
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
    await announce(
      tx,
      {
        kind: 'form-signed',
        item: { kind: 'campaign', id: campaignId },
        actorId: request.staffId,
        step: request.role,
        details: { role: request.role },
      },
      now,
    );
    await askSigners(tx, campaignId, now);
    return { kind: 'signed', state };
  });

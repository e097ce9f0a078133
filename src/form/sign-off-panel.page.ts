import type { Context } from '../house/context.ts';
import type { SignOffView } from './sign-off.command.ts';
import { awaitedRole } from './form-state.rule.ts';
import { eligibleSigners } from './sign-reminder.rule.ts';
import { awaitingForms } from './sign-off.db.ts';
import { possibleSigners } from './sign-reminder.db.ts';
import { findStaff } from '../house/staff.db.ts';
import type { Translate } from '../kernel/translate.ts';
import { faceOf, stateWord } from './paper.page.ts';
import type { Step } from './paper-face.page.ts';

/** What stands beside the paper: steps, the act, the signatures with their evidence, the difference to the returned version. */
export async function panelOf(ctx: Context, view: SignOffView, t: Translate) {
  const { stand, form, act, signatures, revision, reminders } = view;
  const face = faceOf(form.format);
  const nameOf = async (id: string | null): Promise<string | null> =>
    id === null ? null : ((await findStaff(ctx.pool, id))?.name ?? null);
  const liaison = signatures.find(({ role }) => role === 'liaison') ?? null;
  const leader = signatures.find(({ role }) => role === 'leader') ?? null;
  const returned = stand.state === 'rejected' ? await nameOf(textOf(stand.stateReason?.['by'])) : null;
  const awaited = await awaitedNames(ctx, view, nameOf, t);
  const given = await Promise.all(signatures.map((signature) => shownSignature(ctx, signature, nameOf)));
  return {
    act,
    /** For templates, which cannot narrow: the fields of the act that apply, null otherwise. */
    role: 'role' in act ? act.role : null,
    code: act.kind === 'refused' ? act.code : null,
    changed: act.kind === 'changed' ? act.changed.join(', ') : null,
    onBehalfOf: 'onBehalfOf' in act ? await nameOf(act.onBehalfOf) : null,
    requested: act.kind === 'no-passkey' && act.requested,
    keyFile: act.kind === 'no-passkey' && act.keyFile,
    canReject: act.kind === 'sign' || act.kind === 'no-passkey',
    isApplicant: stand.applicantId === ctx.staff.id,
    passkeys:
      act.kind === 'sign'
        ? JSON.stringify(
            act.passkeys.flatMap(({ id, webauthn }) =>
              webauthn ? [{ id, credentialId: webauthn.credentialId, rpId: webauthn.rpId }] : [],
            ),
          )
        : '[]',
    state: stand.state,
    stateWord: stateWord(t, stand.subjectKind, stand.state),
    stateReason: textOf(stand.stateReason?.['reason']),
    returnedBy: returned,
    waitedSeconds: Math.max(0, (ctx.now().getTime() - view.since.getTime()) / 1_000),
    expiresAt: stand.expiresAt,
    steps: stepsOf(view, liaison, leader, awaited),
    agreesWith: liaison && act.kind !== 'changed' ? liaison.staffName : null,
    reminders,
    signers: view.signers?.slice(0, 3).join(t('sign-off.list-comma')) ?? null,
    moreSigners: Math.max(0, (view.signers?.length ?? 0) - 3),
    over: act.kind === 'over' ? await face.over(ctx, view, t) : null,
    version: revision.version,
    previous: revision.previous && {
      number: revision.previous.number,
      version: revision.version - 1,
      reason: revision.previous.reason,
      by: await nameOf(revision.previous.by),
      lines: face.differences(revision.previous.form, form, t),
    },
    seats: (['liaison', 'leader'] as const).map((role) => ({
      role,
      awaited: stand.formState === `awaiting-${role}`,
      names: stand.formState === `awaiting-${role}` ? awaited : '',
      given: given.find((signature) => signature.role === role) ?? null,
    })),
    signatures: given,
  };
}

/** Who can sign next, by name: at most three, since a step is narrow. */
async function awaitedNames(
  ctx: Context,
  { stand }: SignOffView,
  nameOf: (id: string | null) => Promise<string | null>,
  t: Translate,
): Promise<string> {
  const role = awaitedRole(stand.formState);
  const [form] = role
    ? await awaitingForms(ctx.pool, { subject: { kind: stand.subjectKind, id: stand.subjectId } })
    : [];
  if (!role || !form) return '';
  const signers = eligibleSigners(await possibleSigners(ctx.pool, role, form.unit, ctx.now()), role, form, ctx.now());
  const names = await Promise.all(signers.slice(0, 3).map((id) => nameOf(id)));
  return names.filter((name) => name !== null).join(t('campaign.and'));
}

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null);

async function shownSignature(
  ctx: Context,
  given: SignOffView['signatures'][number],
  nameOf: (id: string | null) => Promise<string | null>,
) {
  const { role, digest, fingerprint, webauthn, evidence } = given;
  return {
    role,
    name: given.staffName,
    onBehalfOf: await nameOf(given.onBehalfOf),
    unit: (await findStaff(ctx.pool, given.staffId))?.unit ?? '',
    signedAt: given.signedAt,
    kind: given.kind,
    fingerprint,
    shortFingerprint: `${fingerprint.slice(0, 8)}…${fingerprint.slice(-8)}`,
    /** What the browser needs to judge it by itself. */
    evidence: JSON.stringify({
      role,
      digest,
      publicKey: Buffer.from(given.publicKey).toString('base64url'),
      fingerprint,
      webauthn,
      evidence,
    }),
  };
}

type Given = SignOffView['signatures'][number] | null;

function stepsOf(view: SignOffView, liaison: Given, leader: Given, awaited: string): Step[] {
  const { stand, form } = view;
  const stopped = ['rejected', 'withdrawn', 'expired', 'voided'].includes(stand.formState);
  // Where it ended; what would have come after never began.
  const stoppedAt = !stopped ? null : liaison === null ? 'liaison' : leader === null ? 'leader' : null;
  const seat = (id: 'liaison' | 'leader', given: Given): Step => ({
    id,
    state: given ? 'done' : stand.formState === `awaiting-${id}` ? 'now' : stoppedAt === id ? 'stopped' : 'ahead',
    who: given?.staffName ?? (stand.formState === `awaiting-${id}` ? awaited : ''),
    at: given?.signedAt ?? null,
  });
  return [
    { id: 'applicant', state: 'done', who: form.applicant.name, at: stand.submittedAt ?? stand.createdAt },
    seat('liaison', liaison),
    seat('leader', leader),
    faceOf(form.format).last(view),
  ];
}

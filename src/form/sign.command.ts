import { randomUUIDv7 } from 'node:crypto';
import { demand, demandIn, mutate, type Context } from '../house/context.ts';
import { standInsOf } from '../house/delegation.db.ts';
import { standingMessages, standingOf, type Standing } from '../house/delegation.rule.ts';
import type { Evidence } from '../house/evidence.rule.ts';
import type { SigningRole } from '../house/signing-role.rule.ts';
import { findStaff } from '../house/staff.db.ts';
import { AppError } from '../kernel/app-error.rule.ts';
import { covers, mayInUnit, type Permission } from '../kernel/permission.rule.ts';
import type { Db } from '../kernel/sql.db.ts';
import { awaitedRole } from './form-state.rule.ts';
import { findForm, signaturesOf, signersOf, signatureTaken } from './form.db.ts';
import { subjectOf, type Subject, type SubjectRef, type SubjectStand } from './subject.ts';

export type SignInput = {
  signatureId?: string;
  role: SigningRole;
  credentialId: string;
  digest: string;
  evidence: Evidence;
};

/** Signs the form's digest. The workflow decides; what it refuses is put on record here, since a refused Update leaves no trace there. */
export async function signForm(ctx: Context, about: SubjectRef, input: SignInput): Promise<{ signatureId: string }> {
  demand(ctx, 'campaign:sign');
  if (!ctx.staff.roles.includes(input.role))
    throw new AppError('denied', 'signature.role-not-held', `You do not hold the role ${input.role}.`);
  const subject = subjectOf(about.kind);
  const stand = await demandSubject(ctx, ctx.pool, subject, about.id, 'campaign:sign');
  if (!mayRole(ctx, input.role, stand.unit))
    throw new AppError('denied', 'signature.role-not-held', standingMessages['signature.role-not-held']);
  const form = await findForm(ctx.pool, about);
  const given = form ? await signaturesOf(ctx.pool, form.id) : [];
  // A double click, or a repeat after an answer that got lost: it stands already.
  if (given.some(({ id, staffId }) => id === input.signatureId && staffId === ctx.staff.id))
    return { signatureId: input.signatureId ?? '' };
  if (form && input.signatureId && (await signatureTaken(ctx.pool, input.signatureId, form.id, ctx.staff.id)))
    throw new AppError(
      'conflict',
      'signature.id-taken',
      'This signatureId stands for another signature; choose a new one.',
    );
  if (!form || awaitedRole(form.state) === null) throw subject.refusals.notAwaiting(stand.state);
  const request = { ...input, signatureId: input.signatureId ?? randomUUIDv7(), staffId: ctx.staff.id };
  try {
    await ctx.processes.sign(about, request);
  } catch (error) {
    if (!(error instanceof AppError) || error.kind === 'unavailable') throw error;
    await mutate(ctx, 'campaign:sign', async () => ({
      result: undefined,
      audit: {
        action: subject.acts.refused,
        objectKind: about.kind,
        objectId: about.id,
        details: { code: error.code, role: input.role, digest: input.digest },
      },
    }));
    throw error;
  }
  return { signatureId: request.signatureId };
}

/** Sends the form back with a reason. Only who could sign now may do so. */
export async function rejectForm(ctx: Context, about: SubjectRef, input: { reason: string }): Promise<void> {
  const subject = subjectOf(about.kind);
  await mutate(ctx, 'campaign:sign', async (tx) => {
    const stand = await demandSubject(ctx, tx, subject, about.id, 'campaign:sign');
    const form = await findForm(tx, about);
    const role = form && awaitedRole(form.state);
    const standing = role && (await standingOn(ctx, tx, stand, form, role));
    if (!role || !standing || standing.kind === 'refused') throw subject.refusals.notYoursToReject(stand.state);
    const said = { role, reason: demandReason(input.reason), by: ctx.staff.id };
    const reason = { code: subject.reasons.rejected, ...said };
    if (!(await subject.move(tx, about.id, 'rejected', reason, ctx.now())))
      throw subject.refusals.wrongState(stand.state, 'rejected');
    return {
      result: undefined,
      audit: {
        action: subject.acts.reject,
        objectKind: about.kind,
        objectId: about.id,
        details: {
          role,
          reason: input.reason,
          ...(standing.kind === 'stand-in' && { onBehalfOf: standing.onBehalfOf }),
        },
      },
    };
  });
  await ctx.processes.notify(about, 'ended');
}

/** The applicant takes the form back before anything was done on it. */
export async function withdrawForm(ctx: Context, about: SubjectRef, input: { reason: string }): Promise<void> {
  const subject = subjectOf(about.kind);
  await mutate(ctx, 'campaign:submit', async (tx) => {
    const stand = await demandSubject(ctx, tx, subject, about.id, 'campaign:submit');
    if (stand.applicantId !== ctx.staff.id) throw subject.refusals.notYours();
    const reason = { code: subject.reasons.withdrawn, reason: demandReason(input.reason) };
    if (!(await subject.move(tx, about.id, 'withdrawn', reason, ctx.now())))
      throw subject.refusals.wrongState(stand.state, 'withdrawn');
    return {
      result: undefined,
      audit: {
        action: subject.acts.withdraw,
        objectKind: about.kind,
        objectId: about.id,
        details: { reason: input.reason },
      },
    };
  });
  await ctx.processes.notify(about, 'ended');
}

/** One of a unit that the caller may not read is missing to them. */
export async function demandSubject(
  ctx: Context,
  db: Db,
  subject: Subject,
  id: string,
  permission: Permission,
): Promise<SubjectStand> {
  const stand = await subject.find(db, id);
  if (!stand || !mayInUnit(ctx.staff.grants, 'campaign:read', stand.unit)) throw subject.refusals.missing();
  demandIn(ctx, permission, stand.unit);
  return stand;
}

const mayRole = (ctx: Context, role: SigningRole, unit: string): boolean =>
  ctx.staff.grants.some((grant) => grant.role === role && covers(grant.unit, unit));

/** In whose name the caller decides, by what stands in the database now. */
async function standingOn(
  ctx: Context,
  db: Db,
  stand: SubjectStand,
  form: { id: string; applicantId: string },
  role: SigningRole,
): Promise<Standing> {
  const me = await findStaff(db, ctx.staff.id);
  return standingOf(
    { id: ctx.staff.id, own: me?.grants ?? [], standIns: await standInsOf(db, ctx.staff.id) },
    { role, unit: stand.unit },
    { applicantId: form.applicantId, signed: await signersOf(db, form.id) },
    ctx.now(),
  );
}

function demandReason(reason: string): string {
  const text = reason.trim();
  if (text === '' || text.length > 500)
    throw new AppError('invalid', 'reason.missing', 'Give a reason of 1 to 500 characters.', { field: 'reason' });
  return text;
}

import { AppError } from '../kernel/app-error.rule.ts';
import type { Context } from '../house/context.ts';
import { awaitedRole } from './form-state.rule.ts';
import { findForm, signaturesOf } from './form.db.ts';
import type { SignedText } from './form.rule.ts';
import { loadSubject, signOffCentre } from './sign-off.command.ts';
import type { SubjectRef } from './subject.ts';

/** The canonical form, byte for byte what the digest is of, with who has signed it. By the number of the form, or the id of what it is about. */
export async function showForm(ctx: Context, idOrNumber: string) {
  const { subject, stand } = await loadSubject(ctx, idOrNumber);
  const { id, number, unit, state } = stand;
  const about = { kind: subject.kind, id };
  const { formState, ...form } = await formOnRecord(ctx, about, { state, making: subject.isMaking(state) });
  const { name } = JSON.parse(form.canonical) as SignedText;
  return { ...about, number, name, unit, state, awaits: awaitedRole(formState), ...form };
}

/** Throws `form.not-made` and says why there is none. */
export async function formOnRecord(
  ctx: Pick<Context, 'pool'>,
  about: SubjectRef,
  { state, making }: { state: string; making: boolean },
) {
  const form = await findForm(ctx.pool, about);
  if (!form) {
    const why = making ? 'it is being made; try again in a moment' : `what it would be about is ${state}`;
    throw new AppError('conflict', 'form.not-made', `There is no form: ${why}.`, { state });
  }
  const signatures = await signaturesOf(ctx.pool, form.id);
  return {
    formState: form.state,
    canonical: form.canonical,
    digest: form.digest,
    expiresAt: form.expiresAt,
    signatures: signatures.map(({ role, staffName, kind, fingerprint, signedAt }) => ({
      role,
      staffName,
      kind,
      fingerprint,
      signedAt,
    })),
  };
}

/** Forms that await a signature, of units that the caller may read; `mine`: the caller can give it. */
export async function listAwaited(ctx: Context) {
  const { mine, others } = await signOffCentre(ctx);
  return [...mine, ...others].map((form) => ({
    kind: form.subjectKind,
    id: form.subjectId,
    number: form.number,
    name: form.name,
    unit: form.unit,
    state: form.state,
    awaits: form.role,
    applicantName: form.applicantName,
    since: form.since,
    expiresAt: form.expiresAt,
    mine: form.mine,
  }));
}

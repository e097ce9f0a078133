import { AppError } from '../kernel/app-error.rule.ts';
import { findCredential, type CredentialRow } from '../house/credential.db.ts';
import { formsSignedWith, type FormSignedWith } from './signed-with.db.ts';
import { subjectOf } from './subject.ts';
import { demand, mutate, type Context } from '../house/context.ts';

/** Something that can still go out, or still be signed, with a signature of that key; in the state of its own. */
export type StillSigned = { kind: string; id: string; state: string; href: string } & Pick<
  FormSignedWith,
  'number' | 'name' | 'unit' | 'signedAt' | 'formState'
>;

const mostShown = 500;

/** What a revoked key has signed and what can still go out on it: for its owner, and for whoever decides on keys. */
export async function listSignedWith(
  ctx: Context,
  credentialId: string,
): Promise<{ credential: CredentialRow; signed: StillSigned[] }> {
  const credential = await demandKey(ctx, credentialId);
  return { credential, signed: await stillSigned(ctx, credentialId) };
}

async function stillSigned(ctx: Context, credentialId: string): Promise<StillSigned[]> {
  const forms = await formsSignedWith(ctx.pool, credentialId);
  const states = new Map<string, { state: string; runs: boolean }>();
  for (const kind of new Set(forms.map(({ subjectKind }) => subjectKind))) {
    const ids = forms.filter(({ subjectKind }) => subjectKind === kind).map(({ subjectId }) => subjectId);
    for (const [id, at] of await subjectOf(kind).statesOf(ctx.pool, ids)) states.set(id, at);
  }
  return forms
    .flatMap(({ subjectKind: kind, subjectId: id, ...form }) => {
      const at = states.get(id);
      if (!at || (form.formState === 'signed' && !at.runs)) return [];
      return [{ ...form, kind, id, state: at.state, href: subjectOf(kind).hrefOf(form.number) }];
    })
    .slice(0, mostShown);
}

/**
 * Stops everything that a revoked key has signed. Revoking alone undoes nothing, since a key is mostly given up for other
 * reasons than theft; after a theft these are the ones that nobody of us may have signed. A form that still awaits the leader
 * is voided either way: it has nothing to pause. Who may revoke the key may do so, whatever else they may.
 */
export async function stopSignedWith(
  ctx: Context,
  input: { credentialId: string; how: 'pause' | 'cancel' },
): Promise<{ stopped: StillSigned[] }> {
  const credential = await demandKey(ctx, input.credentialId);
  if (credential.state !== 'revoked')
    throw new AppError('conflict', 'credential.not-revoked', 'Revoke the key first; then stop what it has signed.');
  const stopped: StillSigned[] = [];
  for (const signed of await stillSigned(ctx, credential.id)) {
    const how = signed.formState === 'awaiting-leader' ? 'void' : input.how;
    if (!(await stopOne(ctx, signed, how, credential.fingerprint))) continue;
    stopped.push(signed);
    const event = { void: 'ended', pause: 'paused', cancel: 'cancelled' } as const;
    await ctx.processes.notify({ kind: signed.kind, id: signed.id }, event[how]);
  }
  return { stopped };
}

/** False when it has been stopped or has ended meanwhile. */
async function stopOne(
  ctx: Context,
  { kind, id }: StillSigned,
  how: 'void' | 'pause' | 'cancel',
  fingerprint: string,
): Promise<boolean> {
  const subject = subjectOf(kind);
  const reason = { code: 'signature.key-revoked', by: ctx.staff.id };
  try {
    return await mutate(ctx, 'credential:request', async (tx) => {
      const now = ctx.now();
      const done =
        how === 'void'
          ? await subject.move(tx, id, 'voided', reason, now)
          : await subject.stop(tx, id, how, reason, now);
      if (!done) throw new Standing();
      return {
        result: true,
        audit: {
          action: subject.acts[how],
          objectKind: kind,
          objectId: id,
          details: { code: reason.code, fingerprint },
        },
      };
    });
  } catch (error) {
    if (error instanceof Standing) return false;
    throw error;
  }
}

// Rolls back: nothing happened, so nothing is put on record.
class Standing extends Error {}

async function demandKey(ctx: Context, credentialId: string): Promise<CredentialRow> {
  demand(ctx, 'credential:request');
  const credential = await findCredential(ctx.pool, credentialId);
  if (!credential) throw new AppError('missing', 'credential.missing', 'There is no such signing key.');
  if (credential.staffId !== ctx.staff.id) demand(ctx, 'credential:decide');
  return credential;
}

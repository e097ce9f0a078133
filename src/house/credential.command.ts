import { randomUUIDv7 } from 'node:crypto';
import { AppError } from '../kernel/app-error.rule.ts';
import { rightsOf } from '../kernel/permission.rule.ts';
import {
  countByPerson,
  countRequested,
  decideOn,
  findCredential,
  insertCredential,
  listCredentials as listRows,
  lockCredential,
  revokeCredential as markRevoked,
  type CredentialRow,
} from './credential.db.ts';
import type { Tx } from '../kernel/sql.db.ts';
import { fingerprintOf, possessionMessage, verifyEd25519 } from './evidence.rule.ts';
import { demand, demandOwnSession, mutate, type Context } from './context.ts';
import { demandIndependence } from './key-approval.command.ts';

/** Both base64url: 32 bytes of an Ed25519 public key, and its signature over `possessionMessage`. */
export type CredentialRequest = { label: string; publicKey: string; proof: string };

export async function requestCredential(ctx: Context, input: CredentialRequest): Promise<CredentialRow> {
  const publicKey = Buffer.from(input.publicKey, 'base64url');
  demand(ctx, 'credential:request');
  demandOwnSession(ctx);
  if (publicKey.length !== 32) {
    throw new AppError(
      'invalid',
      'credential.not-ed25519',
      'Give the 32 bytes of an Ed25519 public key as base64url; `waihu keygen` makes one.',
    );
  }
  if (!verifyEd25519(publicKey, possessionMessage(ctx.staff.id, publicKey), Buffer.from(input.proof, 'base64url'))) {
    throw new AppError(
      'invalid',
      'credential.not-proven',
      'The proof is not a signature by this key over your own staff id; sign with the private key that belongs to it.',
    );
  }
  const id = randomUUIDv7();
  const fingerprint = fingerprintOf(publicKey);
  return mutate(ctx, 'credential:request', async (tx) => {
    const fresh = {
      id,
      staffId: ctx.staff.id,
      kind: 'ed25519' as const,
      label: input.label,
      publicKey,
      fingerprint,
      requestedAt: ctx.now(),
    };
    if (!(await insertCredential(tx, fresh))) {
      throw new AppError(
        'conflict',
        'credential.known',
        'This key was registered before; make a new one with `waihu keygen`.',
        { fingerprint },
      );
    }
    await demandFewWaiting(tx, ctx.staff.id);
    return {
      result: await load(tx, id),
      audit: { action: 'credential.requested', objectKind: 'credential', objectId: id, details: { fingerprint } },
    };
  });
}

const mostWaiting = 10;
/** Each is compared and approved by a person: whoever asks for ever more would hide the others'. Throws `credential.too-many-waiting`. */
export async function demandFewWaiting(tx: Tx, staffId: string): Promise<void> {
  const waiting = (await listRows(tx, staffId)).filter(({ state }) => state === 'requested').length;
  if (waiting > mostWaiting)
    throw new AppError(
      'conflict',
      'credential.too-many-waiting',
      `At most ${mostWaiting} signing keys of a person may wait for approval; ask an administrator to decide on those that wait.`,
    );
}

/** Everybody's for those who may see them, one's own for everybody else. */
export async function listCredentials(ctx: Context, input: { staffId?: string | undefined }): Promise<CredentialRow[]> {
  demand(ctx, 'self:read');
  const seesAll = rightsOf(ctx.staff.grants).has('credential:read');
  if (!seesAll && input.staffId !== undefined && input.staffId !== ctx.staff.id) demand(ctx, 'credential:read');
  return listRows(ctx.pool, seesAll ? (input.staffId ?? null) : ctx.staff.id);
}

/** How many signing keys wait for the caller's decision: the count beside the menu entry. */
export async function waitingKeys(ctx: Context): Promise<number> {
  return rightsOf(ctx.staff.grants).has('credential:decide') ? countRequested(ctx.pool, ctx.staff.id) : 0;
}

/** What everybody's signing keys stand at; empty for those who may not see them. */
export async function keysByPerson(ctx: Context): Promise<ReadonlyMap<string, { active: number; requested: number }>> {
  if (!rightsOf(ctx.staff.grants).has('credential:read')) return new Map();
  return new Map((await countByPerson(ctx.pool)).map(({ staffId, ...counts }) => [staffId, counts]));
}

export async function decideCredential(
  ctx: Context,
  input: { credentialId: string; decision: 'approve' | 'decline' },
): Promise<CredentialRow> {
  const approves = input.decision === 'approve';
  return mutate(ctx, 'credential:decide', async (tx) => {
    if (approves) demandOwnSession(ctx);
    const credential = await lockCredential(tx, input.credentialId);
    if (!credential) throw missing();
    if (credential.staffId === ctx.staff.id) throw ownKey();
    if (credential.state !== 'requested') {
      throw new AppError('conflict', 'credential.decided', `This key is ${credential.state} already.`, {
        state: credential.state,
      });
    }
    const rests = approves ? await demandIndependence(tx, ctx, credential) : {};
    await decideOn(tx, credential.id, approves ? 'active' : 'revoked', ctx.staff.id, ctx.now());
    return {
      result: await load(tx, credential.id),
      audit: {
        action: approves ? 'credential.approved' : 'credential.declined',
        objectKind: 'credential',
        objectId: credential.id,
        details: { staffId: credential.staffId, fingerprint: credential.fingerprint, ...rests },
      },
    };
  });
}

/** One's own, or anybody's for those who decide. What it signed stays signed; it signs nothing more. */
export async function revokeCredential(ctx: Context, input: { credentialId: string }): Promise<CredentialRow> {
  return mutate(ctx, 'credential:request', async (tx) => {
    const credential = await lockCredential(tx, input.credentialId);
    if (!credential) throw missing();
    if (credential.staffId !== ctx.staff.id) demand(ctx, 'credential:decide');
    const changed = credential.state !== 'revoked';
    if (changed) await markRevoked(tx, credential.id, ctx.now());
    return {
      result: await load(tx, credential.id),
      audit: {
        action: 'credential.revoked',
        objectKind: 'credential',
        objectId: credential.id,
        details: { staffId: credential.staffId, fingerprint: credential.fingerprint, changed },
      },
    };
  });
}

async function load(tx: Tx, credentialId: string): Promise<CredentialRow> {
  const credential = await findCredential(tx, credentialId);
  if (!credential) throw missing();
  return credential;
}

const ownKey = () =>
  new AppError('denied', 'credential.own', 'Nobody decides on a signing key of their own; another administrator must.');

const missing = () =>
  new AppError(
    'missing',
    'credential.missing',
    'There is no such signing key; `waihu credential list` shows what there is.',
  );

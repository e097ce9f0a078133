import { createHash, randomBytes, randomUUIDv7 } from 'node:crypto';
import { AppError } from '../domain/app-error.ts';
import { record } from '../db/audit.ts';
import { findOpenInvitation, insertInvitation, useInvitation } from '../db/invitation.ts';
import { deleteSecondFactors, deleteSessionsOf, storePasswordHash } from '../db/session.ts';
import { forgetAttemptsOn } from '../db/sign-in-attempt.ts';
import { transaction, type Tx } from '../db/sql.ts';
import type { Visitor } from '../sign-in/answer.ts';
import type { Entry } from '../sign-in/sign-in.ts';
import { mutate, type Context } from './context.ts';
import { signInWithPassword, type Arrival } from './session.ts';
import { demandStaff, insertPerson, type NewStaff } from './staff.ts';
import { demandPassword } from './way-in.ts';

export const invitationHours = 72;
/** `token` is in the answer and nowhere else; the link is `<public address>/welcome/<token>`. */
export type IssuedInvitation = { staffId: string; token: string; expiresAt: Date };

/** Adds a person and gives the link by which they set their password. */
export async function createInvitation(ctx: Context, input: NewStaff): Promise<IssuedInvitation> {
  const staffId = randomUUIDv7();
  return mutate(ctx, 'staff:write', async (tx) => {
    const grants = await insertPerson(tx, staffId, input);
    const { token, expiresAt } = await issueInvitation(tx, { staffId, createdBy: ctx.staff.id }, ctx.now());
    return {
      result: { staffId, token, expiresAt },
      audit: {
        action: 'staff.invited',
        objectKind: 'staff',
        objectId: staffId,
        details: { unit: input.unit, grants, expiresAt: expiresAt.toISOString() },
      },
    };
  });
}

/**
 * A fresh link for somebody whose link was lost or who cannot sign in any more; older links stop working. The password
 * holds until the link is used. `resetsSecondFactor` then also removes the authenticator app and the passkeys.
 */
export async function renewInvitation(
  ctx: Context,
  input: { staffId: string; resetsSecondFactor?: boolean },
): Promise<IssuedInvitation> {
  return mutate(ctx, 'staff:write', async (tx) => {
    const { staffId, resetsSecondFactor = false } = input;
    if (staffId === ctx.staff.id)
      throw new AppError(
        'denied',
        'invitation.own',
        'Change your own password in your settings, or ask another administrator.',
      );
    const person = await demandStaff(tx, staffId);
    if (person.disabledAt)
      throw new AppError('conflict', 'staff.disabled', 'This person is disabled; enable them first.');
    const given = { staffId, createdBy: ctx.staff.id, resetsSecondFactor };
    const { token, expiresAt } = await issueInvitation(tx, given, ctx.now());
    return {
      result: { staffId, token, expiresAt },
      audit: {
        action: 'staff.link-issued',
        objectKind: 'staff',
        objectId: staffId,
        details: { resetsSecondFactor, expiresAt: expiresAt.toISOString() },
      },
    };
  });
}

/** Makes the token and keeps its hash. */
export async function issueInvitation(
  tx: Tx,
  given: { staffId: string; createdBy: string | null; resetsSecondFactor?: boolean },
  now: Date,
): Promise<{ token: string; expiresAt: Date }> {
  const token = randomBytes(32).toString('base64url');
  const expiresAt = new Date(now.getTime() + invitationHours * 3_600_000);
  const { staffId, createdBy, resetsSecondFactor = false } = given;
  await insertInvitation(
    tx,
    { id: randomUUIDv7(), staffId, createdBy, resetsSecondFactor, tokenHash: hashOf(token), expiresAt },
    now,
  );
  return { token, expiresAt };
}

/** Whose link it is, for the page that asks for the password. Throws `invitation.over`. */
export async function readInvitation(
  { pool, now }: Arrival,
  token: string,
): Promise<{ name: string; email: string; expiresAt: Date }> {
  const found = await findOpenInvitation(pool, hashOf(token), now());
  if (!found) throw over();
  const { name, email, expiresAt } = found;
  return { name, email, expiresAt };
}

/**
 * Sets the password and signs in, once. Sessions from before end. Who has an authenticator app is asked for its code, as
 * at any sign-in. Throws `invitation.over`, `password.too-short`.
 */
export async function acceptInvitation(
  arrival: Arrival,
  input: { token: string; password: string },
  visitor: Visitor,
): Promise<Entry> {
  const { pool, signIn, now } = arrival;
  const password = demandPassword(input.password);
  const tokenHash = hashOf(input.token);
  if (!(await findOpenInvitation(pool, tokenHash, now()))) throw over();
  const hash = await signIn.hashPassword(password);
  const email = await transaction(pool, async (tx) => {
    const used = await useInvitation(tx, tokenHash, now());
    if (!used) throw over();
    await storePasswordHash(tx, used.staffId, hash);
    if (used.resetsSecondFactor) await deleteSecondFactors(tx, used.staffId);
    const sessionsEnded = await deleteSessionsOf(tx, used.staffId);
    await forgetAttemptsOn(tx, signIn.keyedHash(`email ${used.email}`));
    const { resetsSecondFactor } = used;
    await record(
      tx,
      {
        actor: `staff:${used.staffId}`,
        action: 'staff.link-used',
        objectKind: 'staff',
        objectId: used.staffId,
        details: { invitationId: used.id, resetsSecondFactor, sessionsEnded },
      },
      now(),
    );
    return used.email;
  });
  arrival.onLinkUsed?.();
  return signInWithPassword(arrival, { email, password }, visitor);
}

const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex');
const over = () =>
  new AppError(
    'missing',
    'invitation.over',
    'This link was used, has expired or was replaced; ask an administrator for another.',
  );

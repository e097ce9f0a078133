import { z } from 'zod';
import { AppError } from '../kernel/app-error.rule.ts';
import {
  deletePasskey,
  deleteSessionsOf,
  findWaysIn,
  listPasskeys,
  storePasswordHash,
  type PasskeyRow,
} from './session.db.ts';
import type { Visitor } from './sign-in/answer.ts';
import { longestPassword, shortestPassword } from './sign-in/limits.ts';
import type { Ceremony } from './sign-in/sign-in.ts';
import { demand, mutate } from './context.ts';
import { attempt, type ArrivedContext } from './session.command.ts';

/** Length is what counts; rules about signs make people write passwords down. */
export const Password = z.string().min(shortestPassword).max(longestPassword);

export type WaysIn = { password: boolean; totp: boolean; passkeys: PasskeyRow[] };

/** How the caller can sign in. */
export async function showWaysIn(ctx: ArrivedContext): Promise<WaysIn> {
  demand(ctx, 'self:read');
  const ways = await findWaysIn(ctx.pool, ctx.staff.id);
  return { password: false, totp: false, ...ways, passkeys: await listPasskeys(ctx.pool, ctx.staff.id) };
}

/** Changes the caller's own password; other sessions end. Throws `password.wrong`, `password.too-short`, `auth.throttled`. */
export async function changePassword(
  ctx: ArrivedContext,
  input: { current: string; next: string; sessionId: string },
  visitor: Visitor,
): Promise<void> {
  demand(ctx, 'self:write');
  const next = demandPassword(input.next);
  await demandOwnPassword(ctx, visitor, async () =>
    (await ctx.signIn.checkPassword(ctx.staff.id, input.current)) ? true : null,
  );
  const hash = await ctx.signIn.hashPassword(next);
  return mutate(ctx, 'self:write', async (tx) => {
    await storePasswordHash(tx, ctx.staff.id, hash);
    const sessionsEnded = await deleteSessionsOf(tx, ctx.staff.id, input.sessionId);
    return { result: undefined, audit: own(ctx, 'staff.password-changed', { sessionsEnded }) };
  });
}

export function demandPassword(given: string): string {
  const read = Password.safeParse(given);
  if (read.success) return read.data;
  const [code, message] =
    given.length < shortestPassword
      ? ['password.too-short', `Give a password of at least ${shortestPassword} characters.`]
      : ['password.too-long', `Give a password of at most ${longestPassword} characters.`];
  throw new AppError('invalid', code, message, { field: 'password' });
}

/** Prepares an authenticator app. It counts from `confirmTotp` on; the back-up codes are shown here and nowhere else. */
export async function beginTotp(
  ctx: ArrivedContext,
  input: { password: string },
  visitor: Visitor,
): Promise<{ uri: string; backupCodes: string[] }> {
  demand(ctx, 'self:write');
  if ((await findWaysIn(ctx.pool, ctx.staff.id))?.totp)
    throw new AppError('conflict', 'totp.set-up-already', 'An authenticator app is set up already; remove it first.');
  return demandOwnPassword(ctx, visitor, () => ctx.signIn.beginTotp(input.password, visitor));
}

/** Switches the app on with its first code. Gives the cookies of the session that replaces this one. Throws `totp.wrong-code`. */
export async function confirmTotp(ctx: ArrivedContext, input: { code: string }, visitor: Visitor): Promise<string[]> {
  demand(ctx, 'self:write');
  const setCookie = await ctx.signIn.confirmTotp(input.code, visitor);
  if (!setCookie) throw new AppError('invalid', 'totp.wrong-code', 'This code is not right; take the next one.');
  await put(ctx, 'staff.totp-on');
  return setCookie;
}

/** Removes the app and its back-up codes. Gives the cookies of the session that replaces this one. */
export async function disableTotp(
  ctx: ArrivedContext,
  input: { password: string },
  visitor: Visitor,
): Promise<string[]> {
  demand(ctx, 'self:write');
  const setCookie = await demandOwnPassword(ctx, visitor, () => ctx.signIn.disableTotp(input.password, visitor));
  await put(ctx, 'staff.totp-off');
  return setCookie;
}

/** Ten new back-up codes in place of the old ones. */
export async function renewBackupCodes(
  ctx: ArrivedContext,
  input: { password: string },
  visitor: Visitor,
): Promise<string[]> {
  demand(ctx, 'self:write');
  if (!(await findWaysIn(ctx.pool, ctx.staff.id))?.totp)
    throw new AppError('conflict', 'totp.not-set-up', 'No authenticator app is set up.');
  const codes = await demandOwnPassword(ctx, visitor, () => ctx.signIn.renewBackupCodes(input.password, visitor));
  await put(ctx, 'staff.backup-codes-renewed');
  return codes;
}

/** For `navigator.credentials.create`. Throws `passkey.sign-in-again` when the session began too long ago. */
export async function passkeyRegistrationOptions(ctx: ArrivedContext, visitor: Visitor): Promise<Ceremony> {
  demand(ctx, 'self:write');
  const ceremony = await ctx.signIn.passkeyRegistrationOptions(visitor);
  if (ceremony) return ceremony;
  throw new AppError('denied', 'passkey.sign-in-again', 'Sign in again before you add a passkey.');
}

/** `response` is what the browser made of the options. Throws `passkey.refused`. */
export async function registerPasskey(
  ctx: ArrivedContext,
  input: { response: Record<string, unknown>; name: string },
  visitor: Visitor,
): Promise<{ id: string }> {
  demand(ctx, 'self:write');
  const made = await ctx.signIn.registerPasskey(
    { response: input.response, name: input.name.trim().slice(0, 80) },
    visitor,
  );
  if (!made) throw new AppError('invalid', 'passkey.refused', 'This passkey could not be registered; try again.');
  await put(ctx, 'passkey.registered', { passkeyId: made.id });
  return made;
}

/** Removes one of the caller's passkeys. Throws `passkey.missing`. */
export async function removePasskey(ctx: ArrivedContext, input: { passkeyId: string }): Promise<void> {
  return mutate(ctx, 'self:write', async (tx) => {
    if (!(await deletePasskey(tx, ctx.staff.id, input.passkeyId)))
      throw new AppError('missing', 'passkey.missing', 'You have no such passkey.');
    return { result: undefined, audit: own(ctx, 'passkey.removed', { passkeyId: input.passkeyId }) };
  });
}

/** Wrong passwords count like those at the door: an open session is no place to guess from. */
async function demandOwnPassword<T>(ctx: ArrivedContext, visitor: Visitor, work: () => Promise<T | null>): Promise<T> {
  const hash = ctx.signIn.keyedHash(`own ${ctx.staff.id}`);
  const done = await attempt(ctx, hash, visitor, async () => {
    const value = await work();
    return value === null ? { kind: 'refused' as const } : { kind: 'right' as const, value };
  });
  if (done.kind === 'right') return done.value;
  throw new AppError('denied', 'password.wrong', 'This is not your password.', { field: 'password' });
}

const own = (ctx: ArrivedContext, action: string, details: Record<string, unknown> = {}) => ({
  action,
  objectKind: 'staff',
  objectId: ctx.staff.id,
  details,
});

// The library has written by now, on a connection of its own (docs/adr/0003-sign-in.md).
const put = (ctx: ArrivedContext, action: string, details: Record<string, unknown> = {}): Promise<void> =>
  mutate(ctx, 'self:write', () => Promise.resolve({ result: undefined, audit: own(ctx, action, details) }));

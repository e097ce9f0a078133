import { AppError } from '../kernel/app-error.rule.ts';
import { record } from './audit/audit.db.ts';
import { deleteSession, deleteSessionsOf, listSessions, type SessionRow } from './session.db.ts';
import { bookAttempt, forgetAttempt, forgetAttemptsOn, type Limits } from './sign-in-attempt.db.ts';
import { findStaffByEmail } from './staff.db.ts';
import { transaction, type Pool } from '../kernel/sql.db.ts';
import type { Visitor } from './sign-in/answer.ts';
import { deviceCookie, knownDevice } from './sign-in/known-device.ts';
import type { Ceremony, Entry, SignIn } from './sign-in/sign-in.ts';
import { createSlowLane, type SlowLane } from './sign-in/slow-lane.ts';
import { demand, mutate, type Context } from './context.ts';

/** What a request of somebody who is not signed in yet can be answered with. */
export type Arrival = {
  pool: Pool;
  signIn: SignIn;
  now: () => Date;
  /** Whether people reach this server by https only. */
  secure?: boolean;
  /** Where attempts of an address wait that guesses. */
  slowLane?: SlowLane;
  /** The first administrator's one-time link was used. */
  onLinkUsed?: (() => void) | undefined;
};
export type ArrivedContext = Context & { signIn: SignIn };
type Method = 'password' | 'second-factor' | 'passkey' | 'oidc';

/** By person and device; an address, behind which a whole house may sit, is slowed down and never locked. */
export const limits: Limits = { minutes: 15, perEmail: 5, perAddress: 30 };

/**
 * Signs in, asks for the second factor, or refuses: the same way whether the address exists or not. Throws
 * `auth.throttled` with `minutes` after 5 refusals of a person's e-mail address in 15 minutes; those that a known device of
 * theirs has had count for that device alone. After 30 refusals a network address is answered slowly.
 */
export async function signInWithPassword(
  arrival: Arrival,
  given: { email: string; password: string },
  visitor: Visitor,
): Promise<Entry> {
  const email = given.email.trim().toLowerCase();
  const { signIn } = arrival;
  const emailHash = signIn.keyedHash(`email ${email}`);
  const device = knownDevice(signIn, emailHash, visitor);
  const counted = device === null ? emailHash : signIn.keyedHash(`email ${email} device ${device}`);
  const entry = await attempt(arrival, counted, visitor, () =>
    signIn.signInPassword({ email, password: given.password }, visitor),
  );
  // Looked up in either case: a refusal must not take longer for people who exist.
  const person = await findStaffByEmail(arrival.pool, email);
  if (entry.kind !== 'refused') await forgetAttemptsOn(arrival.pool, counted);
  await put(arrival, 'password', entry, person?.id ?? emailHash);
  if (entry.kind === 'refused' || entry.kind === 'locked' || device !== null) return entry;
  return { ...entry, setCookie: [...entry.setCookie, deviceCookie(signIn, emailHash, arrival.secure ?? false)] };
}

/** A code of the app or a back-up code, with the cookie of a right password. Throws `auth.throttled`. */
export async function signInWithCode(arrival: Arrival, code: string, visitor: Visitor): Promise<Entry> {
  const entry = await attempt(arrival, null, visitor, () => arrival.signIn.verifySecondFactor(code, visitor));
  await put(arrival, 'second-factor', entry, addressHash(arrival, visitor));
  if (entry.kind === 'locked') throw throttled(15 * 60);
  return entry;
}

export const passkeySignInOptions = (arrival: Arrival, visitor: Visitor): Promise<Ceremony> =>
  arrival.signIn.passkeySignInOptions(visitor);

/** `response` is what `navigator.credentials.get` gave. Throws `auth.throttled`. */
export async function signInWithPasskey(
  arrival: Arrival,
  response: Record<string, unknown>,
  visitor: Visitor,
): Promise<Entry> {
  const entry = await attempt(arrival, null, visitor, () => arrival.signIn.signInPasskey(response, visitor));
  await put(arrival, 'passkey', entry, addressHash(arrival, visitor));
  return entry;
}

/** Where to send the browser to sign in at the house's identity server. Throws `oidc.not-set-up`, `oidc.away`. */
export async function startOidc(
  { signIn }: Arrival,
  paths: { onSuccess: string; onRefusal: string },
  visitor: Visitor,
): Promise<{ url: string; setCookie: string[] }> {
  if (!signIn.oidc) throw new AppError('missing', 'oidc.not-set-up', 'No identity server is set up.');
  const started = await signIn.oidc.start(paths, visitor);
  if (!started)
    throw new AppError('unavailable', 'oidc.away', 'The identity server does not answer; sign in another way.');
  return started;
}

/** The way back from it: where to go next, on this server, with cookies for those who are in. */
export async function finishOidc(
  arrival: Arrival,
  url: string,
  visitor: Visitor,
): Promise<{ location: string; setCookie: string[] }> {
  const { oidc } = arrival.signIn;
  if (!oidc) throw new AppError('missing', 'oidc.not-set-up', 'No identity server is set up.');
  const { location, setCookie, session } = await oidc.finish(url, visitor);
  await put(
    arrival,
    'oidc',
    session ? { ...session, kind: 'in' } : { kind: 'refused', setCookie },
    addressHash(arrival, visitor),
  );
  return { location, setCookie };
}

/** Ends the caller's session and gives the cookies that forget it. */
export async function signOut(ctx: ArrivedContext, sessionId: string, visitor: Visitor): Promise<string[]> {
  await revokeSession(ctx, sessionId);
  return ctx.signIn.signOut(visitor);
}

/** Where the caller is signed in, the place used last first. */
export async function browseSessions(ctx: Context): Promise<SessionRow[]> {
  demand(ctx, 'self:read');
  return listSessions(ctx.pool, ctx.staff.id, ctx.now());
}

/** Ends one of the caller's sessions at once. One that has ended already, or is another's, does nothing. */
export async function revokeSession(ctx: Context, sessionId: string): Promise<void> {
  return mutate(ctx, 'self:write', async (tx) => {
    const ended = await deleteSession(tx, ctx.staff.id, sessionId);
    return { result: undefined, audit: ofSession('session.ended', sessionId, { ended: ended ? 1 : 0 }) };
  });
}

/** Signs the caller out everywhere but here. Gives how many sessions ended. */
export async function revokeOtherSessions(ctx: Context, keptSessionId: string): Promise<number> {
  return mutate(ctx, 'self:write', async (tx) => {
    const ended = await deleteSessionsOf(tx, ctx.staff.id, keptSessionId);
    return { result: ended, audit: ofSession('session.others-ended', keptSessionId, { ended }) };
  });
}

/** Books the attempt, makes it, and forgets it unless it was refused. */
export async function attempt<T extends { kind: string }>(
  arrival: Arrival,
  emailHash: string | null,
  visitor: Visitor,
  work: () => Promise<T>,
): Promise<T> {
  const { pool, now } = arrival;
  const hashes = { emailHash, addressHash: addressHash(arrival, visitor) };
  const booked = await transaction(pool, (tx) => bookAttempt(tx, hashes, limits, now()));
  if (booked.kind === 'wait') throw throttled(Math.ceil((booked.until.getTime() - now().getTime()) / 1000));
  if (booked.slow) {
    await (arrival.slowLane ?? sharedLane).turn(hashes.addressHash).catch(async (error: unknown) => {
      // Not tried: it must not count against the person either.
      await forgetAttempt(pool, booked.id);
      throw error;
    });
  }
  const done = await work();
  if (done.kind !== 'refused' && done.kind !== 'locked') await forgetAttempt(pool, booked.id);
  return done;
}

const addressHash = ({ signIn }: Arrival, { address }: Visitor): string => signIn.keyedHash(`address ${address}`);

const sharedLane = createSlowLane();

const throttled = (seconds: number) => {
  const minutes = Math.max(1, Math.ceil(seconds / 60));
  return new AppError('denied', 'auth.throttled', `Too many attempts; try again in about ${minutes} minutes.`, {
    retryAfterSeconds: Math.max(1, seconds),
    minutes,
  });
};

const ofSession = (action: string, objectId: string, details: Record<string, unknown>) => ({
  action,
  objectKind: 'session',
  objectId,
  details,
});

/** `who` stands for a refused visitor: the person's id, or a keyed hash where there is none. */
async function put({ pool, now }: Arrival, method: Method, entry: Entry, who: string): Promise<void> {
  if (entry.kind === 'second-factor') return;
  const row =
    entry.kind === 'in'
      ? { actor: `staff:${entry.staffId}`, ...ofSession('session.created', entry.sessionId, { method }) }
      : { actor: 'system', ...ofSession('session.refused', who, { method }) };
  await transaction(pool, (tx) => record(tx, row, now()));
}

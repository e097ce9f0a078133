import { createHash, randomBytes, randomUUIDv7 } from 'node:crypto';
import { z } from 'zod';
import { AppError } from '../kernel/app-error.rule.ts';
import { record } from './audit/audit.db.ts';
import {
  findOpenInvitation,
  findSealedToken,
  insertInvitation,
  listSealedTokens,
  useInvitation,
  type Invitation,
} from './invitation.db.ts';
import { firstAddress, setFacts, setLanguage } from './staff.db.ts';
import { deleteSecondFactors, deleteSessionsOf, storePasswordHash } from './session.db.ts';
import { forgetAttemptsOn } from './sign-in-attempt.db.ts';
import { transaction, type Tx } from '../kernel/sql.db.ts';
import type { Visitor } from './sign-in/answer.ts';
import type { Entry, SignIn } from './sign-in/sign-in.ts';
import { demand, mutate, type Context } from './context.ts';
import { demandNotBehind, throughAnother, wayInDaysOf } from './key-approval.command.ts';
import { signInWithPassword, type Arrival } from './session.command.ts';
import { oneLine } from '../kernel/field.rule.ts';
import { ensureUnits, UnitName } from './unit.command.ts';
import { demandStaff, insertPerson, type NewStaff } from './staff.command.ts';
import { demandPassword } from './way-in.command.ts';

export const invitationHours = 72;
/** `token` is in the answer and nowhere else; the link is `<public address>/welcome/<token>`. */
export type IssuedInvitation = { staffId: string; token: string; expiresAt: Date };

/** With `signIn` the link can be shown again to who made it. */
type InvitingContext = Context & { signIn?: Pick<SignIn, 'sealText' | 'openText'> };
const shownMinutes = 60;
/** A link that was made since then is shown again. */
const shownSince = (now: Date): Date => new Date(now.getTime() - shownMinutes * 60_000);

/** The link that the caller made for this person within the hour, while nobody has used it; null otherwise. */
export async function showInvitationAgain(ctx: InvitingContext, staffId: string): Promise<IssuedInvitation | null> {
  demand(ctx, 'staff:write');
  const now = ctx.now();
  const kept = await findSealedToken(ctx.pool, { staffId, createdBy: ctx.staff.id }, shownSince(now), now);
  const token = kept && (ctx.signIn?.openText(kept.sealedToken) ?? null);
  return kept && token !== null ? { staffId, token, expiresAt: kept.expiresAt } : null;
}

/** The links that the caller made within the hour and nobody has used yet, as `showInvitationAgain` shows them one by one. */
export async function listInvitationsAgain(
  ctx: InvitingContext,
): Promise<(IssuedInvitation & { name: string; email: string })[]> {
  demand(ctx, 'staff:write');
  const now = ctx.now();
  return (await listSealedTokens(ctx.pool, ctx.staff.id, shownSince(now), now)).flatMap(({ sealedToken, ...whose }) => {
    const token = ctx.signIn?.openText(sealedToken) ?? null;
    return token === null ? [] : [{ ...whose, token }];
  });
}

/** Adds a person and gives the link by which they set their password. */
export async function createInvitation(ctx: InvitingContext, input: NewStaff): Promise<IssuedInvitation> {
  return mutate(ctx, 'staff:write', async (tx) => {
    const { issued, audit } = await invite(tx, ctx, input);
    return { result: issued, audit };
  });
}

/** Adds several people or none, each with an audit row of their own. A refusal names its row as `row.<index>`. */
export async function createInvitations(
  ctx: InvitingContext,
  people: readonly NewStaff[],
): Promise<IssuedInvitation[]> {
  if (people.length === 0) throw new AppError('invalid', 'staff.no-rows', 'Give at least one person.');
  return mutate(ctx, 'staff:write', async (tx) => {
    const rows: Awaited<ReturnType<typeof invite>>[] = [];
    for (const [index, input] of people.entries())
      rows.push(
        await invite(tx, ctx, input).catch((error: unknown) => {
          throw error instanceof AppError ? ofRow(error, index) : error;
        }),
      );
    // The record is written last: whoever holds its chain waits for nobody's address.
    const audits = rows.map(({ audit }) => audit);
    const last = audits.pop();
    if (!last) throw new Error('Nobody was invited.');
    for (const audit of audits) await record(tx, { ...audit, actor: `staff:${ctx.staff.id}` }, ctx.now());
    return { result: rows.map(({ issued }) => issued), audit: last };
  });
}

const ofRow = (error: AppError, index: number): AppError =>
  new AppError(error.kind, error.code, error.message, { ...error.details, field: `row.${index}` });

async function invite(tx: Tx, ctx: InvitingContext, input: NewStaff) {
  const staffId = randomUUIDv7();
  const grants = await insertPerson(tx, { actor: `staff:${ctx.staff.id}`, now: ctx.now() }, staffId, input);
  const given = { staffId, createdBy: ctx.staff.id, sealText: ctx.signIn?.sealText };
  const { token, expiresAt } = await issueInvitation(tx, given, ctx.now());
  return {
    issued: { staffId, token, expiresAt },
    audit: {
      action: 'staff.invited',
      objectKind: 'staff',
      objectId: staffId,
      details: { unit: input.unit, grants, expiresAt: expiresAt.toISOString() },
    },
  };
}

/**
 * A fresh link for somebody whose link was lost or who cannot sign in any more; older links stop working. The password
 * holds until the link is used. `resetsSecondFactor` then also removes the authenticator app and the passkeys.
 */
export async function renewInvitation(
  ctx: InvitingContext,
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
    await demandNotBehind(
      tx,
      ctx,
      staffId,
      new AppError('denied', 'invitation.own-through-another', throughAnother, { days: wayInDaysOf(ctx) }),
    );
    const person = await demandStaff(tx, staffId);
    if (person.disabledAt)
      throw new AppError('conflict', 'staff.disabled', 'This person is disabled; enable them first.');
    const given = { staffId, createdBy: ctx.staff.id, resetsSecondFactor, sealText: ctx.signIn?.sealText };
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
  given: {
    staffId: string;
    createdBy: string | null;
    resetsSecondFactor?: boolean;
    /** So that who made the link can look at it again. */
    sealText?: SignIn['sealText'] | undefined;
  },
  now: Date,
): Promise<{ token: string; expiresAt: Date }> {
  const token = randomBytes(32).toString('base64url');
  const expiresAt = new Date(now.getTime() + invitationHours * 3_600_000);
  const { staffId, createdBy, resetsSecondFactor = false, sealText } = given;
  const sealedToken = sealText ? sealText(token) : null;
  await insertInvitation(
    tx,
    { id: randomUUIDv7(), staffId, createdBy, resetsSecondFactor, tokenHash: hashOf(token), sealedToken, expiresAt },
    now,
  );
  return { token, expiresAt };
}

/** Whose link it is, for the page that asks for the password. Throws `invitation.over`. */
export async function readInvitation(
  { pool, now }: Arrival,
  token: string,
): Promise<{ name: string; email: string; expiresAt: Date; first: boolean }> {
  const found = await findOpenInvitation(pool, hashOf(token), now());
  if (!found) throw over();
  const { name, email, expiresAt } = found;
  return { name, email, expiresAt, first: isFirst(found) };
}

/** The first administrator's, who is nobody by name yet. */
const isFirst = ({ createdBy, email }: Pick<Invitation, 'createdBy' | 'email'>): boolean =>
  createdBy === null && email === firstAddress;

/** What the first administrator says of themselves. */
export const FirstPerson = z.object({
  name: oneLine(100),
  email: z.email().max(254).toLowerCase(),
  company: UnitName,
});

/**
 * Sets the password and signs in, once. Sessions from before end. Who has an authenticator app is asked for its code, as
 * at any sign-in. `language` is what the page was read in, and what the person goes on in. Throws `invitation.over`,
 * `password.too-short`.
 */
export async function acceptInvitation(
  arrival: Arrival,
  input: { token: string; password: string; language?: 'zh-CN' | 'en'; first?: z.output<typeof FirstPerson> },
  visitor: Visitor,
): Promise<Entry> {
  const { pool, signIn, now } = arrival;
  const password = demandPassword(input.password);
  const tokenHash = hashOf(input.token);
  if (!(await findOpenInvitation(pool, tokenHash, now()))) throw over();
  const hash = await signIn.hashPassword(password);
  const used = await transaction(pool, async (tx) => {
    const invitation = await useInvitation(tx, tokenHash, now());
    if (!invitation) throw over();
    const { staffId, resetsSecondFactor } = invitation;
    const email =
      isFirst(invitation) && input.first ? await introduce(tx, staffId, input.first, now()) : invitation.email;
    await storePasswordHash(tx, staffId, hash);
    if (input.language) await setLanguage(tx, staffId, input.language);
    if (resetsSecondFactor) await deleteSecondFactors(tx, staffId);
    const sessionsEnded = await deleteSessionsOf(tx, staffId);
    await forgetAttemptsOn(tx, signIn.keyedHash(`email ${invitation.email}`));
    await record(
      tx,
      {
        actor: `staff:${staffId}`,
        action: 'staff.link-used',
        objectKind: 'staff',
        objectId: staffId,
        details: {
          invitationId: invitation.id,
          resetsSecondFactor,
          sessionsEnded,
          introduced: email !== invitation.email,
          ...(input.language && { language: input.language }),
        },
      },
      now(),
    );
    return { ...invitation, email };
  });
  if (used.createdBy === null) arrival.onLinkUsed?.();
  return signInWithPassword(arrival, { email: used.email, password }, visitor);
}

async function introduce(
  tx: Tx,
  staffId: string,
  { name, email, company }: z.output<typeof FirstPerson>,
  at: Date,
): Promise<string> {
  await ensureUnits(tx, [company], `staff:${staffId}`, at);
  await setFacts(tx, staffId, { name, email, unit: company });
  return email;
}

const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex');
const over = () =>
  new AppError(
    'missing',
    'invitation.over',
    'This link was used, has expired or was replaced; ask an administrator for another.',
  );

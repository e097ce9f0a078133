import { randomBytes, randomUUIDv7 } from 'node:crypto';
import { verifyRegistrationResponse, type RegistrationResponseJSON } from '@simplewebauthn/server';
import { AppError } from '../kernel/app-error.rule.ts';
import { findCredential, insertCredential, listCredentials, type CredentialRow } from './credential.db.ts';
import { storeChallenge, takeChallenge } from './signing-challenge.db.ts';
import { fingerprintOf } from './evidence.rule.ts';
import { demand, demandOwnSession, mutate, type Context } from './context.ts';
import { demandFewWaiting } from './credential.command.ts';

/** For whom a passkey is made: the host and origin that browsers see, `publicUrl`'s. */
export type RelyingParty = { rpId: string; origin: string };
export const relyingPartyOf = (publicUrl: string): RelyingParty => {
  const { hostname, origin } = new URL(publicUrl);
  return { rpId: hostname, origin };
};

const challengeSeconds = 300;
/** COSE: ES256, and RS256 for older Windows Hello. What the archive's verifiers can judge. */
const algorithms = [-7, -257];

/** What `navigator.credentials.create` is called with; bytes are base64url. */
export type PasskeyOptions = {
  challenge: string;
  rpId: string;
  rpName: string;
  userId: string;
  userName: string;
  algorithms: readonly number[];
  /** Passkeys that this person has already: an authenticator that holds one is not asked for another. */
  exclude: readonly string[];
  timeoutMs: number;
};

/** Begins the registration of a passkey for signing: a challenge for this person, once, for five minutes. */
export async function beginPasskey(ctx: Context, rp: RelyingParty): Promise<PasskeyOptions> {
  demand(ctx, 'credential:request');
  demandOwnSession(ctx);
  const now = ctx.now();
  const challenge = randomBytes(32).toString('base64url');
  const expiresAt = new Date(now.getTime() + challengeSeconds * 1_000);
  await storeChallenge(ctx.pool, { challenge, staffId: ctx.staff.id, expiresAt }, now);
  const known = await listCredentials(ctx.pool, ctx.staff.id);
  return {
    challenge,
    rpId: rp.rpId,
    rpName: 'Waihu',
    // Not the person's own handle: a passkey of the same handle and host would take the place of the one for signing in.
    userId: randomBytes(32).toString('base64url'),
    userName: ctx.staff.name,
    algorithms,
    exclude: known.flatMap(({ webauthn, state }) => (webauthn && state !== 'revoked' ? [webauthn.credentialId] : [])),
    timeoutMs: challengeSeconds * 1_000,
  };
}

const refused = (code: string, message: string): AppError => new AppError('invalid', code, message);

/** Registers the passkey that answered the challenge. It signs nothing before somebody else has approved it. */
export async function registerPasskey(
  ctx: Context,
  rp: RelyingParty,
  input: { label: string; response: RegistrationResponseJSON },
): Promise<CredentialRow> {
  demand(ctx, 'credential:request');
  demandOwnSession(ctx);
  const challenge = challengeIn(input.response);
  // Used up whatever comes of it: a response that failed once is not tried again.
  if (challenge === null || !(await takeChallenge(ctx.pool, challenge, ctx.staff.id, ctx.now()))) {
    throw refused(
      'credential.challenge-over',
      'This registration is older than five minutes, was used before or is not yours; begin again.',
    );
  }
  const passkey = await verified(rp, challenge, input.response);
  const id = randomUUIDv7();
  const fingerprint = fingerprintOf(passkey.publicKey);
  return mutate(ctx, 'credential:request', async (tx) => {
    const fresh = {
      id,
      staffId: ctx.staff.id,
      kind: 'passkey' as const,
      label: input.label,
      publicKey: passkey.publicKey,
      webauthn: { credentialId: passkey.id, ...rp },
      fingerprint,
      requestedAt: ctx.now(),
    };
    if (!(await insertCredential(tx, fresh)))
      throw new AppError('conflict', 'credential.known', 'This key was registered before.', { fingerprint });
    await demandFewWaiting(tx, ctx.staff.id);
    const stored = await findCredential(tx, id);
    if (!stored) throw new Error('A credential inserted a moment ago must be there.');
    return {
      result: stored,
      audit: {
        action: 'credential.requested',
        objectKind: 'credential',
        objectId: id,
        details: { kind: 'passkey', fingerprint },
      },
    };
  });
}

function challengeIn(response: RegistrationResponseJSON): string | null {
  try {
    const said = JSON.parse(Buffer.from(response.response.clientDataJSON, 'base64url').toString('utf8')) as unknown;
    const challenge = typeof said === 'object' && said !== null && 'challenge' in said ? said.challenge : null;
    return typeof challenge === 'string' ? challenge : null;
  } catch {
    return null;
  }
}

async function verified(
  rp: RelyingParty,
  challenge: string,
  response: RegistrationResponseJSON,
): Promise<{ id: string; publicKey: Uint8Array }> {
  try {
    const { verified: holds, registrationInfo } = await verifyRegistrationResponse({
      response,
      expectedChallenge: challenge,
      expectedOrigin: rp.origin,
      expectedRPID: rp.rpId,
      requireUserVerification: true,
      supportedAlgorithmIDs: algorithms,
    });
    if (holds) return registrationInfo.credential;
  } catch (error) {
    // The library throws on every mismatch (origin, host, flags, attestation); its sentence stays in the log as the cause.
    throw new AppError('invalid', 'credential.passkey-not-verified', unverified, undefined, { cause: error });
  }
  throw refused('credential.passkey-not-verified', unverified);
}
const unverified =
  'This passkey cannot be registered: it must be made on this site, and with a fingerprint, face or PIN (user verification).';

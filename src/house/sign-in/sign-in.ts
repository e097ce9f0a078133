import { createHmac } from 'node:crypto';
import type { AuthenticationResponseJSON } from '@simplewebauthn/server';
import type { InstallationKey } from '../../kernel/installation-key.rule.ts';
import type { Pool } from '../../kernel/sql.db.ts';
import { findPasswordHash, findSessionByToken } from '../session.db.ts';
import { answerOf, headersOf, type Answer, type Visitor } from './answer.ts';
import { createSealer } from './sealer.ts';
import { createLibrary, keyPrefix, oidcProvider, type OidcSettings } from './library.ts';

export type IssuedKey = { id: string; secret: string };
/** `setCookie`: lines for the answer's `set-cookie` headers, to be sent whatever the kind. */
export type Entry =
  | { kind: 'in'; staffId: string; sessionId: string; setCookie: string[] }
  /** The password was right; now `verifySecondFactor`, with the cookie that this sets (ten minutes). */
  | { kind: 'second-factor'; setCookie: string[] }
  | { kind: 'refused'; setCookie: string[] }
  /** The second factor was wrong too often; for a quarter of an hour no code is taken. */
  | { kind: 'locked'; setCookie: string[] };
export type Session = { sessionId: string; staffId: string; setCookie: string[] };
/** Options for `navigator.credentials`, with the cookie that holds the challenge (five minutes). */
export type Ceremony = { options: Record<string, unknown>; setCookie: string[] };

/** What the rest of Waihu asks of the sign-in library; nothing else imports it. Each throws when the database is away. */
export type SignIn = {
  /** Makes a key for a person. The secret is shown here once and stored only as a hash. */
  issueKey(request: { staffId: string; name: string; expiresInSeconds: number | null }): Promise<IssuedKey>;
  /** Whose key it is, or null when it is unknown, revoked or expired. */
  verifyKey(given: string): Promise<{ keyId: string; staffId: string } | null>;
  /** Disabled people, unknown addresses and wrong passwords are refused alike, after the same work. */
  signInPassword(given: { email: string; password: string }, visitor: Visitor): Promise<Entry>;
  /** A code of the authenticator app (six digits) or a back-up code, which works once. */
  verifySecondFactor(code: string, visitor: Visitor): Promise<Entry>;
  passkeySignInOptions(visitor: Visitor): Promise<Ceremony>;
  signInPasskey(response: Record<string, unknown>, visitor: Visitor): Promise<Entry>;
  /** Null when the session has not begun within the last twelve hours: sign in again first. */
  passkeyRegistrationOptions(visitor: Visitor): Promise<Ceremony | null>;
  registerPasskey(
    given: { response: Record<string, unknown>; name: string },
    visitor: Visitor,
  ): Promise<{ id: string } | null>;
  /** The person of the session cookie, renewing it when it is older than a quarter of an hour; null for nobody. */
  sessionOf(visitor: Visitor): Promise<Session | null>;
  /** Ends the session of the cookie and gives the cookies that forget it. */
  signOut(visitor: Visitor): Promise<string[]>;
  hashPassword(password: string): Promise<string>;
  /** Whether it is this person's password; false for people without one. */
  checkPassword(staffId: string, password: string): Promise<boolean>;
  /** Prepares the authenticator app: an otpauth URI for the QR code and ten back-up codes, shown once. Null: wrong password. */
  beginTotp(password: string, visitor: Visitor): Promise<{ uri: string; backupCodes: string[] } | null>;
  /** The first code from the app switches it on. The session is replaced; null when the code is wrong. */
  confirmTotp(code: string, visitor: Visitor): Promise<string[] | null>;
  /** Null: wrong password. The session is replaced. */
  disableTotp(password: string, visitor: Visitor): Promise<string[] | null>;
  /** Replaces the back-up codes. Null: wrong password, or no app is set up. */
  renewBackupCodes(password: string, visitor: Visitor): Promise<string[] | null>;
  /** Null when no identity server is set up. */
  oidc: null | {
    /** Where to send the browser. Null when the identity server does not answer. Paths are on this server. */
    start(
      paths: { onSuccess: string; onRefusal: string },
      visitor: Visitor,
    ): Promise<{ url: string; setCookie: string[] } | null>;
    /** The way back, `GET /api/auth/callback/oidc`; `url` is the request's path with its query. */
    finish(url: string, visitor: Visitor): Promise<{ location: string; setCookie: string[]; session: Session | null }>;
  };
  /** The same for the same text, and of no use without the installation's key: for records that must not name what they count. */
  keyedHash(text: string): string;
  /** Enciphers; `openText` gives it back, or null for what was changed or sealed with another key. */
  sealText(text: string): string;
  openText(sealed: string): string | null;
};

export type SignInOptions = { pool: Pool; key: InstallationKey; baseUrl: string; oidc?: OidcSettings | undefined };

/** Every API of the installation has the same key: a session that one began holds at the others. */
export function createSignIn({ pool, key, baseUrl, oidc }: SignInOptions): SignIn {
  const secret = key.subkey('sign-in').toString('hex');
  const recordHash = key.subkey('record-hash');
  const auth = createLibrary({ pool, secret, baseUrl, oidc: null });
  const sessionCookie = `${baseUrl.startsWith('https:') ? '__Secure-' : ''}waihu.session_token=`;
  const read = (response: Response) => answerOf(response, pool);

  const entryOf = async ({ ok, status, body, setCookie }: Answer): Promise<Entry> => {
    if (status === 429) return { kind: 'locked', setCookie };
    if (ok && body['twoFactorRedirect'] === true) return { kind: 'second-factor', setCookie };
    const nested = body['session'] as { token?: unknown } | undefined;
    const token = body['token'] ?? nested?.token;
    const session = ok && typeof token === 'string' ? await findSessionByToken(pool, token) : null;
    return session
      ? { kind: 'in', staffId: session.staffId, sessionId: session.id, setCookie }
      : { kind: 'refused', setCookie };
  };
  const asResponse = true as const;

  const signIn: SignIn = {
    async issueKey({ staffId, name, expiresInSeconds }) {
      const made = await auth.api.createApiKey({ body: { userId: staffId, name, expiresIn: expiresInSeconds } });
      return { id: made.id, secret: made.key };
    },
    async verifyKey(given) {
      if (!given.startsWith(keyPrefix)) return null;
      const { valid, key: known } = await auth.api.verifyApiKey({ body: { key: given } });
      if (valid && known) return { keyId: known.id, staffId: known.referenceId };
      // The library calls a key invalid when it could not look: a database that is away must not read as a wrong key.
      await pool.query('select 1');
      return null;
    },
    async signInPassword(body, visitor) {
      return entryOf(await read(await auth.api.signInEmail({ body, headers: headersOf(visitor), asResponse })));
    },
    async verifySecondFactor(given, visitor) {
      const headers = headersOf(visitor);
      // Somebody who is signed in already would have their session confirmed without the count of wrong codes.
      if (await signIn.sessionOf(visitor)) return { kind: 'refused', setCookie: [] };
      const code = given.replaceAll(/\s/g, '');
      return /^\d{6}$/.test(code)
        ? entryOf(await read(await auth.api.verifyTOTP({ body: { code }, headers, asResponse })))
        : entryOf(await read(await auth.api.verifyBackupCode({ body: { code }, headers, asResponse })));
    },
    async passkeySignInOptions(visitor) {
      const answer = await read(
        await auth.api.generatePasskeyAuthenticationOptions({ headers: headersOf(visitor), asResponse }),
      );
      return { options: { ...answer.body, userVerification: 'required' }, setCookie: answer.setCookie };
    },
    async signInPasskey(response, visitor) {
      if (typeof response['id'] !== 'string') return { kind: 'refused', setCookie: [] };
      const body = { response: response as unknown as AuthenticationResponseJSON };
      const headers = headersOf(visitor);
      return entryOf(await read(await auth.api.verifyPasskeyAuthentication({ body, headers, asResponse })));
    },
    async passkeyRegistrationOptions(visitor) {
      const { ok, body, setCookie } = await read(
        await auth.api.generatePasskeyRegistrationOptions({ headers: headersOf(visitor), asResponse }),
      );
      return ok ? { options: body, setCookie } : null;
    },
    async registerPasskey(body, visitor) {
      const answer = await read(
        await auth.api.verifyPasskeyRegistration({ body, headers: headersOf(visitor), asResponse }),
      );
      return answer.ok ? { id: String(answer.body['id']) } : null;
    },
    async sessionOf(visitor) {
      if (!(visitor.headers.cookie ?? '').includes(sessionCookie)) return null;
      const { body, setCookie } = await read(await auth.api.getSession({ headers: headersOf(visitor), asResponse }));
      const session = body['session'] as { id: string; userId: string } | undefined;
      return session ? { sessionId: session.id, staffId: session.userId, setCookie } : null;
    },
    async signOut(visitor) {
      return (await read(await auth.api.signOut({ headers: headersOf(visitor), asResponse }))).setCookie;
    },
    hashPassword: async (password) => (await auth.$context).password.hash(password),
    async checkPassword(staffId, password) {
      const { password: hasher } = await auth.$context;
      const hash = await findPasswordHash(pool, staffId);
      return hash !== null && hasher.verify({ hash, password });
    },
    async beginTotp(password, visitor) {
      const { ok, body } = await read(
        await auth.api.enableTwoFactor({ body: { password, method: 'totp' }, headers: headersOf(visitor), asResponse }),
      );
      return ok ? { uri: String(body['totpURI']), backupCodes: body['backupCodes'] as string[] } : null;
    },
    async confirmTotp(code, visitor) {
      const { ok, setCookie } = await read(
        await auth.api.verifyTOTP({
          body: { code: code.replaceAll(/\s/g, '') },
          headers: headersOf(visitor),
          asResponse,
        }),
      );
      return ok ? setCookie : null;
    },
    async disableTotp(password, visitor) {
      const { ok, setCookie } = await read(
        await auth.api.disableTwoFactor({ body: { password }, headers: headersOf(visitor), asResponse }),
      );
      return ok ? setCookie : null;
    },
    async renewBackupCodes(password, visitor) {
      const { ok, body } = await read(
        await auth.api.generateBackupCodes({ body: { password }, headers: headersOf(visitor), asResponse }),
      );
      return ok ? (body['backupCodes'] as string[]) : null;
    },
    oidc: oidc ? createOidc({ pool, secret, baseUrl, oidc }, () => signIn) : null,
    keyedHash: (text) => createHmac('sha256', recordHash).update(text).digest('hex'),
    ...createSealer(key),
  };
  return signIn;
}

/**
 * Apart from the rest: the library asks the identity server about itself when it is made, and one that is away must
 * neither hold up passwords and keys nor stay unknown until the next start.
 */
function createOidc(
  { pool, secret, baseUrl, oidc }: { pool: Pool; secret: string; baseUrl: string; oidc: OidcSettings },
  signIn: () => SignIn,
): NonNullable<SignIn['oidc']> {
  let made: ReturnType<typeof createLibrary> | null = null;
  const library = () => (made ??= createLibrary({ pool, secret, baseUrl, oidc }));
  return {
    async start({ onSuccess, onRefusal }, visitor) {
      const response = await library().api.signInSocial({
        body: { provider: oidcProvider, callbackURL: onSuccess, errorCallbackURL: onRefusal, disableRedirect: true },
        headers: headersOf(visitor),
        asResponse: true,
      });
      const { ok, body, setCookie } = await answerOf(response, pool);
      if (ok && typeof body['url'] === 'string') return { url: body['url'], setCookie };
      made = null;
      return null;
    },
    async finish(url, visitor) {
      const request = new Request(new URL(url, baseUrl), { headers: headersOf(visitor) });
      const response = await library().handler(request);
      const setCookie = response.headers.getSetCookie();
      const cookie = setCookie.map((line) => line.split(';')[0]).join('; ');
      const session = await signIn().sessionOf({ ...visitor, headers: { ...visitor.headers, cookie } });
      return { location: response.headers.get('location') ?? '/', setCookie, session };
    },
  };
}

import { randomUUIDv7 } from 'node:crypto';
import { apiKey } from '@better-auth/api-key';
import { passkey } from '@better-auth/passkey';
import { betterAuth } from 'better-auth';
import { APIError } from 'better-auth/api';
import { genericOAuth, twoFactor } from 'better-auth/plugins';
import type { Pool } from '../../kernel/sql.db.ts';
import { isDisabled } from '../session.db.ts';
import { addressHeader } from './answer.ts';
import { longestPassword, sessionHours, shortestPassword } from './limits.ts';

/** Every key starts so: a leaked one can be found by a search. */
export const keyPrefix = 'whk_';
export const oidcProvider = 'oidc';

export type OidcSettings = { issuer: string; clientId: string; clientSecret: string };
type LibraryOptions = { pool: Pool; secret: string; baseUrl: string; oidc: OidcSettings | null };

/** Browsers refuse an IP address as the name of a passkey's owner; on one machine people can say localhost. */
export function passkeyParty(baseUrl: string): { rpID: string; origin: string[] } {
  const { hostname, origin, port, protocol } = new URL(baseUrl);
  if (hostname !== '127.0.0.1' && hostname !== '[::1]') return { rpID: hostname, origin: [origin] };
  return { rpID: 'localhost', origin: [`${protocol}//localhost${port && `:${port}`}`, origin] };
}

const times = { createdAt: 'created_at', updatedAt: 'updated_at' };
const verified = (was: boolean | undefined) => {
  // Without it a stolen key ring would be a whole sign-in: the passkey stands for both factors.
  if (was !== true) throw new APIError('UNAUTHORIZED', { code: 'USER_NOT_VERIFIED', message: 'User not verified' });
};

/** The library with our tables and our limits. Its own HTTP routes are not served but for the way back from OIDC. */
export function createLibrary({ pool, secret, baseUrl, oidc }: LibraryOptions) {
  return betterAuth({
    database: pool,
    secret,
    baseURL: baseUrl,
    basePath: '/api/auth',
    telemetry: { enabled: false },
    // It logs each wrong key as an error, and errors mean that somebody must act; the request log has the 401.
    logger: { disabled: true },
    // Ours counts across processes and by address and person (src/house/session.command.ts).
    rateLimit: { enabled: false },
    advanced: {
      database: { generateId: () => randomUUIDv7() },
      cookiePrefix: 'waihu',
      useSecureCookies: baseUrl.startsWith('https:'),
      defaultCookieAttributes: { httpOnly: true, sameSite: 'lax', path: '/' },
      ipAddress: { ipAddressHeaders: [addressHeader] },
    },
    emailAndPassword: {
      enabled: true,
      disableSignUp: true,
      minPasswordLength: shortestPassword,
      maxPasswordLength: longestPassword,
    },
    databaseHooks: {
      session: {
        // The one place that every way in passes through.
        create: { before: async ({ userId }) => !(await isDisabled(pool, userId)) },
      },
      account: {
        // We ask the identity server who somebody is, once; its tokens would only be something to lose.
        create: { before: async () => ({ data: { accessToken: null, refreshToken: null, idToken: null } }) },
        update: { before: async () => ({ data: { accessToken: null, refreshToken: null, idToken: null } }) },
      },
    },
    user: {
      modelName: 'staff',
      fields: { emailVerified: 'email_verified', ...times },
      additionalFields: {
        unit: { type: 'string', required: true, input: false },
        disabledAt: { type: 'date', required: false, input: false, fieldName: 'disabled_at' },
      },
    },
    session: {
      expiresIn: sessionHours * 3600,
      updateAge: 15 * 60,
      freshAge: sessionHours * 3600,
      fields: {
        userId: 'staff_id',
        expiresAt: 'expires_at',
        ipAddress: 'ip_address',
        userAgent: 'user_agent',
        ...times,
      },
    },
    account: {
      // Only the house's own identity server, for people who are here already.
      accountLinking: { enabled: true, trustedProviders: [oidcProvider], requireLocalEmailVerified: false },
      fields: {
        userId: 'staff_id',
        accountId: 'account_id',
        providerId: 'provider_id',
        accessToken: 'access_token',
        refreshToken: 'refresh_token',
        idToken: 'id_token',
        accessTokenExpiresAt: 'access_token_expires_at',
        refreshTokenExpiresAt: 'refresh_token_expires_at',
        ...times,
      },
    },
    verification: { fields: { expiresAt: 'expires_at', ...times } },
    plugins: [
      apiKey({
        defaultPrefix: keyPrefix,
        // Its limiter counts per day and refuses the eleventh request; the API has limits of its own.
        rateLimit: { enabled: false },
        startingCharactersConfig: { shouldStore: true, charactersLength: keyPrefix.length + 4 },
        maximumNameLength: 100,
        keyExpiration: { maxExpiresIn: 3650 },
        schema: {
          apikey: {
            modelName: 'api_key',
            fields: {
              configId: 'config_id',
              referenceId: 'reference_id',
              refillInterval: 'refill_interval',
              refillAmount: 'refill_amount',
              lastRefillAt: 'last_refill_at',
              rateLimitEnabled: 'rate_limit_enabled',
              rateLimitTimeWindow: 'rate_limit_time_window',
              rateLimitMax: 'rate_limit_max',
              requestCount: 'request_count',
              lastRequest: 'last_request',
              expiresAt: 'expires_at',
              ...times,
            },
          },
        },
      }),
      twoFactor({
        issuer: 'Waihu',
        accountLockout: { enabled: true, maxFailedAttempts: 5, durationSeconds: 900 },
        schema: {
          user: { fields: { twoFactorEnabled: 'two_factor_enabled' } },
          twoFactor: {
            modelName: 'two_factor',
            fields: {
              userId: 'staff_id',
              backupCodes: 'backup_codes',
              failedVerificationCount: 'failed_verification_count',
              lockedUntil: 'locked_until',
            },
          },
        },
      }),
      passkey({
        rpName: 'Waihu',
        ...passkeyParty(baseUrl),
        authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
        registration: {
          afterVerification: ({ verification }) => verified(verification.registrationInfo?.userVerified),
        },
        authentication: {
          afterVerification: ({ verification }) => verified(verification.authenticationInfo.userVerified),
        },
        schema: {
          passkey: {
            fields: {
              userId: 'staff_id',
              publicKey: 'public_key',
              credentialID: 'credential_id',
              deviceType: 'device_type',
              backedUp: 'backed_up',
              createdAt: 'created_at',
            },
          },
        },
      }),
      genericOAuth({
        config: oidc
          ? [
              {
                providerId: oidcProvider,
                discoveryUrl: `${oidc.issuer.replace(/\/+$/, '')}/.well-known/openid-configuration`,
                clientId: oidc.clientId,
                clientSecret: oidc.clientSecret,
                scopes: ['openid', 'email', 'profile'],
                pkce: true,
                disableSignUp: true,
                requireIdTokenVerification: true,
                // An address that the identity server itself does not vouch for says nothing about who somebody is.
                mapProfileToUser: (profile) =>
                  profile['email_verified'] === false ? { email: '' } : { emailVerified: true },
              },
            ]
          : [],
      }),
    ],
  });
}

import { randomUUIDv7 } from 'node:crypto';
import { apiKey } from '@better-auth/api-key';
import { betterAuth } from 'better-auth';
import type { Pool } from '../db/sql.ts';

/** Every key starts so: a leaked one can be found by a search. */
export const keyPrefix = 'whk_';

export type IssuedKey = { id: string; secret: string };

/** What the rest of Waihu asks of the sign-in library; nothing else imports it. */
export type SignIn = {
  /** Makes a key for a person. The secret is shown here once and stored only as a hash. */
  issueKey(request: { staffId: string; name: string; expiresInSeconds: number | null }): Promise<IssuedKey>;
  /** Whose key it is, or null when it is unknown, revoked or expired. Throws when the database does not answer. */
  verifyKey(given: string): Promise<{ keyId: string; staffId: string } | null>;
};

/** `secret` keys cookies and tokens of sessions; it lives in the data folder (src/sign-in/secret.ts). */
export function createSignIn({ pool, secret, baseUrl }: { pool: Pool; secret: string; baseUrl: string }): SignIn {
  const auth = betterAuth({
    database: pool,
    secret,
    baseURL: baseUrl,
    telemetry: { enabled: false },
    // It logs each wrong key as an error, and errors mean that somebody must act; the request log has the 401.
    logger: { disabled: true },
    advanced: { database: { generateId: () => randomUUIDv7() } },
    user: {
      modelName: 'staff',
      fields: { emailVerified: 'email_verified', createdAt: 'created_at', updatedAt: 'updated_at' },
      additionalFields: {
        unit: { type: 'string', required: true, input: false },
        disabledAt: { type: 'date', required: false, input: false, fieldName: 'disabled_at' },
      },
    },
    session: {
      fields: {
        userId: 'staff_id',
        expiresAt: 'expires_at',
        ipAddress: 'ip_address',
        userAgent: 'user_agent',
        createdAt: 'created_at',
        updatedAt: 'updated_at',
      },
    },
    account: {
      fields: {
        userId: 'staff_id',
        accountId: 'account_id',
        providerId: 'provider_id',
        accessToken: 'access_token',
        refreshToken: 'refresh_token',
        idToken: 'id_token',
        accessTokenExpiresAt: 'access_token_expires_at',
        refreshTokenExpiresAt: 'refresh_token_expires_at',
        createdAt: 'created_at',
        updatedAt: 'updated_at',
      },
    },
    verification: { fields: { expiresAt: 'expires_at', createdAt: 'created_at', updatedAt: 'updated_at' } },
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
              createdAt: 'created_at',
              updatedAt: 'updated_at',
            },
          },
        },
      }),
    ],
  });

  return {
    async issueKey({ staffId, name, expiresInSeconds }) {
      const { id, key } = await auth.api.createApiKey({ body: { userId: staffId, name, expiresIn: expiresInSeconds } });
      return { id, secret: key };
    },
    async verifyKey(given) {
      if (!given.startsWith(keyPrefix)) return null;
      const { valid, key } = await auth.api.verifyApiKey({ body: { key: given } });
      if (valid && key) return { keyId: key.id, staffId: key.referenceId };
      // The library calls a key invalid when it could not look: a database that is away must not read as a wrong key.
      await pool.query('select 1');
      return null;
    },
  };
}

import { z } from 'zod';
import type { RegistrationResponseJSON } from '@simplewebauthn/server';
import { decideCredential, listCredentials, requestCredential, revokeCredential } from './credential.command.ts';
import { beginPasskey, registerPasskey, relyingPartyOf } from './passkey.command.ts';
import type { CredentialRow } from './credential.db.ts';
import { Id, listOf, refusals, type Api, type RouteDeps } from '../kit/http/api.ts';
import { oneLine } from '../kernel/field.rule.ts';

const Credential = z
  .object({
    id: z.uuid(),
    staffId: z.uuid(),
    staffName: z.string(),
    kind: z.enum(['ed25519', 'passkey']),
    label: z.string(),
    publicKey: z.string().describe('base64url: 32 bytes of an Ed25519 key, or a COSE key.'),
    fingerprint: z.string().describe('SHA-256 of the public key, hex.'),
    state: z.enum(['requested', 'active', 'revoked']),
    requestedAt: z.date(),
    decidedAt: z.date().nullable(),
    decidedBy: z.uuid().nullable(),
    revokedAt: z.date().nullable(),
  })
  .meta({ id: 'Credential' });
const base64url = z.base64url();
const tags = ['credentials'];

const shown = ({ publicKey, ...rest }: CredentialRow) => ({
  ...rest,
  publicKey: Buffer.from(publicKey).toString('base64url'),
});

/** What `navigator.credentials.create` answers, as WebAuthn's own JSON. */
export const PasskeyResponse = z.object({
  id: base64url.max(2_000),
  rawId: base64url.max(2_000),
  type: z.literal('public-key'),
  clientExtensionResults: z.object({}).default({}),
  response: z.object({ clientDataJSON: base64url.max(20_000), attestationObject: base64url.max(50_000) }),
}) satisfies z.ZodType<RegistrationResponseJSON>;
export const KeyLabel = oneLine(100);

const PasskeyOptions = z.object({
  challenge: z.string(),
  rpId: z.string(),
  rpName: z.string(),
  userId: z.string(),
  userName: z.string(),
  algorithms: z.array(z.int()).readonly(),
  exclude: z.array(z.string()).readonly(),
  timeoutMs: z.int(),
});

export function credentialRoutes(app: Api, { contextOf, publicUrl }: RouteDeps): void {
  const rp = relyingPartyOf(publicUrl);
  app.post(
    '/credentials/passkeys/begin',
    {
      config: { needs: 'credential:request', readsOnly: true },
      schema: {
        tags,
        summary: 'Begin the registration of a passkey for signing: a challenge, once, for five minutes',
        response: { 200: PasskeyOptions, ...refusals },
      },
    },
    (request) => beginPasskey(contextOf(request), rp),
  );
  app.post(
    '/credentials/passkeys',
    {
      config: { needs: 'credential:request' },
      schema: {
        tags,
        summary: 'Ask for the passkey that answered the challenge to be registered',
        body: z.object({ label: KeyLabel, response: PasskeyResponse }),
        response: { 201: Credential, ...refusals },
      },
    },
    async (request, reply) => reply.code(201).send(shown(await registerPasskey(contextOf(request), rp, request.body))),
  );
  app.get(
    '/credentials',
    {
      config: { needs: 'self:read' },
      schema: {
        tags,
        summary: 'Signing keys: all for those who may see them, else your own',
        querystring: z.object({ staffId: z.uuid().optional() }),
        response: { 200: listOf(Credential), ...refusals },
      },
    },
    async (request) => ({ items: (await listCredentials(contextOf(request), request.query)).map(shown) }),
  );
  app.post(
    '/credentials',
    {
      config: { needs: 'credential:request' },
      schema: {
        tags,
        summary: 'Ask for your signing key to be registered',
        description:
          'The proof is the Ed25519 signature over `waihu:credential:v1:<your staff id>:<public key, base64url>`.',
        body: z.object({
          label: oneLine(100),
          publicKey: base64url.max(100),
          proof: base64url.max(200),
        }),
        response: { 201: Credential, ...refusals },
      },
    },
    async (request, reply) => reply.code(201).send(shown(await requestCredential(contextOf(request), request.body))),
  );
  for (const [decision, summary] of [
    ['approve', 'Let a person sign with this key (somebody else’s only)'],
    ['decline', 'Refuse a signing key for good'],
  ] as const) {
    app.post(
      `/credentials/:id/${decision}`,
      {
        config: { needs: 'credential:decide' },
        schema: { tags, summary, params: Id, response: { 200: Credential, ...refusals } },
      },
      async (request) =>
        shown(await decideCredential(contextOf(request), { credentialId: request.params.id, decision })),
    );
  }
  app.post(
    '/credentials/:id/revoke',
    {
      config: { needs: 'credential:request' },
      schema: {
        tags,
        summary: 'Stop a signing key: your own, or anybody’s for administrators',
        params: Id,
        response: { 200: Credential, ...refusals },
      },
    },
    async (request) => shown(await revokeCredential(contextOf(request), { credentialId: request.params.id })),
  );
}

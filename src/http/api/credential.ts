import { z } from 'zod';
import { decideCredential, listCredentials, requestCredential, revokeCredential } from '../../commands/credential.ts';
import type { CredentialRow } from '../../db/credential.ts';
import { Id, listOf, refusals, type Api, type RouteDeps } from '../api.ts';

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

export function credentialRoutes(app: Api, { contextOf }: RouteDeps): void {
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
          label: z.string().trim().min(1).max(100),
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

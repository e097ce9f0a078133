import { z } from 'zod';
import type { AuditSeals } from '../../house/audit/seals.ts';
import type { Api } from '../../kit/http/api.ts';

const Published = z.object({
  keys: z.array(
    z.object({
      use: z.literal('seal').describe('Archives and the record of acts are sealed with it.'),
      algorithm: z.literal('ed25519'),
      publicKey: z.string().describe('The 32 raw bytes, base64url.'),
      fingerprint: z.string().describe('SHA-256 of the 32 raw bytes, hex: what `waihu verify --fingerprint` wants.'),
    }),
  ),
});

/** Whoever holds an archive compares its seal with this: open to everybody, since auditors have no account here. */
export function publishedKeyRoutes(app: Api, seals: AuditSeals | undefined): void {
  app.get(
    '/.well-known/waihu-keys',
    {
      config: { needs: 'nobody-signed-in' },
      schema: {
        tags: ['archives'],
        summary: 'The keys that this installation seals with',
        security: [],
        response: { 200: Published },
      },
    },
    () => ({
      keys: seals
        ? [
            {
              use: 'seal' as const,
              algorithm: 'ed25519' as const,
              publicKey: seals.key.publicKey,
              fingerprint: seals.key.fingerprint,
            },
          ]
        : [],
    }),
  );
}

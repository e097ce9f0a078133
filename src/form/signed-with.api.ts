import { z } from 'zod';
import { listSignedWith, stopSignedWith } from './signed-with.command.ts';
import { Id, listOf, refusals, type Api, type RouteDeps } from '../kit/http/api.ts';

const StillSigned = z
  .object({
    kind: z.string().describe('What was signed: `campaign`, or another content.'),
    id: z.uuid(),
    number: z.string(),
    name: z.string(),
    unit: z.string(),
    state: z
      .string()
      .describe(
        'As it was before it was stopped; of a campaign `awaiting-leader`, `scheduled`, `sending` or `paused`, of a form alone `awaiting-leader` or `signed`.',
      ),
    signedAt: z.date(),
  })
  .meta({ id: 'StillSigned' });
const tags = ['credentials'];

export function signedWithRoutes(app: Api, { contextOf }: RouteDeps): void {
  app.get(
    '/credentials/:id/campaigns',
    {
      config: { needs: 'credential:request' },
      schema: {
        tags,
        summary: 'What a key has signed and what can still go out on it: your own key, or anybody’s for administrators',
        params: Id,
        response: { 200: listOf(StillSigned), ...refusals },
      },
    },
    async (request) => ({ items: (await listSignedWith(contextOf(request), request.params.id)).signed }),
  );
  app.post(
    '/credentials/:id/stop-campaigns',
    {
      config: { needs: 'credential:request' },
      schema: {
        tags,
        summary: 'Stop what a revoked key has signed; forms that still await the leader are voided',
        params: Id,
        body: z.object({ how: z.enum(['pause', 'cancel']) }),
        response: { 200: listOf(StillSigned), ...refusals },
      },
    },
    async (request) => ({
      items: (await stopSignedWith(contextOf(request), { credentialId: request.params.id, how: request.body.how }))
        .stopped,
    }),
  );
}

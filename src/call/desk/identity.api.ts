import { z } from 'zod';
import { Id, refusals, type Api, type RouteDeps } from '../../kit/http/api.ts';
import { verificationItems } from '../script/content.rule.ts';
import { IdentityItems, showIdentity, storeIdentity } from './verification.command.ts';

const Kept = z.object({ kept: z.array(z.enum(verificationItems)) }).meta({ id: 'IdentityItems' });
const tags = ['customers'];

/** What a customer proves who they are by: stored as keyed hashes, and never read back. */
export function identityRoutes(app: Api, { contextOf }: RouteDeps): void {
  app.get(
    '/customers/:id/identity',
    {
      config: { needs: 'customer:read' },
      schema: {
        tags,
        summary: 'Which items an agent can check of a customer, never what they are',
        params: Id,
        response: { 200: Kept, ...refusals },
      },
    },
    async (request) => showIdentity(contextOf(request), { customerId: request.params.id }),
  );
  app.post(
    '/customers/:id/identity',
    {
      config: { needs: 'customer:write' },
      schema: {
        tags,
        summary: 'Store what a customer proves who they are by, as keyed hashes; a value of null takes an item away',
        params: Id,
        body: z.object({ items: IdentityItems }),
        response: { 200: Kept, ...refusals },
      },
    },
    async (request) => storeIdentity(contextOf(request), { customerId: request.params.id, ...request.body }),
  );
}

import { z } from 'zod';
import { createKey, listApiKeys, revokeKey } from './key.command.ts';
import { Id, listOf, refusals, type Api, type RouteDeps } from '../kit/http/api.ts';
import { oneLine } from '../kernel/field.rule.ts';

const Key = z
  .object({
    id: z.uuid(),
    staffId: z.uuid(),
    name: z.string().nullable(),
    start: z.string().nullable().describe('How the key begins; the rest is stored nowhere.'),
    enabled: z.boolean(),
    createdAt: z.date(),
    expiresAt: z.date().nullable(),
    lastUsedAt: z.date().nullable(),
  })
  .meta({ id: 'Key' });
const NewKey = z.object({
  staffId: z.uuid(),
  name: oneLine(100),
  expiresInDays: z.int().min(1).max(3650).optional(),
});
const Created = Id.extend({
  secret: z.string().optional().describe('Shown once: absent when the request is repeated.'),
});
const tags = ['keys'];

export function keyRoutes(app: Api, { contextOf, forgetCallers }: RouteDeps): void {
  app.get(
    '/keys',
    {
      config: { needs: 'staff:read' },
      schema: {
        tags,
        summary: 'API keys, without their secrets',
        querystring: z.object({ staffId: z.uuid().optional() }),
        response: { 200: listOf(Key), ...refusals },
      },
    },
    async (request) => ({ items: await listApiKeys(contextOf(request), request.query) }),
  );
  app.post(
    '/keys',
    {
      config: { needs: 'key:write', shownOnce: ['secret'] },
      schema: { tags, summary: 'Make a key for a person', body: NewKey, response: { 201: Created, ...refusals } },
    },
    async (request, reply) => reply.code(201).send(await createKey(contextOf(request), request.body)),
  );
  app.post(
    '/keys/:id/revoke',
    {
      config: { needs: 'key:write' },
      schema: {
        tags,
        summary: 'Revoke a key; it stops within five seconds',
        params: Id,
        response: { 200: Key, ...refusals },
      },
    },
    async (request) => {
      const key = await revokeKey(contextOf(request), { keyId: request.params.id });
      forgetCallers();
      return key;
    },
  );
}

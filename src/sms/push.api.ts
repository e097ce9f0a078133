import { z } from 'zod';
import { closePush, listPushes, retryPush, showPushBacklog } from './push.command.ts';
import { deliveryKinds } from './delivery.db.ts';
import { paragraph } from '../kernel/field.rule.ts';
import { Nothing, refusals, type Api, type RouteDeps } from '../kit/http/api.ts';

const Push = z
  .object({
    id: z.int(),
    account: z.string(),
    kind: z.enum(deliveryKinds),
    state: z.enum(['waiting', 'set-aside', 'unread', 'closed']),
    receivedAt: z.date(),
    attempts: z.int(),
    fault: z.string().nullable(),
    items: z.int().nullable(),
    rejected: z.int().nullable(),
    bytes: z.int(),
    closedAt: z.date().nullable(),
    closedBy: z.string().nullable(),
  })
  .meta({ id: 'Push' });
const most = Number.MAX_SAFE_INTEGER;
const Id = z.object({ id: z.coerce.number().int().min(1).max(most) });
const tags = ['pushes'];

export function pushRoutes(app: Api, { contextOf }: RouteDeps): void {
  app.get(
    '/pushes',
    {
      config: { needs: 'gateway:read' },
      schema: {
        tags,
        summary: 'Pushed receipts and replies that could not be read or taken in, and how many wait',
        querystring: z.object({
          all: z.stringbool().default(false).describe('true: also those that are closed.'),
          before: z.coerce.number().int().min(1).max(most).optional(),
          limit: z.coerce.number().int().min(1).max(500).default(50),
        }),
        response: {
          200: z.object({
            items: z.array(Push),
            next: z.int().nullable(),
            backlog: z.object({
              waiting: z.int(),
              seconds: z.int().describe('How long the oldest has waited.'),
              setAside: z.int(),
              late: z.boolean(),
            }),
          }),
          ...refusals,
        },
      },
    },
    async (request) => {
      const ctx = contextOf(request);
      const [{ rows, next }, backlog] = await Promise.all([listPushes(ctx, request.query), showPushBacklog(ctx)]);
      return { items: rows, next, backlog };
    },
  );
  app.post(
    '/pushes/:id/retry',
    {
      config: { needs: 'gateway:write' },
      schema: { tags, summary: 'Take it in again', params: Id, response: { 204: Nothing, ...refusals } },
    },
    async (request, reply) => {
      await retryPush(contextOf(request), request.params);
      return reply.code(204).send(null);
    },
  );
  app.post(
    '/pushes/:id/close',
    {
      config: { needs: 'gateway:write' },
      schema: {
        tags,
        summary: 'It was looked at; it is kept',
        params: Id,
        body: z.object({ reason: paragraph(500) }),
        response: { 204: Nothing, ...refusals },
      },
    },
    async (request, reply) => {
      await closePush(contextOf(request), { ...request.params, ...request.body });
      return reply.code(204).send(null);
    },
  );
}

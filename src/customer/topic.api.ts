import { z } from 'zod';
import { createTopic, listTopics } from './topic.command.ts';
import { listOf, refusals, type Api, type RouteDeps } from '../kit/http/api.ts';
import { oneLine } from '../kernel/field.rule.ts';

const Topic = z.object({ code: z.string(), name: z.string(), createdAt: z.date() }).meta({ id: 'Topic' });
const NewTopic = z.object({
  code: z
    .string()
    .max(40)
    .regex(/^[a-z][a-z0-9-]{0,39}$/, 'Use lower-case letters, digits and dashes, a letter first.'),
  name: oneLine(60),
});
const tags = ['topics'];

export function topicRoutes(app: Api, { contextOf }: RouteDeps): void {
  app.get(
    '/topics',
    {
      config: { needs: 'topic:read' },
      schema: { tags, summary: 'What people can subscribe to', response: { 200: listOf(Topic), ...refusals } },
    },
    async (request) => ({ items: await listTopics(contextOf(request)) }),
  );
  app.post(
    '/topics',
    {
      config: { needs: 'topic:write' },
      schema: { tags, summary: 'Add a topic', body: NewTopic, response: { 201: Topic, ...refusals } },
    },
    async (request, reply) => reply.code(201).send(await createTopic(contextOf(request), request.body)),
  );
}

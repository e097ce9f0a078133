import { z } from 'zod';
import { AudienceName, countAudience, createAudience, listAudiences, loadAudience } from './audience.command.ts';
import { AudienceFilter } from './filter.db.ts';
import { asPage, Id, pageOf, PageQuery, refusals, type Api, type RouteDeps } from '../kit/http/api.ts';

const states = ['open', 'freezing', 'frozen'] as const;
const Audience = z
  .object({
    id: z.uuid(),
    name: z.string(),
    state: z.enum(states),
    filter: AudienceFilter.nullable().describe('Null of an audience that came from a file.'),
    frozenFrom: z.uuid().nullable(),
    fromCampaign: z.uuid().nullable().describe('The campaign of whose people it was made.'),
    fromPeople: z
      .record(z.string(), z.unknown())
      .nullable()
      .describe('How those people were chosen: outcomes, reasons, and how many were left out.'),
    size: z.int().nullable().describe('Null of an open filter: it is counted when asked.'),
    excluded: z.record(z.string(), z.int()).nullable(),
    createdBy: z.uuid(),
    createdAt: z.date(),
    frozenAt: z.date().nullable(),
  })
  .meta({ id: 'Audience' });
const Count = z.object({
  total: z.int(),
  eligible: z.int(),
  excluded: z
    .record(z.string(), z.int())
    .describe('By the first reason that holds; adds up to the total with eligible.'),
  unread: z
    .record(z.string(), z.int())
    .describe(
      'By attribute: people who are left out because their value can be read neither as a number nor as a day.',
    ),
  sample: z.array(z.string()).describe('Up to three of the eligible, masked.'),
});
const needs = 'audience:read';
const tags = ['audiences'];

export function audienceRoutes(app: Api, { contextOf }: RouteDeps): void {
  app.get(
    '/audiences',
    {
      config: { needs },
      schema: {
        tags,
        summary: 'Audiences, newest first',
        querystring: PageQuery.extend({ state: z.enum(states).optional() }),
        response: { 200: pageOf(Audience), ...refusals },
      },
    },
    async (request) => asPage(await listAudiences(contextOf(request), request.query)),
  );
  app.post(
    '/audiences',
    {
      config: { needs: 'audience:write' },
      schema: {
        tags,
        summary: 'Keep a filter; an audience from a file is an import',
        body: z.object({ name: AudienceName, filter: AudienceFilter }),
        response: { 201: Id, ...refusals },
      },
    },
    async (request, reply) => reply.code(201).send(await createAudience(contextOf(request), request.body)),
  );
  app.get(
    '/audiences/:id',
    {
      config: { needs },
      schema: { tags, summary: 'One audience', params: Id, response: { 200: Audience, ...refusals } },
    },
    (request) => loadAudience(contextOf(request), request.params.id),
  );
  app.get(
    '/audiences/:id/count',
    {
      config: { needs },
      schema: {
        tags,
        summary: 'Whom a message of that kind would reach now, and who is left out for which reason',
        params: Id,
        querystring: z.object({ kind: z.enum(['marketing', 'notice']), topic: z.string().min(1).max(64).optional() }),
        response: { 200: Count, ...refusals },
      },
    },
    (request) => countAudience(contextOf(request), { id: request.params.id, ...request.query }),
  );
}

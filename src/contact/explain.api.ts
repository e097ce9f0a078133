import { z } from 'zod';
import { Id, refusals, type Api, type RouteDeps } from '../kit/http/api.ts';
import { suppressionReasons } from './message-state.rule.ts';
import { explainCustomer } from './explain.command.ts';
import { contactChannels, contactPurposes } from '../kernel/reach.rule.ts';

const Objection = z.object({
  why: z.enum([...suppressionReasons, 'outside-hours']),
  until: z.date().nullable().describe('When it ends by itself; null: it takes somebody’s act.'),
  cap: z
    .object({
      of: z.enum([...contactPurposes, 'total', 'gateway']),
      days: z.int(),
      max: z.int(),
      channel: z.enum(contactChannels).nullable(),
    })
    .optional(),
});
const Answer = z.object({
  purpose: z.enum(contactPurposes),
  channel: z.enum(contactChannels),
  may: z.boolean(),
  objections: z.array(Objection),
  earliest: z.date().nullable().describe('Null: not without somebody’s act.'),
});
const PersonContact = z
  .object({
    customerId: z.uuid(),
    name: z.string().nullable(),
    phone: z.string().describe('Masked.'),
    zone: z.string().describe('The time zone by which hours were judged.'),
    at: z.date(),
    answers: z.array(Answer),
  })
  .meta({ id: 'PersonContact' });

export function explainRoutes(app: Api, { contextOf }: RouteDeps): void {
  app.get(
    '/customers/:id/contact',
    {
      config: { needs: 'customer:read' },
      schema: {
        tags: ['contact policy'],
        summary: 'For every purpose and channel: may the customer be contacted, why not, when at the earliest',
        params: Id,
        response: { 200: PersonContact, ...refusals },
      },
    },
    (request) => explainCustomer(contextOf(request), { customerId: request.params.id }),
  );
}

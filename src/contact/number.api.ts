import { z } from 'zod';
import { CustomerNumber } from '../customer/customer.api.ts';
import { numberKinds, numbersAtMost } from '../customer/number.rule.ts';
import { Id, refusals, type Api, type RouteDeps } from '../kit/http/api.ts';
import * as numbers from './number.command.ts';
import { listNumbers } from './number-list.command.ts';

const Numbers = z
  .object({
    items: z.array(CustomerNumber),
    updatedAt: z.date().describe('What changes of the numbers are to name as `updatedAt`.'),
  })
  .meta({ id: 'CustomerNumbers' });

const updatedAt = z.coerce
  .date()
  .describe('As `GET /customers/{id}/numbers` gave it: whoever comes later is told to look again.');
const Place = Id.extend({ place: z.coerce.number().int().min(1).max(numbersAtMost) });
const details = { kind: z.enum(numberKinds).optional(), validUntil: z.iso.date().nullable().optional() };
const Added = z.object({ updatedAt, phone: z.string().min(1).max(40), ...details });
const Reasoned = z.object({ updatedAt, reason: z.string().min(1).max(500) });
const Placed = z.object({ place: z.int() });
const Changed = z.object({ changed: z.boolean().describe('False when it stood so already.') });
const tags = ['customers'];
const needs = 'customer:write';

export function numberRoutes(app: Api, deps: RouteDeps): void {
  const { contextOf } = deps;
  app.get(
    '/customers/:id/numbers',
    {
      config: { needs: 'customer:read' },
      schema: {
        tags,
        summary: 'The customer’s numbers in their order',
        params: Id,
        response: { 200: Numbers, ...refusals },
      },
    },
    (request) => listNumbers(contextOf(request), { customerId: request.params.id }),
  );
  app.post(
    '/customers/:id/numbers',
    {
      config: { needs },
      schema: {
        tags,
        summary: 'Add a number that nobody has',
        params: Id,
        body: Added,
        response: { 200: Placed, ...refusals },
      },
    },
    (request) => numbers.addNumber(contextOf(request), { customerId: request.params.id, ...request.body }),
  );
  app.post(
    '/customers/:id/numbers/take-over',
    {
      config: { needs },
      schema: {
        tags,
        summary: 'The number passed from its holder to this customer: nothing of the holder comes with it',
        params: Id,
        body: Added.extend({ holderId: z.uuid(), reason: z.string().min(1).max(500) }),
        response: {
          200: Placed.extend({
            holderEnded: z.boolean().describe('The holder had no other number, and is a former customer.'),
          }),
          ...refusals,
        },
      },
    },
    (request) => numbers.takeOverNumber(contextOf(request), { customerId: request.params.id, ...request.body }),
  );
  app.post(
    '/customers/:id/numbers/:place',
    {
      config: { needs },
      schema: {
        tags,
        summary: 'Kind, last day and place of a number; `to` 1 makes it the first',
        params: Place,
        body: z.object({ updatedAt, ...details, to: z.int().min(1).max(numbersAtMost).optional() }),
        response: { 200: Placed, ...refusals },
      },
    },
    (request) => {
      const { id: customerId, place } = request.params;
      return numbers.changeNumber(contextOf(request), { customerId, place, ...request.body });
    },
  );
  judgementRoutes(app, deps);
}

/** What ends the use of a number, and what begins it again. */
function judgementRoutes(app: Api, { contextOf }: RouteDeps): void {
  app.post(
    '/customers/:id/numbers/:place/remove',
    {
      config: { needs },
      schema: {
        tags,
        summary: 'The number is the customer’s no more',
        params: Place,
        body: Reasoned,
        response: { 204: z.null(), ...refusals },
      },
    },
    async (request, reply) => {
      const { id: customerId, place } = request.params;
      await numbers.removeNumber(contextOf(request), { customerId, place, ...request.body });
      return reply.code(204).send(null);
    },
  );
  for (const [word, right, summary, mark] of [
    ['dead', 'suppression:write', 'Nobody is reached by the number', numbers.markNumberDead],
    ['alive', 'suppression:lift', 'The number is in use after all', numbers.markNumberAlive],
  ] as const) {
    app.post(
      `/customers/:id/numbers/:place/${word}`,
      {
        config: { needs: right },
        schema: { tags, summary, params: Place, body: Reasoned, response: { 200: Changed, ...refusals } },
      },
      (request) => {
        const { id: customerId, place } = request.params;
        return mark(contextOf(request), { customerId, place, ...request.body });
      },
    );
  }
}

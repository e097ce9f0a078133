import { z } from 'zod';
import { ConsentSource, setConsent } from './consent.command.ts';
import { countCustomers, findCustomer, listCustomers } from './customer.command.ts';
import { setTimeZone } from './time-zone.command.ts';
import { setSubscription } from './topic.command.ts';
import { purposes } from './consent.db.ts';
import { tiers } from './customer.db.ts';
import { numberKinds } from './number.rule.ts';
import { AppError } from '../kernel/app-error.rule.ts';
import { asPage, Id, PageBody, pageOf, PageQuery, refusals, type Api, type RouteDeps } from '../kit/http/api.ts';
import { Suppression } from '../contact/suppression.api.ts';

const Customer = z
  .object({
    id: z.uuid(),
    externalId: z.string().nullable(),
    phone: z.string().describe('Masked.'),
    name: z.string().nullable(),
    tier: z.enum(tiers).nullable(),
    timeZone: z.string().nullable().describe('IANA name; null: Asia/Shanghai.'),
    attributes: z.record(z.string(), z.unknown()),
    marketingConsent: z.boolean().nullable().describe('Null: never said.'),
    createdAt: z.date(),
    updatedAt: z.date(),
  })
  .meta({ id: 'Customer' });
export const CustomerNumber = z
  .object({
    place: z.int(),
    phone: z.string().describe('Masked.'),
    kind: z.enum(numberKinds),
    validUntil: z.string().nullable().describe('The last day on which it is theirs.'),
    deadSince: z.date().nullable().describe('Since when it is known that nobody is reached by it.'),
    since: z.date(),
  })
  .meta({ id: 'CustomerNumber' });
const Consent = z.object({ purpose: z.enum(purposes), granted: z.boolean(), source: z.string(), changedAt: z.date() });
const Subscription = z.object({ topic: z.string(), subscribed: z.boolean(), source: z.string(), changedAt: z.date() });
const Card = Customer.extend({
  numbers: z.array(CustomerNumber).describe('In their order; the first is `phone`.'),
  consents: z.array(Consent),
  subscriptions: z.array(Subscription),
  suppressions: z.array(Suppression.omit({ phone: true })),
}).meta({ id: 'CustomerCard' });
const Counts = z.record(z.string(), z.int());
const Changed = z.object({ changed: z.boolean().describe('False when it stood so already.') });
const Phone = z.string().min(1).max(40);
const Tier = z.enum(tiers).optional();
const tags = ['customers'];
const needs = 'customer:read';

export function customerRoutes(app: Api, deps: RouteDeps): void {
  const { contextOf } = deps;
  app.get(
    '/customers',
    {
      config: { needs },
      schema: {
        tags,
        summary: 'Customers, newest first',
        querystring: PageQuery.extend({ tier: Tier }),
        response: { 200: pageOf(Customer), ...refusals },
      },
    },
    async (request) => asPage(await listCustomers(contextOf(request), request.query)),
  );
  app.post(
    '/customers/search',
    {
      config: { needs, readsOnly: true },
      schema: {
        tags,
        summary: 'Customers by number or customer id, which have no place in a URL',
        body: PageBody.extend({
          phone: Phone.optional(),
          externalId: z.string().min(1).max(200).optional(),
          tier: Tier,
        }),
        response: { 200: pageOf(Customer), ...refusals },
      },
    },
    async (request) => asPage(await listCustomers(contextOf(request), request.body)),
  );
  app.post(
    '/customers/find',
    {
      config: { needs, readsOnly: true },
      schema: {
        tags,
        summary: 'The customer with this number',
        body: z.object({ phone: Phone }),
        response: { 200: Card, ...refusals },
      },
    },
    async (request) => demandFound(await findCustomer(contextOf(request), { phone: request.body.phone })),
  );
  app.get(
    '/customers/counts',
    {
      config: { needs },
      schema: { tags, summary: 'How many, by tier and consent', response: { 200: Counts, ...refusals } },
    },
    async (request) => ({ ...(await countCustomers(contextOf(request))) }),
  );
  app.get(
    '/customers/:id',
    {
      config: { needs },
      schema: {
        tags,
        summary: 'A customer, what they agreed to and what silences them',
        params: Id,
        response: { 200: Card, ...refusals },
      },
    },
    async (request) => demandFound(await findCustomer(contextOf(request), { id: request.params.id })),
  );
  wishRoutes(app, deps);
}

/** What a customer says they want. */
function wishRoutes(app: Api, { contextOf }: RouteDeps): void {
  app.post(
    '/customers/:id/consents',
    {
      config: { needs: 'customer:write' },
      schema: {
        tags,
        summary: 'Grant or withdraw consent',
        params: Id,
        body: z.object({ purpose: z.enum(purposes), granted: z.boolean(), source: ConsentSource }),
        response: { 200: Changed, ...refusals },
      },
    },
    (request) => setConsent(contextOf(request), { customerId: request.params.id, ...request.body }),
  );
  app.post(
    '/customers/:id/subscriptions',
    {
      config: { needs: 'customer:write' },
      schema: {
        tags,
        summary: 'Subscribe to a topic or unsubscribe',
        params: Id,
        body: z.object({ topic: z.string().min(1).max(64), subscribed: z.boolean(), source: ConsentSource }),
        response: { 200: Changed, ...refusals },
      },
    },
    (request) => setSubscription(contextOf(request), { customerId: request.params.id, ...request.body }),
  );
  app.post(
    '/customers/:id/time-zone',
    {
      config: { needs: 'customer:write' },
      schema: {
        tags,
        summary: 'By which clock the hours of contact are judged for the customer',
        params: Id,
        body: z.object({
          timeZone: z.string().min(1).max(64).nullable().describe('IANA name (Asia/Urumqi); null: Asia/Shanghai.'),
        }),
        response: { 200: Changed, ...refusals },
      },
    },
    (request) => setTimeZone(contextOf(request), { customerId: request.params.id, ...request.body }),
  );
}

function demandFound<Found>(found: Found | null): Found {
  if (found === null) throw new AppError('missing', 'customer.unknown', 'There is no such customer.');
  return found;
}

import { z } from 'zod';
import {
  addGateway,
  changeGateway,
  GatewayChange,
  listGateways,
  NewGatewayInput,
  reopenGateway,
} from './gateway-account.command.ts';
import { GatewaySettings } from './gateway-account.db.ts';
import { Id, listOf, Nothing, refusals, type Api, type RouteDeps } from '../kit/http/api.ts';

const Gateway = z
  .object({
    id: z.uuid(),
    name: z.string(),
    provider: z.enum(['aliyun']),
    settings: GatewaySettings,
    ratePerSecond: z.int(),
    priceMilliYuan: z.int().describe('Thousandths of a yuan a segment.'),
    state: z.enum(['active', 'stopped']),
    stopCode: z.string().nullable(),
    stoppedUntil: z.date().nullable(),
  })
  .meta({ id: 'GatewayAccount' });
const Added = Id.extend({ reportsPath: z.string(), repliesPath: z.string() });
const Name = z.object({ name: z.string().min(1).max(40) });
const tags = ['gateway accounts'];

export function gatewayAccountRoutes(app: Api, { contextOf }: RouteDeps): void {
  app.get(
    '/gateway-accounts',
    {
      config: { needs: 'gateway:read' },
      schema: { tags, summary: 'Accounts at SMS providers', response: { 200: listOf(Gateway), ...refusals } },
    },
    async (request) => ({ items: await listGateways(contextOf(request)) }),
  );
  app.post(
    '/gateway-accounts',
    {
      config: { needs: 'gateway:write' },
      schema: {
        tags,
        summary: 'Add an account',
        description:
          'Credentials stay in a file on the server (settings.credentialsFile). The answer names the paths that the provider pushes to.',
        body: NewGatewayInput,
        response: { 201: Added, ...refusals },
      },
    },
    async (request, reply) => reply.code(201).send(await addGateway(contextOf(request), request.body)),
  );
  app.post(
    '/gateway-accounts/:name/change',
    {
      config: { needs: 'gateway:write' },
      schema: {
        tags,
        summary: 'Change settings, rate or price',
        params: Name,
        body: GatewayChange,
        response: { 200: Nothing, ...refusals },
      },
    },
    async (request) => {
      await changeGateway(contextOf(request), { name: request.params.name, change: request.body });
      return null;
    },
  );
  app.post(
    '/gateway-accounts/:name/reopen',
    {
      config: { needs: 'gateway:write' },
      schema: {
        tags,
        summary: 'Let a stopped account send again',
        params: Name,
        response: { 200: Nothing, ...refusals },
      },
    },
    async (request) => {
      await reopenGateway(contextOf(request), { name: request.params.name });
      return null;
    },
  );
}

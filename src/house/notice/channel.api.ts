import { z } from 'zod';
import * as channels from './channel.command.ts';
import { noticeKinds } from './notice.rule.ts';
import { channelKinds } from './channel.rule.ts';
import { Id, listOf, refusals, type Api, type RouteDeps } from '../../kit/http/api.ts';

const tags = ['notices'];
const Channel = z.object({
  id: z.uuid(),
  kind: z.enum(channelKinds),
  name: z.string(),
  settings: z.record(z.string(), z.unknown()),
  kinds: z.array(z.enum(noticeKinds)),
  enabled: z.boolean(),
  failures: z.number(),
  lastState: z.string().nullable(),
  lastCode: z.string().nullable(),
  lastAt: z.date().nullable(),
  nextAt: z.date().nullable(),
  createdAt: z.date(),
});
const Outcome = z.object({ outcome: z.enum(['accepted', 'retry', 'unknown', 'refused']), code: z.string().nullable() });
const Delivery = z.object({
  id: z.uuid(),
  number: z.number(),
  kind: z.enum(noticeKinds),
  channel: z.string(),
  person: z.string().nullable(),
  address: z.string(),
  state: z.enum(['queued', 'sending', 'accepted', 'failed', 'unknown', 'dropped', 'merged']),
  reason: z.string().nullable(),
  attempts: z.number(),
  repeated: z.boolean(),
  level: z.number(),
  dueAt: z.date(),
  createdAt: z.date(),
  finishedAt: z.date().nullable(),
});

const writes = { needs: 'setting:write' } as const;

export function noticeChannelRoutes(app: Api, { contextOf, channelKit }: RouteDeps): void {
  app.get(
    '/notice-channels',
    {
      config: writes,
      schema: {
        tags,
        summary: 'By which ways notices leave the console; secrets are never shown',
        response: { 200: listOf(Channel), ...refusals },
      },
    },
    async (request) => ({ items: await channels.listNoticeChannels(contextOf(request)) }),
  );
  app.post(
    '/notice-channels',
    {
      config: writes,
      schema: { tags, summary: 'Add a channel', body: channels.NewChannel, response: { 201: Channel, ...refusals } },
    },
    async (request, reply) =>
      reply.code(201).send(await channels.addNoticeChannel(contextOf(request), channelKit, request.body)),
  );
  app.post(
    '/notice-channels/:id',
    {
      config: writes,
      schema: {
        tags,
        summary: 'Change a channel; a secret that is left out stays as it is',
        params: Id,
        body: channels.ChannelChange,
        response: { 200: Channel, ...refusals },
      },
    },
    (request) =>
      channels.changeNoticeChannel(contextOf(request), channelKit, { ...request.params, change: request.body }),
  );
  app.delete(
    '/notice-channels/:id',
    {
      config: writes,
      schema: { tags, summary: 'Remove a channel', params: Id, response: { 204: z.null(), ...refusals } },
    },
    async (request, reply) => {
      await channels.removeNoticeChannel(contextOf(request), request.params);
      return reply.code(204).send(null);
    },
  );
  app.post(
    '/notice-channels/:id/test',
    {
      config: writes,
      schema: {
        tags,
        summary: 'Send a test notice now and say what came of it',
        params: Id,
        response: { 200: Outcome, ...refusals },
      },
    },
    (request) => channels.testNoticeChannel(contextOf(request), channelKit, request.params),
  );
  app.get(
    '/notice-deliveries',
    {
      config: writes,
      schema: {
        tags,
        summary: 'What went out, and what became of it; addresses are masked',
        querystring: z.object({
          channelId: z.uuid().optional(),
          open: z.enum(['true', 'false']).default('true').describe('only what waits, failed or is unknown'),
        }),
        response: { 200: listOf(Delivery), ...refusals },
      },
    },
    async (request) => {
      const { channelId, open } = request.query;
      return {
        items: await channels.listNoticeDeliveries(contextOf(request), { channelId, open: open === 'true' }),
      };
    },
  );
}

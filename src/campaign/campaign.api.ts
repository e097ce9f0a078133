import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { createCampaign, NewCampaignInput } from './draft/campaign-draft.command.ts';
import {
  cancelCampaign,
  pauseCampaign,
  rejectCampaign,
  resumeCampaign,
  signCampaign,
  submitCampaign,
  withdrawCampaign,
} from './campaign.command.ts';
import { browseCampaigns, loadCampaign, showCampaign } from './view.command.ts';
import { campaignStates } from './state.rule.ts';
import { instant } from '../kernel/field.rule.ts';
import { asPage, Id, Nothing, pageOf, PageQuery, refusals, type Api, type RouteDeps } from '../kit/http/api.ts';
import { Sign, signDescription } from '../form/evidence.api.ts';
import { Reason } from '../form/form.api.ts';
import { Campaign, CampaignCard, InFlight, Which } from './shape.ts';

// A stop is never refused for its reason: what cannot be kept of it is dropped, and none at all is kept as none.
const StopReason = z.looseObject({
  reason: z.unknown().optional().describe('A text of at most 500 characters; a longer one is cut.'),
});
const List = PageQuery.extend({
  before: z
    .union([z.uuid(), instant()])
    .optional()
    .describe(
      'The `next` of the page before, or a time: `createdAt` of the last campaign seen, which no other shares.',
    ),
  state: z.enum(campaignStates).optional(),
});
const Stopped = z.object({
  inFlight: z.array(InFlight).describe('Calls to the gateway that were open when it stopped.'),
  waiting: z.int().describe('Messages that the gateway has taken and whose receipts are still to come.'),
});
const tags = ['campaigns'];

export function campaignRoutes(app: Api, { contextOf }: RouteDeps): void {
  app.get(
    '/campaigns',
    {
      config: { needs: 'campaign:read' },
      schema: {
        tags,
        summary: 'Campaigns, newest first',
        querystring: List,
        response: { 200: pageOf(Campaign), ...refusals },
      },
    },
    async (request) => {
      const { state, ...page } = request.query;
      return asPage(await browseCampaigns(contextOf(request), { ...(state && { state }), ...page }));
    },
  );
  app.post(
    '/campaigns',
    {
      config: { needs: 'campaign:write' },
      schema: {
        tags,
        summary: 'Keep a draft',
        body: NewCampaignInput,
        response: { 201: Id.extend({ number: z.string() }), ...refusals },
      },
    },
    async (request, reply) => reply.code(201).send(await createCampaign(contextOf(request), request.body)),
  );
  app.get(
    '/campaigns/:campaign',
    {
      config: { needs: 'campaign:read' },
      schema: {
        tags,
        summary: 'A campaign: state, signatures, ledger, what is in flight',
        params: Which,
        response: { 200: CampaignCard, ...refusals },
      },
    },
    (request) => showCampaign(contextOf(request), request.params.campaign),
  );
  moveRoutes(app, contextOf);
  stopRoutes(app, contextOf);
}

type ContextOf = RouteDeps['contextOf'];

/** People name a campaign by its number; commands want its id. */
async function named(contextOf: ContextOf, request: FastifyRequest & { params: { campaign: string } }) {
  const ctx = contextOf(request);
  const { id: campaignId } = await loadCampaign(ctx, request.params.campaign);
  return { ctx, campaignId };
}

function moveRoutes(app: Api, contextOf: ContextOf): void {
  app.post(
    '/campaigns/:campaign/submit',
    {
      config: { needs: 'campaign:submit' },
      schema: {
        tags,
        summary: 'Hand the draft in: its people are frozen and its form is made',
        params: Which,
        response: { 202: Id, ...refusals },
      },
    },
    async (request, reply) => {
      const { ctx, campaignId } = await named(contextOf, request);
      await submitCampaign(ctx, { campaignId });
      return reply.code(202).send({ id: campaignId });
    },
  );
  app.post(
    '/campaigns/:campaign/sign',
    {
      config: { needs: 'campaign:sign' },
      schema: {
        tags,
        summary: 'Sign the form, as liaison officer or leader',
        description: signDescription,
        params: Which,
        body: Sign,
        response: { 200: z.object({ signatureId: z.uuid() }), ...refusals },
      },
    },
    async (request) => {
      const { ctx, campaignId } = await named(contextOf, request);
      const { signatureId, ...rest } = request.body;
      return signCampaign(ctx, { campaignId, ...rest, ...(signatureId !== undefined && { signatureId }) });
    },
  );
  for (const [verb, needs, command, summary] of [
    ['reject', 'campaign:sign', rejectCampaign, 'Send the form back instead of signing it'],
    ['withdraw', 'campaign:submit', withdrawCampaign, 'Take one’s own form back before anything is sent'],
  ] as const) {
    app.post(
      `/campaigns/:campaign/${verb}`,
      {
        config: { needs },
        schema: { tags, summary, params: Which, body: Reason, response: { 200: Nothing, ...refusals } },
      },
      async (request) => {
        const { ctx, campaignId } = await named(contextOf, request);
        await command(ctx, { campaignId, reason: request.body.reason });
        return null;
      },
    );
  }
}

function stopRoutes(app: Api, contextOf: ContextOf): void {
  for (const [verb, needs, command, summary] of [
    ['pause', 'campaign:stop', pauseCampaign, 'Stop sending; nothing new leaves when this has answered'],
    ['cancel', 'campaign:run', cancelCampaign, 'End the campaign for good'],
  ] as const) {
    app.post(
      `/campaigns/:campaign/${verb}`,
      {
        config: { needs, stops: true },
        schema: { tags, summary, params: Which, body: StopReason.nullish(), response: { 200: Stopped, ...refusals } },
      },
      async (request) => {
        const { ctx, campaignId } = await named(contextOf, request);
        return command(ctx, { campaignId, reason: request.body?.reason });
      },
    );
  }
  app.post(
    '/campaigns/:campaign/resume',
    {
      config: { needs: 'campaign:run' },
      schema: { tags, summary: 'Go on sending', params: Which, response: { 200: Nothing, ...refusals } },
    },
    async (request) => {
      const { ctx, campaignId } = await named(contextOf, request);
      await resumeCampaign(ctx, { campaignId });
      return null;
    },
  );
}

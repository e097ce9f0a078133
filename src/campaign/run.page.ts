import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import {
  cancelCampaign,
  pauseCampaign,
  resumeCampaign,
  submitCampaign,
  withdrawCampaign,
  type Stopped,
} from './campaign.command.ts';
import { loadCampaign } from './view.command.ts';
import type { Context } from '../house/context.ts';
import type { Campaign } from './campaign.db.ts';
import { AppError } from '../kernel/app-error.rule.ts';
import type { Permission } from '../kernel/permission.rule.ts';
import type { Params } from '../kernel/translate.ts';
import { storableText } from '../kernel/plain-text.rule.ts';
import type { Api } from '../kit/http/api.ts';
import { Numbered, type ShowCampaign } from './live.page.ts';
import type { Pages } from '../kit/page/page.ts';

// Any reason at all: a stop is never refused for it, and what wants one says so itself.
const Form = z
  .object({ reason: z.unknown().optional(), typed: z.string().max(300).default('') })
  .nullish()
  .transform((form) => form ?? { reason: '', typed: '' });
type Form = z.infer<typeof Form>;
type Said = { key: string; params?: Params };

/** Pause, resume, cancel, withdraw, submit: each a form that leads back to the campaign's page. */
export function campaignRunPages(app: Api, pages: Pages, show: ShowCampaign): void {
  const act = (
    name: string,
    needs: Permission,
    run: (ctx: Context, campaign: Campaign, form: Form) => Promise<Said>,
  ) => {
    app.post(
      `/campaigns/:number/${name}`,
      { config: { needs, stops: name === 'pause' || name === 'cancel' }, schema: { params: Numbered, body: Form } },
      async (request, reply) => {
        const { number } = request.params;
        const ctx = pages.contextOf(request);
        const campaign = await loadCampaign(ctx, number);
        try {
          const { key, params } = await run(ctx, campaign, request.body);
          return pages.done(request, reply, `/campaigns/${number}`, key, params);
        } catch (error) {
          return refused(pages, show, {
            request,
            reply,
            number,
            act: name,
            reason: textOf(request.body.reason),
            error,
          });
        }
      },
    );
  };

  act('pause', 'campaign:stop', async (ctx, { id }, { reason }) =>
    stopped('campaign.run.paused', await pauseCampaign(ctx, { campaignId: id, reason })),
  );
  act('resume', 'campaign:run', async (ctx, { id }) => {
    await resumeCampaign(ctx, { campaignId: id });
    return { key: 'campaign.run.resumed' };
  });
  act('cancel', 'campaign:run', async (ctx, { id, name }, { reason, typed }) => {
    // Nothing brings a cancelled campaign back: one click too many must not be enough, whatever the browser checked.
    if (typed.trim() !== storableText(name).trim())
      throw new AppError('invalid', 'campaign.name-not-typed', 'Type the name of the campaign to cancel it.', {
        field: 'typed',
      });
    return stopped('campaign.run.cancelled', await cancelCampaign(ctx, { campaignId: id, reason }));
  });
  act('withdraw', 'campaign:submit', async (ctx, { id }, { reason }) => {
    await withdrawCampaign(ctx, { campaignId: id, reason: textOf(reason) });
    return { key: 'campaign.run.withdrawn' };
  });
  act('submit', 'campaign:submit', async (ctx, { id }) => {
    await submitCampaign(ctx, { campaignId: id });
    return { key: 'campaign.run.submitted' };
  });
}

const textOf = (reason: unknown): string => (typeof reason === 'string' ? reason : '');

/** Names the calls that were in flight: they are made and cannot be called back. */
function stopped(key: string, { inFlight, waiting }: Stopped): Said {
  const names = inFlight
    .slice(0, 4)
    .map(({ seq, phone }) => `#${seq} ${phone}`)
    .join(' · ');
  return { key, params: { count: inFlight.length, names, waiting } };
}

type Refused = {
  request: FastifyRequest;
  reply: FastifyReply;
  number: string;
  act: string;
  reason: string;
  error: unknown;
};

/** What can be mended on the page is said on the page, with what was typed. */
function refused(pages: Pages, show: ShowCampaign, { request, reply, number, act, reason, error }: Refused) {
  if (!(error instanceof AppError) || (error.kind !== 'invalid' && error.kind !== 'conflict')) throw error;
  return show(request, reply, number, { act, reason, fault: pages.faultOf(request, error) });
}

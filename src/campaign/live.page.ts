import type { FastifyReply, FastifyRequest } from 'fastify';
import { setTimeout as waitMs } from 'node:timers/promises';
import { z } from 'zod';
import type { Figures } from './figures.command.ts';
import { viewCampaign, type LiveView } from './live.command.ts';
import { loadCampaign } from './view.command.ts';
import { repliesOfCampaign } from '../sms/reply.command.ts';
import { AppError } from '../kernel/app-error.rule.ts';
import { delayBounds } from './figure.rule.ts';
import type { CampaignState } from './state.rule.ts';
import { mayInUnit } from '../kernel/permission.rule.ts';
import type { Translate } from '../kernel/translate.ts';
import { errorFields } from '../kernel/error-fields.ts';
import type { Api } from '../kit/http/api.ts';
import { chartOf, faceOf, factsOf } from './face.page.ts';
import { formatClock } from '../kit/page/format.ts';
import { createFeed, type Feed } from './feed.page.ts';
import { createEventStreams, type EventStreams } from '../kit/page/event-stream.ts';
import type { PageFault, Pages } from '../kit/page/page.ts';

export const Numbered = z.object({ number: z.string().regex(/^WH-\d{8}-\d{4,10}$/) });

/** What somebody typed into a dialog that was refused. */
export type Tried = { act: string; reason: string; fault: PageFault };
export type ShowCampaign = (
  request: FastifyRequest,
  reply: FastifyReply,
  number: string,
  tried: Tried | null,
) => Promise<FastifyReply>;

// A page holds one connection as long as it is open; beyond this many somebody opens them by machine.
const mostWatchers = 500;
const lookAgainMs = 5_000;
// A million rows are counted in about a second; a dialog does not wait for longer.
const longestCountMs = 2_000;
const charted: ReadonlySet<CampaignState> = new Set([
  'scheduled',
  'sending',
  'paused',
  'settling',
  'cancelled',
  'voided',
]);

/** The page of one campaign in every state, and what moves on it. */
export function campaignLivePages(app: Api, pages: Pages, figures: Figures): void {
  const show = showCampaign(pages, figures);
  app.get(
    '/campaigns/:number',
    { config: { needs: 'campaign:read' }, schema: { params: Numbered } },
    (request, reply) => show(request, reply, request.params.number, null),
  );

  // For the moment a dialog opens: counted now, however young the figures on the page are.
  app.get(
    '/campaigns/:number/consequences',
    { config: { needs: 'campaign:read', page: false }, schema: { params: Numbered } },
    async (request) => {
      const ctx = pages.contextOf(request);
      const campaign = await loadCampaign(ctx, request.params.number);
      const counted = figures.refresh(campaign.key).catch(() => undefined);
      await Promise.race([counted, waitMs(longestCountMs)]);
      return consequencesOf(pages.translatorOf(request), await viewCampaign(ctx, figures, campaign.number));
    },
  );

  const feed = createFeed({ pool: pages.pool, figures, now: () => new Date() });
  const streams = createEventStreams(app, mostWatchers, () => feed.close());
  app.get(
    '/campaigns/:number/events',
    { config: { needs: 'campaign:read' }, schema: { params: Numbered } },
    async (request, reply) => {
      const campaign = await loadCampaign(pages.contextOf(request), request.params.number);
      streams.demandRoom();
      stream(pages, feed, streams, { request, reply, campaign });
    },
  );
}

type Streamed = { request: FastifyRequest; reply: FastifyReply; campaign: { id: string; unit: string } };

/** Sends what changed each second until the page is left, the session ends or the right is lost. */
function stream(pages: Pages, feed: Feed, streams: EventStreams, { request, reply, campaign }: Streamed): void {
  const { behind, send, end } = streams.open(reply, () => {
    clearInterval(again);
    unwatch();
  });
  const sent = new Map<string, string>();
  let newest = 0;
  let step = 0;

  const unwatch = feed.watch(campaign.id, {
    show(view) {
      // A reader that does not keep up misses a second, and gets the whole of the next.
      if (behind()) return;
      const parts: Record<string, string> = {};
      for (const [name, html] of Object.entries(partsOf(pages, request, view))) {
        if (sent.get(name) === html) continue;
        parts[name] = html;
        sent.set(name, html);
      }
      // The newest points still fill up: they are sent again, older ones are not.
      const since = view.speed && view.speed.step === step ? newest - 4 * Math.max(step, 5) : 0;
      const chart = chartOf(view, since);
      newest = view.speed?.points.at(-1)?.[0] ?? 0;
      step = view.speed?.step ?? 0;
      const texts = consequencesOf(pages.translatorOf(request), view);
      send('view', { state: view.campaign.state, at: view.now, countedAt: view.countedAt, parts, chart, texts });
    },
    fail(error) {
      request.log.warn({ error: errorFields(error) }, 'A campaign that is watched could not be looked at.');
    },
  });
  /** Only a refusal ends it: a database that is away for a moment says nothing about the person. */
  const lookAgain = async (): Promise<void> => {
    try {
      const { grants } = await pages.callerAgain(request);
      if (!mayInUnit(grants, 'campaign:read', campaign.unit)) leave();
    } catch (error) {
      if (error instanceof AppError && error.kind === 'denied') leave();
    }
  };
  const again = setInterval(() => void lookAgain(), lookAgainMs);
  const leave = (): void => {
    send('gone', {});
    end();
  };
}

/** Each part by the id of its element. */
function partsOf(pages: Pages, request: FastifyRequest, view: LiveView): Record<string, string> {
  const t = pages.translatorOf(request);
  const face = faceOf(t, view);
  const data = { ...face, number: view.campaign.number, id: view.campaign.id };
  const names = ['why', 'ledger', 'codes', 'gateway', 'events', 'open', 'speed', 'delay'] as const;
  return Object.fromEntries(names.map((name) => [name, pages.render(request, `campaign/part-${name}`, data)]));
}

/** Renders a campaign's page. */
export const showCampaign =
  (pages: Pages, figures: Figures): ShowCampaign =>
  async (request, reply, number, tried) => {
    const t = pages.translatorOf(request);
    const ctx = pages.contextOf(request);
    const view = await viewCampaign(ctx, figures, number);
    const { campaign, rights, archive, signatures } = view;
    const moving = campaign.state !== 'archived';
    if (tried) void reply.code(422);
    const face = faceOf(t, view);
    return pages.page(request, reply, 'campaign/page', {
      title: campaign.name,
      nav: 'campaigns',
      crumbs: [{ href: '/campaigns', label: t('campaign.list.title') }],
      styles: ['campaign.css'],
      scripts: moving ? ['campaign-live.js'] : ['campaign-chart.js'],
      // Also when the first count is still to come: the stream brings it, and has no script to bring.
      charts: view.speed !== null || charted.has(campaign.state),
      ...face,
      facts: factsOf(t, view),
      number: campaign.number,
      id: campaign.id,
      name: campaign.name,
      moving,
      exportable: view.audience !== null,
      // Once something was sent, or nothing will be any more.
      relistable: view.audience !== null && (campaign.startedAt !== null || campaign.state === 'cancelled'),
      rights,
      fault: tried?.fault ?? null,
      kept: tried?.reason ?? '',
      now: view.now,
      texts: consequencesOf(t, view),
      replies: await repliesOfCampaign(ctx, campaign),
      signatures: signatures.map(({ role, staffName, signedAt }) => ({ role, name: staffName, at: signedAt })),
      hasForm: view.form !== null,
      archive,
      chart: JSON.stringify(chartOf(view, 0)),
      words: JSON.stringify({
        submitted: t('campaign.live.submitted'),
        receipts: t('campaign.live.receipts'),
        limit: t('campaign.live.limit', { rate: campaign.ratePerSecond }),
        paused: t('campaign-state.paused'),
        people: t('campaign.live.people'),
        bars: delayBounds.map((from) => t(`campaign.delay.${from}`)),
      }),
    });
  };

/** What stopping and going on would mean, in numbers as soon as there are any, with the time they are of. */
function consequencesOf(t: Translate, { ledger, countedAt, now }: LiveView): Record<string, string> {
  const at = formatClock(countedAt ?? now);
  const counts = ledger && { sent: ledger.submitted, left: ledger.counts.pending, at };
  return Object.fromEntries(
    ['pause', 'cancel', 'resume'].map((act) => [
      act,
      counts ? t(`campaign.run.${act}-text`, counts) : t(`campaign.run.${act}-text-uncounted`),
    ]),
  );
}

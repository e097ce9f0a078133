import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { findCustomer, type CustomerCard } from './customer.command.ts';
import { customerCampaigns, customerTimeline, type CampaignsPage } from './timeline.command.ts';
import type { NumberKind } from './number.rule.ts';
import { revealsPerHour } from './reveal.command.ts';
import { suppressionsOfCustomer, type NamedSuppressionView } from '../contact/suppression.command.ts';
import { reachChoices, reachText } from '../kit/page/reach.ts';
import { AppError } from '../kernel/app-error.rule.ts';
import { chinaDateAt } from '../kernel/working-day.rule.ts';
import { rightsOf, type Permission } from '../kernel/permission.rule.ts';
import { pendingBecause } from '../campaign/pending.rule.ts';
import { filesBehind } from './import/view.command.ts';
import type { SourceFiles } from './import/import.db.ts';
import type { Translate } from '../kernel/translate.ts';
import { Id, type Api } from '../kit/http/api.ts';
import { consentWord, topicsFor } from './customer.page.ts';
import { sourceWord, timelineLine, wordOf } from './timeline.page.ts';
import { formatMinute } from '../kit/page/format.ts';
import type { PageFault, Pages } from '../kit/page/page.ts';

const Query = z.object({
  before: z.string().max(1_000).optional(),
  campaigns: z.coerce.number().int().positive().optional(),
});

/** Seconds that a whole number stays on the screen. */
export const revealSeconds = 30;
export const consentSources = ['phone-call', 'paper-form', 'counter'] as const;

export function customerCardPages(app: Api, pages: Pages): void {
  app.get(
    '/customers/:id',
    { config: { needs: 'customer:read', page: true }, schema: { params: Id, querystring: Query } },
    (request, reply) => showCard(pages, request, reply, { ...request.query, id: request.params.id }),
  );
}

type Wanted = {
  id: string;
  before?: string | undefined;
  campaigns?: number | undefined;
  /** What a form on the page was refused for, with what was typed. */
  fault?: PageFault;
  /** The whole numbers, once they may be seen. */
  revealed?: { phone: string; kind: NumberKind }[];
};

/** One customer's page; also how a form of it comes back with its fault. */
export async function showCard(
  pages: Pages,
  request: FastifyRequest,
  reply: FastifyReply,
  { id, before, campaigns, fault, revealed }: Wanted,
): Promise<FastifyReply> {
  const t = pages.translatorOf(request);
  const ctx = pages.contextOf(request);
  const rights = rightsOf(ctx.staff.grants);
  const may = (right: Permission) => rights.has(right);
  const customer = await findCustomer(ctx, { id });
  if (!customer) throw new AppError('missing', 'customer.unknown', 'There is no such customer.', { id });
  const [timeline, activity, suppressions, topics] = await Promise.all([
    customerTimeline(ctx, { customerId: id, cursor: before ?? null, limit: 20 }),
    customerCampaigns(ctx, { customerId: id, beforeKey: campaigns ?? null }),
    suppressionsOfCustomer(ctx, id),
    topicsFor(ctx),
  ]);
  const files = await filesBehind(ctx, [...customer.consents, ...customer.subscriptions]);
  const explains = may('campaign:explain');
  const several = customer.numbers.length > 1;
  return pages.page(request, reply, 'customer/card', {
    title: customer.name ?? t('customer.card.no-name'),
    nav: 'customers',
    crumbs: [{ href: '/customers', label: t('customer.list.title') }],
    styles: ['customer.css'],
    scripts: ['customer.js'],
    customer: { ...customer, attributes: attributesOf(customer) },
    numbers: customer.numbers.map((row) => numberLine(t, row, chinaDateAt(ctx.now()))),
    consent: consentOf(t, customer, files),
    consentSources,
    reach: reachChoices(t, { scope: 'marketing', channels: [], purposes: [] }),
    topics: topicsOf(t, customer, topics, files),
    active: suppressions.filter(({ active }) => active).map((row) => suppressionLine(t, row, several)),
    past: suppressions.filter(({ active }) => !active).map((row) => suppressionLine(t, row, several)),
    campaigns: activity.rows.map((row) => campaignLine(t, row, explains)),
    nextCampaigns: activity.next === null ? null : `/customers/${id}?campaigns=${activity.next}#campaigns`,
    firstCampaigns: campaigns === undefined ? null : `/customers/${id}#campaigns`,
    events: timeline.events.map((event) => timelineLine(t, event, explains)),
    older: timeline.next === null ? null : `/customers/${id}?before=${timeline.next}#timeline`,
    newest: before === undefined ? null : `/customers/${id}#timeline`,
    reveal: { limit: revealsPerHour, seconds: revealSeconds },
    revealed: revealed ?? null,
    fault: fault ?? null,
  });
}

function numberLine(t: Translate, row: CustomerCard['numbers'][number], today: string) {
  const { phone, place, kind, validUntil, deadSince } = row;
  return {
    phone,
    first: place === 1,
    kind: t(`number.kind-${kind}`),
    until: validUntil === null ? null : t('customer.numbers.until', { day: validUntil }),
    expired: validUntil !== null && validUntil < today,
    dead: deadSince === null ? null : t('customer.numbers.dead', { at: formatMinute(deadSince) }),
  };
}

export const attributesOf = (customer: { attributes: Record<string, unknown> }): { name: string; value: string }[] =>
  Object.entries(customer.attributes).map(([name, value]) => ({
    name,
    value: typeof value === 'string' ? value : JSON.stringify(value),
  }));

function consentOf(t: Translate, customer: CustomerCard, files: SourceFiles) {
  const marketing = customer.consents.find(({ purpose }) => purpose === 'marketing');
  return {
    state: consentWord(marketing?.granted ?? null),
    granted: marketing?.granted === true,
    since: marketing
      ? t('customer.consent.since', {
          at: formatMinute(marketing.changedAt),
          source: sourceWord(t, marketing.source, files),
        })
      : null,
  };
}

/** Every topic with what the customer said; those of the customer alone when the reader may not see topics. */
function topicsOf(
  t: Translate,
  { subscriptions }: CustomerCard,
  topics: { code: string; name: string }[],
  files: SourceFiles,
) {
  const names = new Map(topics.map(({ code, name }) => [code, name]));
  const codes = [...new Set([...names.keys(), ...subscriptions.map(({ topic }) => topic)])];
  return codes.map((code) => {
    const said = subscriptions.find(({ topic }) => topic === code);
    return {
      code,
      name: names.get(code) ?? code,
      subscribed: said?.subscribed === true,
      state: said === undefined ? 'never' : said.subscribed ? 'subscribed' : 'unsubscribed',
      since: said
        ? t('customer.consent.since', { at: formatMinute(said.changedAt), source: sourceWord(t, said.source, files) })
        : null,
    };
  });
}

/** Of somebody with several numbers it says by which one it came: a dead number silences no other. */
function suppressionLine(t: Translate, row: NamedSuppressionView, several: boolean) {
  return {
    number: several ? row.phone : null,
    id: row.id,
    // Inside a part `id` is the part's own.
    rowId: row.id,
    kind: row.kind,
    reach: reachText(t, row),
    createdAt: row.createdAt,
    expiresAt: row.expiresAt,
    liftedAt: row.liftedAt,
    lifted:
      row.liftedAt === null
        ? null
        : t('suppression.lifted-by', { name: row.liftedByName ?? '', reason: row.liftReason ?? '' }),
    reason:
      row.source === 'receipt' || row.source === 'refusal'
        ? t('suppression.receipt-code', { code: row.reason ?? '' })
        : row.reason,
    who: row.createdByName ?? sourceWord(t, row.source),
  };
}

function campaignLine(t: Translate, row: CampaignsPage['rows'][number], explains: boolean) {
  return {
    name: row.name,
    // `number` is a helper of the templates.
    campaignNumber: row.number,
    href: row.readable ? `/campaigns/${row.number}` : null,
    explain: row.readable && explains && row.seq !== null ? `/campaigns/${row.number}/people/${row.seq}` : null,
    excluded: row.seq === null,
    state:
      row.state === 'pending' && row.seq !== null
        ? t(`campaign.pending.${pendingBecause(row.campaignState)}`)
        : wordOf(t, 'message-state', row.state),
    tone: row.state === 'delivered' ? 'good' : row.state === 'failed' ? 'bad' : 'plain',
    reason: row.reason === null ? null : wordOf(t, 'reason', row.reason),
    at: row.at,
  };
}

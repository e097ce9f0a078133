import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Context } from '../house/context.ts';
import type { Campaign } from './campaign.db.ts';
import type { Figures } from './figures.command.ts';
import { browseLedger, explainPerson, findPerson, type LedgerPersonShown } from './ledger.command.ts';
import { mayTakeLedger } from './ledger-export.command.ts';
import { AppError } from '../kernel/app-error.rule.ts';
import { ledgerParts } from './figure.rule.ts';
import type { CampaignState } from './state.rule.ts';
import { peopleOutcomes } from './people-list.rule.ts';
import { neverSent, pendingBecause } from './pending.rule.ts';
import { mayInUnit } from '../kernel/permission.rule.ts';
import type { Translate } from '../kernel/translate.ts';
import type { Api } from '../kit/http/api.ts';
import { Numbered } from './live.page.ts';
import { codeOf } from './words.page.ts';
import { personReasonOf } from '../contact/reason.page.ts';
import { explanationOf } from './explain.page.ts';
import type { PageFault, Pages } from '../kit/page/page.ts';
import { blank } from '../kit/page/query.ts';

const LedgerQuery = z.object({
  part: z.preprocess(blank, z.enum([...ledgerParts, 'excluded']).optional()),
  reason: z.preprocess(blank, z.string().max(60).optional()),
  /** Four digits, or a customer's number; whole phone numbers are asked for by a form that is posted. */
  text: z.preprocess(blank, z.string().trim().max(60).optional()),
  after: z.preprocess(blank, z.coerce.number().int().min(0).max(2_000_000_000).default(0)),
  /** A whole number was asked for in the address, and is there no more. */
  refused: z.literal('whole-number').optional().catch(undefined),
});
const Person = Numbered.extend({ seq: z.coerce.number().int().min(1).max(2_000_000_000) });

const pageSize = 50;

/** The people behind the figures, and why each was contacted or was not. */
export function campaignLedgerPages(app: Api, pages: Pages, figures: Figures): void {
  const asked = { needs: 'campaign:read' } as const;
  app.get(
    '/campaigns/:number/ledger',
    { config: asked, schema: { params: Numbered, querystring: LedgerQuery } },
    (request, reply) => ledger({ pages, figures }, request, reply, request.params.number, request.query, null),
  );

  app.get(
    '/campaigns/:number/people/:seq',
    {
      config: { needs: 'campaign:explain' },
      schema: { params: Person, querystring: z.object({ now: z.coerce.boolean().default(false) }) },
    },
    async (request, reply) => {
      const t = pages.translatorOf(request);
      const { number, seq } = request.params;
      const explained = await explainPerson(pages.contextOf(request), { number, seq, recompute: request.query.now });
      const data = explanationOf(t, explained);
      if (request.headers['hx-request'] === 'true')
        return pages.fragment(request, reply, 'campaign/explain-drawer', data);
      return pages.page(request, reply, 'campaign/explain-page', {
        ...data,
        nav: 'campaigns',
        crumbs: crumbsOf(t, explained.campaign),
        styles: ['campaign.css'],
        scripts: ['campaign-ledger.js'],
      });
    },
  );

  app.post(
    '/campaigns/:number/explain',
    {
      config: { needs: 'campaign:explain' },
      schema: { params: Numbered, body: z.object({ phone: z.string().max(60).default('') }) },
    },
    async (request, reply) => {
      const t = pages.translatorOf(request);
      const { number } = request.params;
      try {
        const found = await findPerson(pages.contextOf(request), { number, phone: request.body.phone });
        if (found.kind === 'member') return await reply.redirect(`/campaigns/${number}/people/${found.seq}`, 303);
        return await pages.page(request, reply, 'campaign/explain-absent', {
          title: t('campaign.explain.title'),
          nav: 'campaigns',
          crumbs: crumbsOf(t, found.campaign),
          styles: ['campaign.css'],
          code: number,
          phone: found.phone,
          kind: found.kind,
          reason: found.kind === 'excluded' ? personReasonOf(t, found.reason) : null,
          frozenAt: found.kind === 'not-frozen' ? null : found.frozenAt,
        });
      } catch (error) {
        if (!(error instanceof AppError) || error.kind !== 'invalid') throw error;
        // What was typed is a number of somebody: it is not shown again.
        return ledger(
          { pages, figures },
          request,
          reply.code(422),
          number,
          { after: 0 },
          pages.faultOf(request, error),
        );
      }
    },
  );
}

type Query = z.infer<typeof LedgerQuery>;

async function ledger(
  { pages, figures }: { pages: Pages; figures: Figures },
  request: FastifyRequest,
  reply: FastifyReply,
  number: string,
  query: Query,
  fault: PageFault | null,
): Promise<FastifyReply> {
  const t = pages.translatorOf(request);
  const ctx = pages.contextOf(request);
  const { part, reason, text, after } = query;
  // A whole number in the address would stay in histories and in every link of the page: it is led away from.
  if (text !== undefined && /\d{11}/.test(text.replaceAll(/[\s-]/g, '')))
    return reply.redirect(`/campaigns/${number}/ledger?refused=whole-number`, 303);
  const found = await browseLedger(ctx, figures, number, {
    part: part ?? null,
    reason: reason ?? null,
    text: text ?? null,
    after,
    limit: pageSize,
  });
  const { campaign, parts, rows } = found;
  const hrefOf = (change: Partial<Query>): string => {
    const entries = Object.entries({ ...query, after: undefined, refused: undefined, ...change });
    const search = new URLSearchParams(entries.filter(([, value]) => value) as [string, string][]).toString();
    return `/campaigns/${number}/ledger${search === '' ? '' : `?${search}`}`;
  };
  const excludedTotal = found.exclusions.reduce((sum, { count }) => sum + count, 0);
  const explains = mayInUnit(ctx.staff.grants, 'campaign:explain', campaign.unit);
  return pages.page(request, reply, 'campaign/ledger', {
    title: t('campaign.ledger.title'),
    nav: 'campaigns',
    crumbs: crumbsOf(t, campaign),
    styles: ['campaign.css'],
    scripts: ['campaign-ledger.js'],
    name: campaign.name,
    code: number,
    state: campaign.state,
    frozen: campaign.frozenAudienceId !== null,
    explains,
    listHref: listHrefOf(ctx, campaign, query),
    takes: campaign.frozenAudienceId !== null && mayTakeLedger(ctx, campaign),
    fault: query.refused
      ? { code: 'ledger.whole-number', message: t('campaign.ledger.whole-number'), fields: {} }
      : fault,
    tabs: [
      { label: t('common.all'), href: hrefOf({ part: undefined, reason: undefined }), count: null, current: !part },
      ...ledgerParts
        .filter((name) => parts === null || parts[name] > 0 || name === part)
        .map((name) => ({
          label: t(`campaign.part.${name}`),
          href: hrefOf({ part: name, reason: undefined }),
          count: parts === null ? null : parts[name],
          current: name === part,
        })),
      ...(excludedTotal > 0
        ? [
            {
              label: t('campaign.part.excluded'),
              href: hrefOf({ part: 'excluded', reason: undefined, text: undefined }),
              count: excludedTotal,
              current: part === 'excluded',
            },
          ]
        : []),
    ],
    part: part ?? '',
    reason: reason ?? '',
    reasons: found.reasons.map(({ reason: value, count }) => ({ value, count, label: personReasonOf(t, value) })),
    text: text ?? '',
    rows: rows.map((row) => lineOf(t, row, campaign.state, explains ? `/campaigns/${number}/people/${row.seq}` : null)),
    excluded: found.excluded.map(({ phone, reason: why }) => ({ phone, why: personReasonOf(t, why) })),
    next: found.next === null ? null : hrefOf({ after: found.next }),
    first: after > 0 ? hrefOf({}) : null,
    filtered: Boolean(part ?? reason ?? text),
    resetHref: `/campaigns/${number}/ledger`,
  });
}

/** Where a list is made of the people shown; null where none can be. */
function listHrefOf({ staff }: Context, campaign: Campaign, { part, reason }: Query): string | null {
  const outcome = peopleOutcomes.find((each) => each === part);
  const may = mayInUnit(staff.grants, 'audience:write', campaign.unit);
  if (!may || outcome === undefined || campaign.frozenAudienceId === null) return null;
  const search = new URLSearchParams({ part: outcome, ...(reason !== undefined && { reason }) });
  return `/campaigns/${campaign.number}/audience?${search.toString()}`;
}

/** One person; `href` leads to the explanation. */
function lineOf(t: Translate, row: LedgerPersonShown, campaign: CampaignState, href: string | null) {
  const { seq, phone, customerNumber, tier, state, reason, code, changedAt, claimedAt } = row;
  const held = state === 'pending' ? pendingBecause(campaign) : null;
  const waits = held === null || held === 'turn' ? null : t(`campaign.pending.${held}`);
  const doubt = state === 'unknown' && code !== null ? codeOf(t, 'aliyun', code) : null;
  return {
    seq,
    phone,
    customerNumber,
    tier,
    state,
    word: held !== null && neverSent(held) ? t('campaign.pending.never') : t(`message-state.${state}`),
    href,
    why: reason === null ? (waits ?? doubt) : personReasonOf(t, reason),
    at: changedAt ?? claimedAt,
  };
}

const crumbsOf = (t: (key: string) => string, { number, name }: { number: string; name: string }) => [
  { href: '/campaigns', label: t('campaign.list.title') },
  { href: `/campaigns/${number}`, label: name },
];

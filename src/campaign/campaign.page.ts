import { calendarEnding } from '../house/calendar-notice.command.ts';
import { z } from 'zod';
import { createFigures } from './figures.command.ts';
import { campaignChoices, listTabs, viewCampaignRows, viewCampaigns, type ListTab } from './list.command.ts';
import type { Translate } from '../kernel/translate.ts';
import type { Api } from '../kit/http/api.ts';
import { campaignLedgerPages } from './ledger.page.ts';
import { campaignLivePages, showCampaign } from './live.page.ts';
import { campaignRecordPages } from './record.page.ts';
import { rowOf } from './row.page.ts';
import { campaignRunPages } from './run.page.ts';
import { formatDuration, formatNumber, formatPercent, formatYuan } from '../kit/page/format.ts';
import type { Pages } from '../kit/page/page.ts';
import { peopleListPages } from './people-list.page.ts';
import { dayText } from '../kernel/field.rule.ts';
import { blank } from '../kit/page/query.ts';

const Query = z.object({
  tab: z.preprocess(blank, z.enum(listTabs).default('all')),
  text: z.preprocess(blank, z.string().trim().max(100).optional()),
  kind: z.preprocess(blank, z.enum(['marketing', 'notice']).optional()),
  unit: z.preprocess(blank, z.string().max(200).optional()),
  owner: z.preprocess(blank, z.uuid().optional()),
  from: z.preprocess(blank, dayText().optional()),
  until: z.preprocess(blank, dayText().optional()),
  /** Microseconds and id of the last row before. */
  after: z.preprocess(
    blank,
    z
      .string()
      .regex(/^\d{1,16}\.[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
      .optional(),
  ),
});
type Query = z.infer<typeof Query>;

const pageSize = 20;
const mostRows = 100;
const china = (day: string): Date => new Date(`${day}T00:00:00+08:00`);

/** The list of campaigns, and everything below /campaigns. */
export function campaignPages(app: Api, pages: Pages): void {
  const figures = createFigures(pages.pool);
  app.addHook('onClose', () => figures.close());

  app.get(
    '/campaigns',
    { config: { needs: 'campaign:read' }, schema: { querystring: Query } },
    async (request, reply) => {
      const t = pages.translatorOf(request);
      const ctx = pages.contextOf(request);
      const { tab, text, kind, unit, owner, from, until, after } = request.query;
      const [movedAt, id] = after?.split('.') ?? [];
      const list = await viewCampaigns(ctx, figures, {
        tab,
        text: text ?? null,
        kind: kind ?? null,
        unit: unit ?? null,
        ownerId: owner ?? null,
        from: from ? china(from) : null,
        until: until ? new Date(china(until).getTime() + 86_400_000) : null,
        after: movedAt && id ? { movedAt: Number(movedAt), id } : null,
        limit: pageSize,
      });
      const now = ctx.now();
      const filtered = Boolean(text ?? kind ?? unit ?? owner ?? from ?? until);
      return pages.page(request, reply, 'campaign/list', {
        title: t('campaign.list.title'),
        nav: 'campaigns',
        styles: ['campaign.css', 'first-run.css'],
        scripts: ['campaign-list.js'],
        firstRun: await pages.firstRun(request),
        calendarEnding: await calendarEnding(ctx),
        now,
        rows: list.rows.map((row) => rowOf(t, row, now)),
        figures: figuresOf(t, list.summary, now),
        tabs: list.tabs.map(({ tab: each, count }) => ({
          label: t(`campaign.tab.${each}`),
          href: hrefOf({ ...request.query, tab: each, after: undefined }),
          count,
          current: each === tab,
          urgent: each === 'mine' && count > 0,
        })),
        tab,
        total: list.total,
        filter: {
          text: text ?? '',
          kind: kind ?? '',
          unit: unit ?? '',
          owner: owner ?? '',
          from: from ?? '',
          until: until ?? '',
        },
        choices: await campaignChoices(ctx),
        filtered,
        empty: emptyOf(tab, filtered),
        next: list.next ? hrefOf({ ...request.query, after: `${list.next.movedAt}.${list.next.id}` }) : null,
        first: after ? hrefOf({ ...request.query, after: undefined }) : null,
      });
    },
  );

  app.get(
    '/campaigns/rows',
    {
      config: { needs: 'campaign:read' },
      schema: { querystring: z.object({ numbers: z.string().max(3_000).default('') }) },
    },
    async (request, reply) => {
      const t = pages.translatorOf(request);
      const ctx = pages.contextOf(request);
      const numbers = request.query.numbers.split(',').filter((each) => /^WH-\d{8}-\d{4,}$/.test(each));
      const { rows, summary } = await viewCampaignRows(ctx, figures, numbers.slice(0, mostRows));
      const now = ctx.now();
      return pages.fragment(request, reply, 'campaign/rows', {
        rows: rows.map((row) => rowOf(t, row, now)),
        figures: figuresOf(t, summary, now),
      });
    },
  );

  campaignLivePages(app, pages, figures);
  campaignRunPages(app, pages, showCampaign(pages, figures));
  campaignLedgerPages(app, pages, figures);
  campaignRecordPages(app, pages);
  peopleListPages(app, pages);
}

function hrefOf(query: Partial<Query>): string {
  const entries = Object.entries(query).filter(([name, value]) => value && !(name === 'tab' && value === 'all'));
  const search = new URLSearchParams(entries as [string, string][]).toString();
  return search === '' ? '/campaigns' : `/campaigns?${search}`;
}

const emptyOf = (tab: ListTab, filtered: boolean): string =>
  filtered ? 'filtered' : tab === 'mine' ? 'mine' : tab === 'all' ? 'all' : 'tab';

type Summary = Awaited<ReturnType<typeof viewCampaigns>>['summary'];

/** The five figures, each with what it is of or compared with. */
function figuresOf(t: Translate, { today, yesterday, awaited, optOuts }: Summary, now: Date) {
  const judged = today.delivered + today.failed;
  const judgedBefore = yesterday.delivered + yesterday.failed;
  const waited = awaited.oldest === null ? 0 : (now.getTime() - awaited.oldest.getTime()) / 1_000;
  return [
    {
      name: t('campaign.figure.submitted'),
      value: formatNumber(today.submitted),
      note: t('campaign.figure.submitted-note'),
    },
    {
      name: t('campaign.figure.rate'),
      value: formatPercent(today.delivered, judged),
      note:
        judgedBefore === 0
          ? t('campaign.figure.rate-alone', { count: judged })
          : t('campaign.figure.rate-note', { rate: formatPercent(yesterday.delivered, judgedBefore) }),
    },
    {
      name: t('campaign.figure.awaited'),
      value: formatNumber(awaited.count),
      note:
        awaited.count === 0
          ? t('campaign.figure.awaited-none')
          : t('campaign.figure.awaited-note', { time: formatDuration(waited, t.language) }),
    },
    { name: t('campaign.figure.cost'), value: formatYuan(today.costFen), note: t('campaign.figure.cost-note') },
    { name: t('campaign.figure.opt-outs'), value: formatNumber(optOuts), note: t('campaign.figure.opt-outs-note') },
  ];
}

import { purposesOfKind } from '../../kernel/reach.rule.ts';
import { fewestForStop } from '../../form/stop-condition.rule.ts';
import type { FastifyRequest } from 'fastify';
import { listAudiences } from '../../audience/audience.command.ts';
import type { Context } from '../../house/context.ts';
import type { DraftOverview } from './checks.command.ts';
import { examplesOf, somebodyOf, type EstimateView } from './estimate.command.ts';
import { listTestReceivers, listTestSends } from './test-send.command.ts';
import { proposedWindow, suggestedCeilingFen, yuanOfFen, type DraftStep } from './draft.rule.ts';
import { testLimits } from './test-send.rule.ts';
import { findAudience, type Audience } from '../../audience/audience.db.ts';
import { findCalendar } from '../../kernel/calendar.db.ts';
import { tiers } from '../../customer/customer.db.ts';
import type { Draft } from './draft.db.ts';
import { findGatewayAccount } from '../../sms/gateway-account.db.ts';
import { findTemplate, listTemplates } from '../../sms/template/template.db.ts';
import { listTopics } from '../../customer/topic.db.ts';
import { mayInUnit } from '../../kernel/permission.rule.ts';
import { emptyForm, filterWords, operators } from '../../audience/form.page.ts';
import { sourceKinds } from './form.page.ts';
import { checkLines, exampleLines, forecastLine, markedText, testLines } from './view.page.ts';
import type { Pages } from '../../kit/page/page.ts';

type Asked = {
  ctx: Context;
  draft: Draft;
  step: DraftStep;
  estimate: EstimateView;
  overview: DraftOverview;
  builder?: object;
};

/** What each step shows beside its own fields. */
export async function partsOfStep(
  pages: Pages,
  request: FastifyRequest,
  asked: Asked,
): Promise<Record<string, unknown>> {
  switch (asked.step) {
    case 'audience':
      return audienceParts(pages, request, asked);
    case 'text':
      return textParts(pages, request, asked);
    case 'checks':
      return checkParts(pages, request, asked);
    case 'window':
      return windowParts(pages, request, asked);
    case 'review':
      return reviewParts(pages, request, asked);
  }
}

async function audienceParts(pages: Pages, request: FastifyRequest, { ctx, draft, builder }: Asked) {
  const t = pages.translatorOf(request);
  const { rows } = await listAudiences(ctx, { limit: 100, state: 'open' });
  const chosen = draft.body.audienceId === null ? null : await findAudience(ctx.pool, draft.body.audienceId);
  const listed = chosen && !rows.some(({ id }) => id === chosen.id) ? [chosen, ...rows] : rows;
  const topics = await listTopics(ctx.pool);
  const names = new Map(topics.map(({ code, name }) => [code, name]));
  const words = (audience: Audience): string => {
    if (audience.fromCampaign !== null) return t('audience.show.campaign-size', { people: audience.size ?? 0 });
    if (audience.filter === null) return t('draft.audience.of-file', { count: audience.size ?? 0 });
    const said = filterWords(t, audience.filter, names);
    return said.length === 0 ? t('draft.audience.everybody') : said.join(t('draft.audience.and'));
  };
  return {
    audiences: listed.map((audience) => ({
      id: audience.id,
      name: audience.name,
      kind: t(kindWordOf(audience)),
      chosen: audience.id === draft.body.audienceId,
    })),
    chosen: chosen && { name: chosen.name, words: words(chosen), open: chosen.state === 'open' },
    topics: topics.map(({ code, name }) => ({ code, name })),
    tiers: [...tiers],
    operators: [...operators],
    builder: builder ?? { open: false, fault: null, values: emptyForm() },
  };
}

const kindWordOf = ({ filter, fromCampaign }: Audience): string => {
  if (fromCampaign !== null) return 'audience.kind.campaign';
  return filter === null ? 'draft.audience.file' : 'draft.audience.filter';
};

async function textParts(pages: Pages, request: FastifyRequest, { ctx, draft, estimate }: Asked) {
  const t = pages.translatorOf(request);
  const { templateId, variableSources, topic, contactPurpose } = draft.body;
  const all = await listTemplates(ctx.pool);
  // By name, newest version first: the first of each name is its latest.
  const latest = all.filter(({ name }, index) => all[index - 1]?.name !== name);
  const template = all.find(({ id }) => id === templateId) ?? null;
  const offered = template && !latest.some(({ id }) => id === template.id) ? [template, ...latest] : latest;
  const person = await somebodyOf(ctx, draft);
  const topics = await listTopics(ctx.pool);
  return {
    templates: offered.map(({ id, name, version, kind }) => ({
      id,
      label: t('draft.text.template-label', { name, version, kind: t(`draft.kind.${kind}`) }),
      chosen: id === templateId,
    })),
    template: template && { kind: template.kind, signName: template.signName, pieces: markedText(template) },
    newer: template !== null && !latest.some(({ id }) => id === template.id),
    variables: (template?.variables ?? []).map(({ name, label, example, maxLength }) => {
      const source = variableSources[name];
      return {
        name,
        label,
        example,
        maxLength,
        key: source && 'key' in source ? source.key : source && 'value' in source ? source.value : '',
        kinds: sourceKinds.map((kind) => ({ kind, word: t(`draft.source.${kind}`), chosen: source?.from === kind })),
      };
    }),
    keys: [...new Set([...Object.keys(person?.rowVariables ?? {}), ...Object.keys(person?.attributes ?? {})])].slice(
      0,
      50,
    ),
    topics: topics.map(({ code, name }) => ({ code, name, chosen: code === topic })),
    purposes: (template ? purposesOfKind[template.kind] : []).map((purpose) => ({
      purpose,
      word: t(`contact.purpose-${purpose}`),
      chosen: purpose === contactPurpose,
    })),
    examples: exampleLines(t, await examplesOf(ctx, draft, estimate.result)),
  };
}

async function checkParts(pages: Pages, request: FastifyRequest, { ctx, draft, estimate, overview }: Asked) {
  const t = pages.translatorOf(request);
  const [examples, receivers, tests] = await Promise.all([
    examplesOf(ctx, draft, estimate.result),
    listTestReceivers(ctx, draft),
    listTestSends(ctx, draft),
  ]);
  return {
    checks: checkLines(t, draft, overview.checks),
    asksAgain: asksAgain(overview, 'checks'),
    faults: overview.checks.filter(({ state }) => state === 'fault').length,
    forecast: forecastLine(t, overview.forecast),
    examples: exampleLines(t, examples),
    receivers,
    tests: testLines(t, draft, tests),
    limits: { ...testLimits },
  };
}

async function windowParts(pages: Pages, request: FastifyRequest, { ctx, draft, overview }: Asked) {
  const t = pages.translatorOf(request);
  const template = draft.body.templateId === null ? null : await findTemplate(ctx.pool, draft.body.templateId);
  const account = template && (await findGatewayAccount(ctx.pool, template.gatewayAccountId));
  const calendar = await findCalendar(ctx.pool);
  const { result } = overview.estimate;
  const suggested = result && result.costFen > 0 ? suggestedCeilingFen(result.costFen) : null;
  return {
    proposed: proposedWindow(draft.body, {
      now: ctx.now(),
      people: result?.size ?? 0,
      accountRate: account?.ratePerSecond ?? null,
      costFen: result?.costFen ?? 0,
    }),
    fewestForStop,
    asksAgain: null,
    kind: template?.kind ?? null,
    hours:
      account && template
        ? { from: account.settings.hours[template.kind][0], to: account.settings.hours[template.kind][1] }
        : null,
    accountRate: account?.ratePerSecond ?? null,
    coveredUntil: calendar?.coveredUntil ?? null,
    costFen: result && result.costFen > 0 ? result.costFen : null,
    suggested: suggested === null ? null : yuanOfFen(suggested),
    days: overview.days.map(({ date, weekday, kind, sends }) => ({
      day: date,
      weekday: t(`draft.weekday.${weekday}`),
      kind,
      word: t(`draft.day.${kind}`),
      sends,
    })),
    forecast: forecastLine(t, overview.forecast),
    checks: checkLines(
      t,
      draft,
      overview.checks.filter(({ step, state }) => step === 'window' && state !== 'passed' && state !== 'later'),
    ),
  };
}

async function reviewParts(pages: Pages, request: FastifyRequest, { ctx, draft, estimate, overview }: Asked) {
  const t = pages.translatorOf(request);
  const examples = await examplesOf(ctx, draft, estimate.result);
  const { audience, template, account, read, ready } = overview;
  return {
    asksAgain: asksAgain(overview, 'review'),
    ready: ready && mayInUnit(ctx.staff.grants, 'campaign:submit', draft.unit),
    maySubmit: mayInUnit(ctx.staff.grants, 'campaign:submit', draft.unit),
    manyLeftOut: overview.manyLeftOut,
    checks: checkLines(t, draft, overview.checks),
    applicant: ctx.staff.name,
    audienceName: audience?.name ?? null,
    template: template && {
      name: template.name,
      version: template.version,
      kind: template.kind,
      signName: template.signName,
      code: template.gatewayCode,
      pieces: markedText(template),
    },
    account: account && { name: account.name },
    form: read && {
      startsAt: new Date(read.window.startsAt),
      endsAt: new Date(read.window.endsAt),
      dailyFrom: read.window.dailyFrom,
      dailyTo: read.window.dailyTo,
      days: read.window.days,
      ratePerSecond: read.ratePerSecond,
      requests: read.requests,
      costCeilingFen: read.costCeilingFen,
      stop: read.stopConditions,
      signBy: signByOf(read, ctx.now()),
    },
    forecast: forecastLine(t, overview.forecast),
    examples: exampleLines(t, examples),
  };
}

/** The part that is drawn anew, with the gateway asked again, as long as the gateway is what stands in the way. */
const asksAgain = ({ checks }: DraftOverview, part: string): string | null =>
  checks.some(({ name, state }) => name === 'gateway' && state === 'fault') ? part : null;

/** As the submission will fill it in: the end of the window, at most seven days from now. */
const signByOf = (read: { signBy: string | undefined; window: { endsAt: string } }, now: Date): Date =>
  read.signBy === undefined
    ? new Date(Math.min(Date.parse(read.window.endsAt), now.getTime() + 7 * 86_400_000))
    : new Date(read.signBy);

import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { createAudience } from './audience.command.ts';
import { createAudienceCounter, type KeptCount } from './count.command.ts';
import {
  countAgain,
  countFilter,
  filterChoices,
  listAudienceLines,
  showAudience,
  type AudienceLine,
} from './view.command.ts';
import { AppError } from '../kernel/app-error.rule.ts';
import type { Audience } from './audience.db.ts';
import { audienceKinds, type AudienceKind } from './list.db.ts';
import { tiers } from '../customer/customer.db.ts';
import { listTopics } from '../customer/topic.db.ts';
import { peopleObstacles, peopleOutcomes } from '../campaign/people-list.rule.ts';
import type { Translate } from '../kernel/translate.ts';
import { Id, type Api } from '../kit/http/api.ts';
import { attributeRows, emptyForm, FilterForm, filterWords, operators, readFilter } from './form.page.ts';
import { personReasonOf } from '../contact/reason.page.ts';
import type { PageFault, Pages } from '../kit/page/page.ts';

const ListQuery = z.object({
  kind: z.enum(audienceKinds).or(z.literal('')).optional(),
  name: z.string().max(100).optional(),
  before: z.uuid().optional(),
});
const hidden = { hide: true };

export function audiencePages(app: Api, pages: Pages): void {
  const counter = createAudienceCounter(pages.pool);
  app.addHook('onClose', () => counter.close());

  app.get(
    '/audiences',
    { config: { needs: 'audience:read', page: true }, schema: { ...hidden, querystring: ListQuery } },
    async (request, reply) => {
      const t = pages.translatorOf(request);
      const { kind, name, before } = request.query;
      const { rows, next } = await listAudienceLines(pages.contextOf(request), counter, {
        kind: kind || null,
        name,
        before,
      });
      const topics = await topicNames(pages);
      const here = (more: Record<string, string>) =>
        `/audiences?${new URLSearchParams({ ...(kind && { kind }), ...(name && { name }), ...more }).toString()}`;
      const line = (row: AudienceLine) => ({
        ...row,
        words: row.filter ? filterWords(t, row.filter, topics).join(t('audience.words.separator')) : null,
      });
      return pages.page(request, reply, 'audience/list', {
        title: t('audience.list.title'),
        nav: 'audiences',
        rows: rows.map(line),
        tabs: (['', ...audienceKinds] as const).map((each) => ({
          id: each || 'open',
          href: each ? `/audiences?kind=${each}` : '/audiences',
          current: each === (kind ?? ''),
        })),
        kind: kind ?? '',
        name: name ?? '',
        filtered: Boolean(name),
        next: next && here({ before: next }),
        first: before ? here({}) : null,
      });
    },
  );

  const form = async (
    request: FastifyRequest,
    reply: FastifyReply,
    shown: { values: FilterForm; fault: PageFault | null; count: KeptCount | null; words: string[] },
  ) => {
    const [choices, topics] = await Promise.all([filterChoices(pages.contextOf(request)), listTopics(pages.pool)]);
    const { values } = shown;
    const rows = Math.max(attributeRows, values.attributeName.length);
    const t = pages.translatorOf(request);
    return pages.page(request, reply, 'audience/new', {
      title: t('audience.new.title'),
      nav: 'audiences',
      crumbs: [{ href: '/audiences', label: t('audience.list.title') }],
      styles: ['audience.css'],
      ...shown,
      ...choices,
      fields: shown.fault?.fields ?? {},
      tierChoices: tiers.map((tier) => ({ tier, chosen: values.tiers.includes(tier) })),
      topics: topics.map(({ code, name }) => ({ code, name, chosen: code === values.topic })),
      conditions: Array.from({ length: rows }, (_, index) => ({
        index,
        number: index + 1,
        name: values.attributeName[index] ?? '',
        value: values.attributeValue[index] ?? '',
        fault: shown.fault?.fields[`attribute.${index}`] ?? null,
        operators: operators.map((operator) => ({
          operator,
          chosen: operator === (values.attributeOperator[index] ?? 'eq'),
        })),
      })),
    });
  };
  const wordsOf = async (request: FastifyRequest, values: FilterForm) =>
    filterWords(pages.translatorOf(request), readFilter(values), await topicNames(pages));

  app.get(
    '/audiences/new',
    { config: { needs: 'audience:write', page: true }, schema: hidden },
    async (request, reply) => form(request, reply, { values: emptyForm(), fault: null, count: null, words: [] }),
  );

  app.post(
    '/audiences/count',
    { config: { needs: 'audience:write', page: true }, schema: { ...hidden, body: FilterForm } },
    async (request, reply) => {
      try {
        const count = await countFilter(pages.contextOf(request), counter, readFilter(request.body));
        const words = await wordsOf(request, request.body);
        return pages.fragment(request, reply, 'audience/count', {
          count,
          words,
          fault: null,
          polls: count.state === 'counting',
        });
      } catch (error) {
        const fault = pages.faultOf(request, error);
        return pages.fragment(request, reply, 'audience/count', { count: null, words: [], fault, polls: false });
      }
    },
  );

  app.post(
    '/audiences',
    {
      config: { needs: 'audience:write', page: true },
      schema: { ...hidden, body: FilterForm.extend({ act: z.enum(['save', 'count']).default('save') }) },
    },
    async (request, reply) => {
      const { act, ...values } = request.body;
      const ctx = pages.contextOf(request);
      try {
        const filter = readFilter(values);
        if (act === 'count') {
          const [count, words] = await Promise.all([countFilter(ctx, counter, filter), wordsOf(request, values)]);
          return await form(request, reply, { values, fault: null, count, words });
        }
        if (values.name.trim() === '') throw noName();
        const { id } = await createAudience(ctx, { name: values.name, filter });
        return pages.done(request, reply, `/audiences/${id}`, 'audience.new.done', { name: values.name.trim() });
      } catch (error) {
        const fault = pages.faultOf(request, error);
        return form(request, reply.code(422), { values, fault, count: null, words: [] });
      }
    },
  );

  app.get(
    '/audiences/:id',
    { config: { needs: 'audience:read', page: true }, schema: { ...hidden, params: Id } },
    async (request, reply) => {
      const t = pages.translatorOf(request);
      const shown = await showAudience(pages.contextOf(request), counter, request.params.id);
      const { audience } = shown;
      const kind = kindOf(audience);
      return pages.page(request, reply, 'audience/show', {
        title: audience.name,
        nav: 'audiences',
        crumbs: [{ href: '/audiences', label: t('audience.list.title') }],
        styles: ['audience.css'],
        leadsOn: true,
        ...shown,
        kind,
        usable: audience.state === 'open',
        words: audience.filter ? filterWords(t, audience.filter, await topicNames(pages)) : [],
        counting: shown.count && countView(shown.count, audience),
        made: madeOf(t, audience.fromPeople),
        excluded: Object.entries(audience.excluded ?? {}).map(([reason, people]) => ({ reason, people })),
      });
    },
  );

  app.get(
    '/audiences/:id/count',
    { config: { needs: 'audience:read', page: true }, schema: { ...hidden, params: Id } },
    async (request, reply) => {
      const { id } = request.params;
      const { count, audience } = await countAgain(pages.contextOf(request), counter, id, false);
      return pages.fragment(request, reply, 'audience/reach', countView(count, audience));
    },
  );
  app.post(
    '/audiences/:id/count',
    { config: { needs: 'audience:read', page: true }, schema: { ...hidden, params: Id } },
    async (request, reply) => {
      const { id } = request.params;
      const { count, audience } = await countAgain(pages.contextOf(request), counter, id, true);
      if (request.headers['hx-request'] === 'true')
        return pages.fragment(request, reply, 'audience/reach', countView(count, audience));
      return pages.done(request, reply, `/audiences/${id}`, 'audience.show.counted');
    },
  );
}

const kindOf = ({ state, filter, fromCampaign }: Audience): AudienceKind => {
  if (state !== 'open') return 'frozen';
  if (filter !== null) return 'filter';
  return fromCampaign === null ? 'file' : 'campaign';
};

const Made = z.object({
  outcomes: z.array(z.enum(peopleOutcomes)),
  reasons: z.array(z.string()),
  leftOut: z.record(z.enum(peopleObstacles), z.number()),
});

/** How the people of a campaign were chosen, in words. */
function madeOf(t: Translate, kept: Audience['fromPeople']) {
  const read = Made.safeParse(kept);
  if (!read.success) return null;
  const { outcomes, reasons, leftOut } = read.data;
  return {
    outcomes: outcomes.map((outcome) => ({
      label: t(`campaign.part.${outcome}`),
      reasons: outcome === 'failed' ? reasons.map((reason) => personReasonOf(t, reason)) : [],
    })),
    unknown: outcomes.includes('unknown'),
    leftOut: peopleObstacles
      .filter((obstacle) => leftOut[obstacle] > 0)
      .map((obstacle) => ({ label: t(`campaign.people.obstacle-${obstacle}`), people: leftOut[obstacle] })),
  };
}

const noName = () => new AppError('invalid', 'audience.name-missing', 'Give the audience a name.', { field: 'name' });

const topicNames = async (pages: Pages): Promise<Map<string, string>> =>
  new Map((await listTopics(pages.pool)).map(({ code, name }) => [code, name]));

/** What a message of each kind would reach, with the reasons of those left out, most first. */
function countView(count: KeptCount, audience: Pick<Audience, 'id' | 'filter'>) {
  const reach = (['marketing', 'notice'] as const).map((kind) => {
    const tally = count[kind];
    const reasons = Object.entries(tally)
      .filter(([reason]) => reason !== '')
      .map(([reason, people]) => ({ reason, people }))
      .toSorted((a, b) => b.people - a.people);
    return { kind, reachable: tally[''] ?? 0, total: count.total ?? 0, reasons };
  });
  // A file shows its own first members, whether or not they are customers.
  const sample = audience.filter === null ? [] : count.sample;
  return { count, id: audience.id, reach, sample, polls: count.state === 'counting' };
}

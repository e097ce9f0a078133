import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { decideReply, listReplies, markAllHandled, markHandled, markOptOut } from './reply.command.ts';
import { replyDecisions, replyMeanings, type ReplyAsks } from './reply.db.ts';
import type { ContactPurpose } from '../kernel/reach.rule.ts';
import type { Translate } from '../kernel/translate.ts';
import { dayText } from '../kernel/field.rule.ts';
import { Id, type Api } from '../kit/http/api.ts';
import type { PageFault, Pages } from '../kit/page/page.ts';
import { blank } from '../kit/page/query.ts';

const states = ['open', 'decide', 'handled', 'all'] as const;
const Filter = z.object({
  state: z.preprocess(blank, z.enum(states).default('open')),
  meaning: z.preprocess(blank, z.enum(replyMeanings).optional()),
  campaign: z.preprocess(
    blank,
    z
      .string()
      .trim()
      .max(40)
      .regex(/^[A-Za-z0-9-]+$/)
      .optional(),
  ),
  from: z.preprocess(blank, dayText().optional()),
  until: z.preprocess(blank, dayText().optional()),
});
/** Those of a page that somebody has looked through. */
const Shown = z.preprocess(
  (given) => (typeof given === 'string' ? [given] : given),
  z.array(z.uuid()).max(100).default([]),
);
const Query = Filter.extend({ before: z.preprocess(blank, z.uuid().optional()) });
type Query = z.output<typeof Query>;
const dayMs = 86_400_000;
/** Nobody types more; what is longer is read by the API. */
const mostShown = 1_000;

const addressOf = (query: Partial<Query>): string => {
  const given = Object.entries(query).filter((each): each is [string, string] => Boolean(each[1]));
  return given.length === 0 ? '/replies' : `/replies?${new URLSearchParams(given).toString()}`;
};

/** The inbox: what customers replied, and what is done about it. */
export function replyPages(app: Api, pages: Pages): void {
  app.get('/replies', { config: { needs: 'reply:read' }, schema: { querystring: Query } }, (request, reply) =>
    showList(pages, request, reply, request.query),
  );
  for (const [act, command] of [
    ['opt-out', markOptOut],
    ['handle', markHandled],
  ] as const) {
    app.post(
      `/replies/:id/${act}`,
      { config: { needs: 'reply:write' }, schema: { params: Id, body: Filter } },
      async (request, reply) => {
        try {
          await command(pages.contextOf(request), request.params);
        } catch (error) {
          return showList(pages, request, reply.code(409), request.body, pages.faultOf(request, error));
        }
        return pages.done(request, reply, addressOf(request.body), `reply.done.${act}`);
      },
    );
  }
  app.post(
    '/replies/handle-shown',
    { config: { needs: 'reply:write' }, schema: { body: Filter.extend({ reply: Shown }) } },
    async (request, reply) => {
      const { reply: ids, ...filter } = request.body;
      const count = await markAllHandled(pages.contextOf(request), ids);
      return pages.done(request, reply, addressOf(filter), 'reply.done.handle-shown', { count });
    },
  );
  app.post(
    '/replies/:id/decide',
    {
      config: { needs: 'reply:write' },
      schema: {
        params: Id,
        body: Filter.extend({ decision: z.enum(replyDecisions), reason: z.string().max(500).default('') }),
      },
    },
    async (request, reply) => {
      const { decision, reason, ...filter } = request.body;
      try {
        await decideReply(pages.contextOf(request), { ...request.params, decision, reason });
      } catch (error) {
        return showList(pages, request, reply.code(409), filter, pages.faultOf(request, error));
      }
      return pages.done(request, reply, addressOf(filter), `reply.done.${decision}`);
    },
  );
}

function askedOf(t: Translate, asks: ReplyAsks | null, purpose: ContactPurpose | null): string | null {
  if (asks === 'moved') return t('reply.asks-moved');
  return asks === null || purpose === null
    ? null
    : t(`reply.asks-${asks}`, { purpose: t(`contact.purpose-${purpose}`) });
}

const midnight = (day: string): number => Date.parse(`${day}T00:00:00+08:00`);

async function showList(
  pages: Pages,
  request: FastifyRequest,
  reply: FastifyReply,
  { before, ...filter }: Query,
  fault: PageFault | null = null,
): Promise<FastifyReply> {
  const t = pages.translatorOf(request);
  const { rows, next } = await listReplies(pages.contextOf(request), {
    state: filter.state === 'all' ? null : filter.state,
    meaning: filter.meaning ?? null,
    campaign: filter.campaign ?? null,
    from: filter.from ? new Date(midnight(filter.from)) : null,
    until: filter.until ? new Date(midnight(filter.until) + dayMs) : null,
    before: before ?? null,
  });
  return pages.page(request, reply, 'reply/list', {
    title: t('reply.title'),
    nav: 'replies',
    styles: ['reply.css'],
    filter: {
      state: filter.state,
      meaning: filter.meaning ?? '',
      campaign: filter.campaign ?? '',
      from: filter.from ?? '',
      until: filter.until ?? '',
    },
    states,
    meanings: replyMeanings,
    firstNos: rows.filter(({ asks, handledAt }) => asks === 'look' && handledAt === null).map(({ id }) => id),
    narrowed: Boolean(filter.meaning ?? filter.campaign ?? filter.from ?? filter.until),
    rows: rows.map((row) =>
      Object.assign(row, {
        content: row.content.slice(0, mostShown),
        // Inside a part `id` is the part's own.
        rowId: row.id,
        purpose: row.answers === null ? null : t(`contact.purpose-${row.answers}`),
        open: row.handledAt === null && (row.meaning === 'other' || row.asks !== null),
        asked: askedOf(t, row.asks, row.answers),
        decided:
          row.decision === null || row.answers === null
            ? null
            : t(`reply.decided-${row.decision}`, {
                purpose: t(`contact.purpose-${row.answers}`),
                reason: row.decisionReason ?? '',
              }),
      }),
    ),
    next: next === null ? null : addressOf({ ...filter, before: next }),
    first: before === undefined ? null : addressOf(filter),
    fault,
  });
}

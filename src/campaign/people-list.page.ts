import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { createPeopleList, showPeople, type PeopleLine, type PeopleWanted } from './people-list.command.ts';
import { AppError } from '../kernel/app-error.rule.ts';
import { failureReasons } from '../contact/message-state.rule.ts';
import { peopleObstacles, peopleOutcomes, type PeopleOutcome } from './people-list.rule.ts';
import type { Translate } from '../kernel/translate.ts';
import type { Api } from '../kit/http/api.ts';
import { Numbered } from './live.page.ts';
import { personReasonOf } from '../contact/reason.page.ts';
import type { PageFault, Pages } from '../kit/page/page.ts';

const list = (value: unknown) => (value === undefined ? [] : Array.isArray(value) ? value : [value]);
/** `failed:undelivered`, `unknown`: one line of the page. */
const Picked = z.preprocess(list, z.array(z.string().max(60)).max(40));
const Query = z.object({
  part: z.enum(peopleOutcomes).optional().catch(undefined),
  reason: z.string().max(60).optional().catch(undefined),
});
const Form = z.object({ pick: Picked, name: z.string().max(300).default(''), confirm: z.literal('yes').optional() });
type Shown = { picked: ReadonlySet<string> | null; name: string; confirmed: boolean; fault: PageFault | null };

/** A new list from the people of a campaign: who failed, who stayed unknown, whom it did not come to. */
export function peopleListPages(app: Api, pages: Pages): void {
  app.get(
    '/campaigns/:number/audience',
    { config: { needs: 'audience:write' }, schema: { params: Numbered, querystring: Query } },
    (request, reply) => {
      const { part, reason } = request.query;
      const picked = part === undefined ? null : new Set([part === 'failed' && reason ? `${part}:${reason}` : part]);
      return show(pages, request, reply, request.params.number, { picked, name: '', confirmed: false, fault: null });
    },
  );

  app.post(
    '/campaigns/:number/audience',
    { config: { needs: 'audience:write' }, schema: { params: Numbered, body: Form } },
    async (request, reply) => {
      const { number } = request.params;
      const { pick, name, confirm } = request.body;
      try {
        const wanted = wantedOf(pick, name, confirm === 'yes');
        const made = await createPeopleList(pages.contextOf(request), number, wanted);
        const left = peopleObstacles.reduce((sum, obstacle) => sum + made.leftOut[obstacle], 0);
        return await pages.done(request, reply, `/audiences/${made.id}`, 'campaign.people.done', {
          name: made.name,
          people: made.people,
          left,
        });
      } catch (error) {
        const fault = pages.faultOf(request, error);
        const shown = { picked: new Set(pick), name, confirmed: confirm === 'yes', fault };
        return show(pages, request, reply.code(422), number, shown);
      }
    },
  );
}

function wantedOf(pick: readonly string[], name: string, confirmUnknown: boolean): PeopleWanted {
  if (pick.length === 0)
    throw new AppError('invalid', 'people-list.nobody-chosen', 'Choose who comes onto the list.', { field: 'pick' });
  if (name.trim() === '')
    throw new AppError('invalid', 'audience.name-missing', 'Give the audience a name.', { field: 'name' });
  const outcomes = peopleOutcomes.filter((outcome) => pick.some((each) => each.split(':')[0] === outcome));
  const reasons = failureReasons.filter((reason) => pick.includes(`failed:${reason}`));
  return { name, outcomes, reasons, confirmUnknown };
}

async function show(
  pages: Pages,
  request: FastifyRequest,
  reply: FastifyReply,
  number: string,
  { picked, name, confirmed, fault }: Shown,
): Promise<FastifyReply> {
  const t = pages.translatorOf(request);
  const { campaign, over, lines } = await showPeople(pages.contextOf(request), number);
  const choices = lines.map((line) => choiceOf(t, line, { picked, over }));
  const unknown = choices.find(({ outcome }) => outcome === 'unknown');
  const chosen = choices.filter(({ checked }) => checked);
  return pages.page(request, reply, 'campaign/people-list', {
    title: t('campaign.people.title'),
    nav: 'campaigns',
    crumbs: [
      { href: '/campaigns', label: t('campaign.list.title') },
      { href: `/campaigns/${number}`, label: campaign.name },
    ],
    styles: ['campaign.css'],
    scripts: ['people-list.js'],
    code: number,
    state: campaign.state,
    fault,
    fields: fault?.fields ?? {},
    over,
    choices,
    canMake: choices.some(({ closed }) => !closed),
    asksUnknown: over && unknown !== undefined && unknown.usable > 0,
    openUnknown: !over && unknown !== undefined,
    hasLasting: choices.some(({ outcome, usual }) => outcome === 'failed' && !usual),
    confirmed,
    total: chosen.reduce((sum, { usable }) => sum + usable, 0),
    name: name || proposedName(t, campaign.name, [...new Set(chosen.map(({ outcome }) => outcome))]),
  });
}

/** `中秋积分提醒（失败、状态未知）`, cut where the name of an audience ends. */
function proposedName(t: Translate, campaign: string, outcomes: readonly PeopleOutcome[]): string {
  const chosen = outcomes.length === 0 ? (['failed'] as const) : outcomes;
  const words = chosen.map((outcome) => t(`campaign.part.${outcome}`)).join(t('audience.words.separator'));
  return t('campaign.people.name-proposed', { name: campaign, outcomes: words }).slice(0, 100);
}

function choiceOf(
  t: Translate,
  line: PeopleLine,
  { picked, over }: { picked: ReadonlySet<string> | null; over: boolean },
) {
  const { outcome, reason, people, usable, leftOut, usual } = line;
  const value = outcome === 'failed' ? `failed:${reason ?? ''}` : outcome;
  const closed = (outcome === 'unknown' && !over) || usable === 0;
  const wanted =
    picked === null ? usual : picked.has(value) || (picked.has(outcome) && (outcome !== 'failed' || usual));
  return {
    value,
    outcome,
    usual,
    people,
    usable,
    closed,
    checked: wanted && !closed,
    label: t(`campaign.part.${outcome}`),
    why: reason ? personReasonOf(t, reason) : null,
    obstacles: peopleObstacles
      .filter((obstacle) => leftOut[obstacle] > 0)
      .map((obstacle) => ({ label: t(`campaign.people.obstacle-${obstacle}`), count: leftOut[obstacle] })),
  };
}

import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { setOptOutWords, showOptOutWords, tryReply } from './opt-out-words.command.ts';
import { optOutTable } from './opt-out-table.rule.ts';
import type { HouseWord, ReplyMeaning } from './opt-out.rule.ts';
import { houseWordHows, houseWordMeans } from './opt-out-words.rule.ts';
import type { Api } from '../kit/http/api.ts';
import type { PageFault, Pages } from '../kit/page/page.ts';

const many = z.preprocess(
  (value) => (value === undefined ? [] : Array.isArray(value) ? value : [value]),
  z.array(z.string().max(100)).max(300),
);
const Form = z.object({ word: many, how: many, means: many });
const Trial = z.object({ text: z.string().max(2_000).default('') });
const spare = 3;

/** What counts as an opt-out: the table, the house's own words, and a field to try a reply. */
export function optOutWordPages(app: Api, pages: Pages): void {
  app.get('/opt-out-words', { config: { needs: 'self:read' } }, (request, reply) => show(pages, request, reply, {}));

  app.post(
    '/opt-out-words/try',
    { config: { needs: 'self:read', readsOnly: true }, schema: { body: Trial } },
    async (request, reply) => {
      const { text } = request.body;
      const meaning = text.trim() === '' ? null : await tryReply(pages.contextOf(request), { text });
      return show(pages, request, reply, { trial: { text, meaning } });
    },
  );

  app.post('/opt-out-words', { config: { needs: 'setting:write' }, schema: { body: Form } }, async (request, reply) => {
    const words = wordsOf(request.body);
    try {
      await setOptOutWords(pages.contextOf(request), { words });
    } catch (error) {
      return show(pages, request, reply.code(422), { words, fault: pages.faultOf(request, error) });
    }
    return pages.done(request, reply, '/opt-out-words', 'opt-out-words.saved');
  });
}

/** The form's rows; what is left empty is left out. */
function wordsOf({ word, how, means }: z.output<typeof Form>): HouseWord[] {
  return word.flatMap((each, place) => {
    if (each.trim() === '') return [];
    return [
      {
        word: each.trim(),
        how: houseWordHows.find((one) => one === how[place]) ?? 'alone',
        means: houseWordMeans.find((one) => one === means[place]) ?? 'opt-out',
      },
    ];
  });
}

type Shown = {
  words?: HouseWord[];
  fault?: PageFault;
  trial?: { text: string; meaning: ReplyMeaning | null };
};

async function show(
  pages: Pages,
  request: FastifyRequest,
  reply: FastifyReply,
  { words, fault, trial }: Shown,
): Promise<FastifyReply> {
  const t = pages.translatorOf(request);
  const shown = words ?? (await showOptOutWords(pages.contextOf(request)));
  const empty: HouseWord = { word: '', how: 'alone', means: 'opt-out' };
  const rows = [...shown, ...Array.from({ length: spare }, () => empty)];
  return pages.page(request, reply, 'reply/words', {
    title: t('opt-out-words.title'),
    nav: 'replies',
    crumbs: [{ href: '/replies', label: t('reply.title') }],
    styles: ['reply.css'],
    rows: rows.map(({ word, how, means }, place) => ({
      word,
      how,
      means,
      place,
      fault: fault?.fields[`words.${place}`] ?? null,
    })),
    own: shown,
    hows: houseWordHows,
    meansList: houseWordMeans,
    table: optOutTable.map(({ id, yes, no }) => ({
      id,
      yes: yes.split(' | ').slice(0, 12),
      no: no.split(' | ').slice(0, 6),
    })),
    trial: trial ?? { text: '', meaning: null },
    fault: fault ?? null,
  });
}

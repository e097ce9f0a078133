import type { Command } from 'commander';
import { noun, verb, type Run } from '../kit/cli/command.ts';
import { wholeNumber } from '../kit/cli/number.ts';
import { table } from '../kit/cli/output.ts';

type Reply = {
  id: string;
  phone: string;
  content: string;
  meaning: string;
  receivedAt: string;
  campaignNumber: string | null;
  asks: string | null;
  decision: string | null;
  handledAt: string | null;
};
type Word = { word: string; how: string; means: string };

export function addReplies(program: Command, run: Run): void {
  const reply = noun(
    program,
    'reply',
    'What customers replied: opt-outs take effect by themselves, the rest is for a person',
  );
  type Filter = {
    meaning?: string;
    state?: string;
    campaign?: string;
    from?: string;
    until?: string;
    limit: string;
    before?: string;
  };
  verb<[], Filter>(reply, run, {
    name: 'list',
    summary: 'Replies, newest first',
    options: [
      ['--meaning <meaning>', 'opt-out or other'],
      ['--state <state>', 'open (waits for a person), decide (asks to stop a duty notice) or handled'],
      ['--campaign <number>', 'WH-…: those that answer it'],
      ['--from <time>', 'ISO time with its offset: 2027-01-01T00:00:00+08:00'],
      ['--until <time>', 'the same'],
      ['--limit <rows>', 'at most so many', '50'],
      ['--before <id>', 'the page after the one that ended with `next`'],
    ],
    examples: ['reply list --state open', 'reply list --campaign WH-20261127-0001 --meaning opt-out'],
    run: async (session, _, { limit, ...filter }) => {
      const query = { ...filter, limit: wholeNumber('--limit', limit) };
      const data = await session.client().get<{ items: Reply[]; next: string | null }>('/replies', query);
      const rows = data.items.map((each) => [
        each.id,
        each.phone,
        each.meaning,
        each.campaignNumber,
        each.receivedAt,
        each.decision ?? (each.handledAt === null ? (each.asks ?? '') : 'handled'),
        each.content,
      ]);
      const columns = ['id', 'number', 'meaning', 'campaign', 'received', '', 'text'];
      return { data, text: table(columns, rows) + (data.next === null ? '' : `\nMore: --before ${data.next}`) };
    },
  });
  verb<[string]>(reply, run, {
    name: 'opt-out <reply>',
    summary: 'A person read it as an opt-out: it silences what the house lets a reply silence',
    examples: ['reply opt-out 0192…'],
    run: async (session, [id]) => {
      const data = await session.client().post<{ added: boolean }>(`/replies/${encodeURIComponent(id)}/opt-out`);
      return { data, text: data.added ? 'Silenced.' : 'The number was silent already.' };
    },
  });
  verb<[string, string], { reason: string }>(reply, run, {
    name: 'decide <reply> <decision>',
    summary: 'Decide about a no to a notice: silence its kind of text, or keep sending it',
    required: [['--reason <text>', 'for the record']],
    examples: [
      'reply decide 0192… keep --reason "called: they want the due dates"',
      'reply decide 0192… silence --reason "wants letters"',
    ],
    run: async (session, [id, decision], { reason }) => {
      const body = { decision, reason };
      const data = await session.client().post<{ replies: number }>(`/replies/${encodeURIComponent(id)}/decide`, body);
      return { data, text: `Decided, for ${data.replies} ${data.replies === 1 ? 'reply' : 'replies'}.` };
    },
  });
  verb<[string]>(reply, run, {
    name: 'handle <reply>',
    summary: 'Nothing more is to be done about it',
    examples: ['reply handle 0192…'],
    run: async (session, [id]) => {
      await session.client().post(`/replies/${encodeURIComponent(id)}/handle`);
      return { data: { handled: true }, text: 'Handled.' };
    },
  });
  verb<[string]>(reply, run, {
    name: 'try <text>',
    summary: 'What a reply would mean, and why; nothing is stored',
    examples: ['reply try "麻烦TD一下"'],
    run: async (session, [text]) => {
      type Meaning = { meaning: string; because: { row: string; word: string } | null };
      const data = await session.client().post<Meaning>('/opt-out-words/try', { text });
      const why = data.because === null ? 'nothing in it says no' : `${data.because.row}: ${data.because.word}`;
      return { data, text: `${data.meaning} (${why})` };
    },
  });
  addWords(reply, run);
}

const shown = (words: readonly Word[]): string =>
  table(
    ['word', 'how', 'means'],
    words.map(({ word, how, means }) => [word, how, means]),
  );

function addWords(reply: Command, run: Run): void {
  verb(reply, run, {
    name: 'words',
    summary: 'Words of the house beside the table of opt-outs',
    examples: ['reply words'],
    run: async (session) => {
      const data = await session.client().get<{ words: Word[] }>('/opt-out-words');
      return { data, text: shown(data.words) };
    },
  });
  verb<[string], { how: string; means: string }>(reply, run, {
    name: 'add-word <word>',
    summary: 'Let a word count here, or mean something else; in force for the next reply',
    options: [
      ['--how <how>', 'alone (the whole reply), begins or within', 'alone'],
      ['--means <means>', 'opt-out or other', 'opt-out'],
    ],
    examples: ['reply add-word ZX --how begins', 'reply add-word 取消 --means other'],
    run: async (session, [word], { how, means }) => {
      const client = session.client();
      const { words } = await client.get<{ words: Word[] }>('/opt-out-words');
      const data = await client.post<{ words: Word[] }>('/opt-out-words', { words: [...words, { word, how, means }] });
      return { data, text: shown(data.words) };
    },
  });
  verb<[string]>(reply, run, {
    name: 'remove-word <word>',
    summary: 'Take a word of the house away',
    examples: ['reply remove-word ZX'],
    run: async (session, [word]) => {
      const client = session.client();
      const { words } = await client.get<{ words: Word[] }>('/opt-out-words');
      const data = await client.post<{ words: Word[] }>('/opt-out-words', {
        words: words.filter((each) => each.word !== word),
      });
      return { data, text: shown(data.words) };
    },
  });
}

import type { Command } from 'commander';
import { noun, verb, type Run } from '../../kit/cli/command.ts';
import { textOfFile } from '../../kit/cli/file.ts';
import { fields, table } from '../../kit/cli/output.ts';

type Line = {
  number: string;
  version: number;
  name: string;
  unit: string;
  purpose: string;
  state: string;
  author: string;
};
type Card = Line & {
  digest: string | null;
  signatures: { role: string; name: string; at: string }[];
  content: {
    opening: string;
    reason: string;
    branches: { key: string; label: string; text: string }[];
    closing: string;
  };
};
type Made = { number: string; version: number };
const pathOf = (script: string, rest = ''): string => `/scripts/${encodeURIComponent(script)}${rest}`;

export function addScript(program: Command, run: Run): void {
  const script = noun(program, 'script', 'Call scripts; name them by id or number (SC-20261128-0001)');
  addReading(script, run);
  addWriting(script, run);
}

function addReading(script: Command, run: Run): void {
  verb<[], { state?: string }>(script, run, {
    name: 'list',
    summary: 'The newest version of each script',
    options: [['--state <state>', 'draft, awaiting-liaison, awaiting-leader, signed, …']],
    examples: ['script list', 'script list --state signed'],
    run: async (session, _, { state }) => {
      const data = await session.client().get<{ items: Line[] }>('/scripts', { state });
      const rows = data.items.map((each) => [each.number, each.name, each.unit, each.purpose, each.state, each.author]);
      return { data, text: table(['number', 'name', 'unit', 'purpose', 'state', 'author'], rows) };
    },
  });
  verb<[string]>(script, run, {
    name: 'show <script>',
    summary: 'What is said in one version, and who signed it',
    examples: ['script show SC-20261128-0001'],
    run: async (session, [which]) => {
      const data = await session.client().get<Card>(pathOf(which));
      const { content, signatures, digest, ...line } = data;
      const said = [
        content.opening,
        content.reason,
        ...content.branches.map(({ key, label, text }) => `${key} ${label}: ${text}`),
        content.closing,
      ];
      const signed = signatures.map(({ role, name, at }) => `${role}: ${name}, ${at}`);
      const { number, version, name, unit, purpose, state, author } = line;
      const head = fields({ number, version, name, unit, purpose, state, author, digest: digest ?? '' });
      return { data, text: [head, '', ...said, '', ...signed].join('\n') };
    },
  });
}

function addWriting(script: Command, run: Run): void {
  verb<[], { from: string }>(script, run, {
    name: 'create',
    summary: 'Keep a draft from a JSON file {name, purpose, content}',
    required: [['--from <file>', 'the script as the API takes it']],
    examples: ['script create --from script.json'],
    run: async (session, _, { from }) => {
      const body: unknown = JSON.parse(textOfFile(session.cwd, from));
      const data = await session.client().post<Made>('/scripts', body);
      return { data, text: `Draft: ${data.number}` };
    },
  });
  verb<[string]>(script, run, {
    name: 'next-version <script>',
    summary: 'A further version as a draft, with the words of this one',
    examples: ['script next-version SC-20261128-0001'],
    run: async (session, [which]) => {
      const data = await session.client().post<Made>(pathOf(which, '/next-version'), {});
      return { data, text: `Draft: ${data.number}` };
    },
  });
  verb<[string], { signBy?: string }>(script, run, {
    name: 'submit <script>',
    summary: 'Hand the draft in: the liaison officer is asked to sign',
    options: [['--sign-by <time>', 'ISO with offset; a week from now unless said']],
    examples: ['script submit SC-20261128-0001'],
    run: async (session, [which], { signBy }) => {
      const body = signBy === undefined ? {} : { signBy };
      const data = await session.client().post<{ digest: string }>(pathOf(which, '/submit'), body);
      return { data, text: `Handed in; digest ${data.digest}` };
    },
  });
  verb<[string], { reason: string }>(script, run, {
    name: 'withdraw <script>',
    summary: 'Take one’s own script back; lists that call with it stop',
    required: [['--reason <text>', 'why']],
    examples: ['script withdraw SC-20261128-0001 --reason 另写一版'],
    run: async (session, [which], { reason }) => {
      await session.client().post<null>(pathOf(which, '/withdraw'), { reason });
      return { data: null, text: 'Withdrawn.' };
    },
  });
}

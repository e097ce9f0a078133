import type { Command } from 'commander';
import { noun, verb, type Run } from '../../kit/cli/command.ts';
import { textOfFile } from '../../kit/cli/file.ts';
import { wholeNumber } from '../../kit/cli/number.ts';
import { fields, table } from '../../kit/cli/output.ts';

type List = {
  number: string;
  name: string;
  unit: string;
  kind: string;
  mode: string;
  state: string;
  given: number;
  counts: Record<string, number>;
};
type Task = {
  id: string;
  phone: string;
  kind: string;
  state: string;
  attempts: number;
  why: { code: string };
  notBefore: string;
};
type Answer = { place: number } & ({ taskId: string; added: boolean } | { fault: string; field: string });
const pathOf = (list: string, rest = ''): string => `/call-lists/${encodeURIComponent(list)}${rest}`;
const ledger = ({ counts, given }: List): Record<string, number> => ({ ...counts, given });

export function addCallList(program: Command, run: Run): void {
  const list = noun(program, 'call-list', 'Call lists; name them by id or number (CL-20261128-0001)');
  addReading(list, run);
  addMaking(list, run);
  addMoves(list, run);
}

function addReading(list: Command, run: Run): void {
  verb<[], { state?: string }>(list, run, {
    name: 'list',
    summary: 'Call lists with their ledgers, newest first',
    options: [['--state <state>', 'draft, open, paused, closed']],
    examples: ['call-list list --state open'],
    run: async (session, _, { state }) => {
      const data = await session.client().get<{ items: List[] }>('/call-lists', { state });
      const rows = data.items.map((each) => [
        each.number,
        each.name,
        each.kind,
        each.mode,
        each.state,
        String(each.counts['waiting'] ?? 0),
        String(each.counts['done'] ?? 0),
        String(each.given),
      ]);
      return { data, text: table(['number', 'name', 'kind', 'mode', 'state', 'waiting', 'done', 'given'], rows) };
    },
  });
  verb<[string]>(list, run, {
    name: 'show <list>',
    summary: 'State and ledger of one list; its counts add up to `given`',
    examples: ['call-list show CL-20261128-0001'],
    run: async (session, [which]) => {
      const data = await session.client().get<List>(pathOf(which));
      const { number, name, unit, kind, mode, state } = data;
      return { data, text: fields({ number, name, unit, kind, mode, state, ...ledger(data) }) };
    },
  });
  verb<[string], { state?: string; limit: string }>(list, run, {
    name: 'tasks <list>',
    summary: 'Its tasks, newest first, and why each is called now',
    options: [
      ['--state <state>', 'waiting, offered, calling, wrap-up, done, given-up, removed'],
      ['--limit <rows>', 'at most so many', '50'],
    ],
    examples: ['call-list tasks CL-20261128-0001 --state waiting'],
    run: async (session, [which], { state, limit }) => {
      const query = { state, limit: wholeNumber('--limit', limit) };
      const data = await session.client().get<{ items: Task[] }>(pathOf(which, '/tasks'), query);
      const rows = data.items.map((each) => [
        each.phone,
        each.kind,
        each.state,
        String(each.attempts),
        each.why.code,
        each.notBefore,
      ]);
      return { data, text: table(['phone', 'kind', 'state', 'attempts', 'why', 'not before'], rows) };
    },
  });
}

function addMaking(list: Command, run: Run): void {
  verb<[], { from: string }>(list, run, {
    name: 'create',
    summary: 'Make a list from a JSON file {name, kind, script, accountId, callerNumber, …}',
    required: [['--from <file>', 'the list as the API takes it']],
    examples: ['call-list create --from list.json'],
    run: async (session, _, { from }) => {
      const body: unknown = JSON.parse(textOfFile(session.cwd, from));
      const data = await session.client().post<{ number: string }>('/call-lists', body);
      return { data, text: `Draft: ${data.number}` };
    },
  });
  verb<[string], { from: string }>(list, run, {
    name: 'add <list>',
    summary: 'Add people from a JSON file {cases: [{externalId or phone, reason, promisedAt, agent, sourceKey}]}',
    required: [['--from <file>', 'the cases as the API takes them, 1,000 at most']],
    examples: ['call-list add CL-20261128-0001 --from cases.json'],
    run: async (session, [which], { from }) => {
      const body: unknown = JSON.parse(textOfFile(session.cwd, from));
      const data = await session.client().post<{ items: Answer[] }>(pathOf(which, '/cases'), body);
      const rows = data.items.map((each) => [
        String(each.place),
        'fault' in each ? `${each.fault} (${each.field})` : each.added ? 'added' : 'was there',
      ]);
      return { data, text: table(['place', 'answer'], rows) };
    },
  });
  verb<[string]>(list, run, {
    name: 'fill <list>',
    summary: 'Bring it to what its filter or audience says now',
    examples: ['call-list fill CL-20261128-0001'],
    run: async (session, [which]) => {
      const data = await session.client().post<Record<string, number>>(pathOf(which, '/fill'), {});
      return { data, text: fields(data) };
    },
  });
  verb<[string]>(list, run, {
    name: 'clone <list>',
    summary: 'A draft like it, without people and dates',
    examples: ['call-list clone CL-20261128-0001'],
    run: async (session, [which]) => {
      const data = await session.client().post<{ number: string }>(pathOf(which, '/clone'), {});
      return { data, text: `Draft: ${data.number}` };
    },
  });
}

function addMoves(list: Command, run: Run): void {
  verb<[string]>(list, run, {
    name: 'open <list>',
    summary: 'Open it, or go on with a paused one',
    examples: ['call-list open CL-20261128-0001'],
    run: async (session, [which]) => {
      await session.client().post<null>(pathOf(which, '/open'), {});
      return { data: null, text: 'Open.' };
    },
  });
  verb<[string], { reason: string }>(list, run, {
    name: 'pause <list>',
    summary: 'Nobody new is called from it',
    required: [['--reason <text>', 'why']],
    examples: ['call-list pause CL-20261128-0001 --reason 话术有误'],
    run: async (session, [which], { reason }) => {
      const data = await session.client().post<{ live: number }>(pathOf(which, '/pause'), { reason });
      return { data, text: `Paused; ${data.live} calls go on.` };
    },
  });
  verb<[string], { dropPromises?: boolean }>(list, run, {
    name: 'close <list>',
    summary: 'End it for good; whoever waits is removed',
    options: [['--drop-promises', 'also those who were promised a call']],
    examples: ['call-list close CL-20261128-0001'],
    run: async (session, [which], { dropPromises }) => {
      const body = { dropPromises: dropPromises === true };
      const data = await session.client().post<{ removed: number }>(pathOf(which, '/close'), body);
      return { data, text: `Closed; ${data.removed} removed.` };
    },
  });
}

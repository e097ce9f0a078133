import type { Command } from 'commander';
import { noun, verb, type Run } from '../kit/cli/command.ts';
import { wholeNumber } from '../kit/cli/number.ts';
import { table } from '../kit/cli/output.ts';

type Push = {
  id: number;
  account: string;
  kind: string;
  state: string;
  receivedAt: string;
  fault: string | null;
  items: number | null;
  rejected: number | null;
};
type Page = { items: Push[]; next: number | null; backlog: { waiting: number; seconds: number; setAside: number } };

export function addPushes(program: Command, run: Run): void {
  const push = noun(
    program,
    'push',
    'Receipts and replies that a provider pushed and that could not be read or taken in',
  );
  verb<[], { all?: boolean; limit: string; before?: string }>(push, run, {
    name: 'list',
    summary: 'Pushes with a fault, newest first, and how many wait',
    options: [
      ['--all', 'also those that are closed'],
      ['--limit <rows>', 'at most so many', '50'],
      ['--before <id>', 'the page after the one that ended with `next`'],
    ],
    examples: ['push list', 'push list --all'],
    run: async (session, _, { all, limit, before }) => {
      const query = { all: all === true, limit: wholeNumber('--limit', limit), before };
      const data = await session.client().get<Page>('/pushes', query);
      const rows = data.items.map((each) => [
        each.id,
        each.account,
        each.kind,
        each.state,
        each.receivedAt,
        each.fault,
        each.rejected ? `${each.rejected} of ${each.items}` : '',
      ]);
      const { waiting, seconds } = data.backlog;
      const wait = waiting === 0 ? 'No push waits.' : `${waiting} wait to be taken in, the oldest for ${seconds} s.`;
      return {
        data,
        text: `${table(['id', 'account', 'what', 'state', 'received', 'fault', 'unread'], rows)}\n${wait}`,
      };
    },
  });
  verb<[string]>(push, run, {
    name: 'retry <push>',
    summary: 'Take it in again; what is in already is not taken in twice',
    examples: ['push retry 17'],
    run: async (session, [id]) => {
      await session.client().post(`/pushes/${encodeURIComponent(id)}/retry`);
      return { data: { retried: true }, text: 'It is being taken in again.' };
    },
  });
  verb<[string], { reason: string }>(push, run, {
    name: 'close <push>',
    summary: 'It was looked at; it is kept',
    required: [['--reason <text>', 'for the record']],
    examples: ['push close 17 --reason "a test of the provider"'],
    run: async (session, [id], { reason }) => {
      await session.client().post(`/pushes/${encodeURIComponent(id)}/close`, { reason });
      return { data: { closed: true }, text: 'Closed.' };
    },
  });
}

import type { Command } from 'commander';
import { noun, verb, type Run } from './command.ts';
import { wholeNumber } from './number.ts';
import { table } from './output.ts';

type Row = {
  seq: number;
  at: string;
  actor: string;
  action: string;
  objectKind: string;
  objectId: string;
  details: unknown;
};
type Verdict = { holds: boolean; rows: number; lastHash: string; brokenAt: number | null };

export function addAudit(program: Command, run: Run): void {
  const audit = noun(program, 'audit', 'The record of what people and the system did');
  verb<[], { after?: string; limit: string; kind?: string; object?: string }>(audit, run, {
    name: 'list',
    summary: 'The record, oldest first',
    options: [
      ['--after <seq>', 'only rows after this one'],
      ['--limit <rows>', 'at most so many', '100'],
      ['--kind <kind>', 'of one kind of thing: campaign, staff, key, …'],
      ['--object <id>', 'of one thing'],
    ],
    examples: ['audit list', 'audit list --kind campaign --object 0192…'],
    run: async (session, _, { after, limit, kind, object }) => {
      const query = {
        afterSeq: after === undefined ? undefined : wholeNumber('--after', after),
        limit: wholeNumber('--limit', limit),
        objectKind: kind,
        objectId: object,
      };
      const data = await session.client().get<{ items: Row[] }>('/audit', query);
      return {
        data,
        text: table(
          ['seq', 'at', 'who', 'did', 'to', 'details'],
          data.items.map((each) => [
            each.seq,
            each.at,
            each.actor,
            each.action,
            `${each.objectKind} ${each.objectId}`,
            each.details,
          ]),
        ),
      };
    },
  });
  verb(audit, run, {
    name: 'verify',
    summary: 'Recompute the whole chain; exit code 1 when it does not hold',
    examples: ['audit verify'],
    run: async (session) => {
      const data = await session.client().get<Verdict>('/audit/verify');
      const text = data.holds
        ? `The chain holds: ${data.rows} rows, last hash ${data.lastHash}`
        : `The chain is broken at row ${data.brokenAt}: it was changed, removed or put in.`;
      return { data, text, exit: data.holds ? 0 : 1 };
    },
  });
}

import type { Command } from 'commander';
import { noun, verb, type Run } from '../../kit/cli/command.ts';
import { wholeNumber } from '../../kit/cli/number.ts';
import { table } from '../../kit/cli/output.ts';

type Row = {
  seq: number;
  at: string;
  actor: string;
  action: string;
  objectKind: string;
  objectId: string;
  details: unknown;
};
type Verdict = {
  holds: boolean;
  rows: number;
  lastHash: string;
  brokenAt: number | null;
  fault: string | null;
  sealed: { seq: number; at: string; fingerprint: string } | null;
};
const faults: Record<string, (at: number | null) => string> = {
  empty: () => 'The record is empty: an installation has rows from its first start on.',
  chain: (at) => `The chain is broken at row ${at}: it was changed, removed or put in.`,
  seal: (at) => `Row ${at} is not the one that was sealed: the record was rewritten from there or before.`,
  'cut-off': (at) => `Rows from ${at} on were sealed and are gone.`,
  'seal-file': () =>
    'Seals were made, and the file audit-seals.jsonl in the data folder is gone: bring it back from its copy.',
  archive: (at) => `Row ${at}, which an archive cites, is not there as it cites it.`,
};

export function addAudit(program: Command, run: Run): void {
  const audit = noun(program, 'audit', 'The record of what people and the system did');
  type Asked = Record<'after' | 'kind' | 'object' | 'by' | 'action' | 'from' | 'until', string | undefined>;
  verb<[], Asked & { limit: string }>(audit, run, {
    name: 'list',
    summary: 'The record, oldest first',
    options: [
      ['--after <seq>', 'only rows after this one'],
      ['--limit <rows>', 'at most so many', '100'],
      ['--kind <kind>', 'of one kind of thing: campaign, staff, key, …'],
      ['--object <id>', 'of one thing'],
      ['--by <person>', 'the id of who acted, or system'],
      ['--action <act>', 'one act (campaign.pause), or all of a noun (campaign)'],
      ['--from <time>', 'not before this time (2026-12-01T00:00:00+08:00)'],
      ['--until <time>', 'before this time'],
    ],
    examples: [
      'audit list',
      'audit list --kind campaign --object 0192…',
      'audit list --by 0192… --action customer --from 2026-12-01T00:00:00+08:00',
    ],
    run: async (session, _, { after, limit, kind, object, by, action, from, until }) => {
      const query = {
        afterSeq: after === undefined ? undefined : wholeNumber('--after', after),
        limit: wholeNumber('--limit', limit),
        objectKind: kind,
        objectId: object,
        actor: by,
        action,
        from,
        until,
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
    summary: 'Recompute the whole chain and compare it with its seals; exit code 1 when it does not hold',
    examples: ['audit verify'],
    run: async (session) => {
      const data = await session.client().get<Verdict>('/audit/verify');
      const sealed = data.sealed
        ? `Sealed up to row ${data.sealed.seq} (${data.sealed.at}) by the key ${data.sealed.fingerprint}.`
        : 'No seal was compared: an end that was cut off would not be seen.';
      const said = data.holds
        ? `The chain holds: ${data.rows} rows, last hash ${data.lastHash}`
        : (faults[data.fault ?? '']?.(data.brokenAt) ?? `The record does not hold: ${data.fault}.`);
      const text = `${said}\n${sealed}`;
      return { data, text, exit: data.holds ? 0 : 1 };
    },
  });
}

import type { Command } from 'commander';
import { noun, verb, type Run } from '../kit/cli/command.ts';
import { wholeNumber } from '../kit/cli/number.ts';
import { table } from '../kit/cli/output.ts';

type Suppression = {
  id: string;
  phone: string;
  kind: string;
  scope: string | null;
  channels: string[];
  purposes: string[];
  source: string;
  reason: string | null;
  createdAt: string;
  expiresAt: string | null;
  liftedAt: string | null;
};

export function addSuppression(program: Command, run: Run): void {
  const suppression = noun(
    program,
    'suppression',
    'Numbers that are silent: opted out, on a do-not-call list, complained',
  );
  verb<[], { phone?: string; kind?: string; all?: boolean; limit: string; before?: string }>(suppression, run, {
    name: 'list',
    summary: 'What silences whom now, newest first',
    options: [
      ['--phone <number>', 'of one number'],
      ['--kind <kind>', 'opt-out, dnc, complaint, dead-number or gateway-blacklist'],
      ['--all', 'also those lifted or expired'],
      ['--limit <rows>', 'at most so many', '50'],
      ['--before <id>', 'the page after the one that ended with `next`'],
    ],
    examples: ['suppression list', 'suppression list --phone 13800138000 --all'],
    run: async (session, _, { phone, kind, all, limit, before }) => {
      const common = { kind, before, active: all !== true, limit: wholeNumber('--limit', limit) };
      const client = session.client();
      type Page = { items: Suppression[]; next: string | null };
      const data =
        phone === undefined
          ? await client.get<Page>('/suppressions', common)
          : await client.post<Page>('/suppressions/search', { ...common, phone });
      const rows = data.items.map((each) => [
        each.id,
        each.phone,
        each.kind,
        each.scope ?? `${each.purposes.join('+')} by ${each.channels.join('+')}`,
        each.source,
        each.createdAt,
        each.liftedAt ? 'lifted' : (each.expiresAt ?? 'for good'),
      ]);
      return {
        data,
        text:
          table(['id', 'phone', 'kind', 'scope', 'source', 'since', 'until'], rows) +
          (data.next === null ? '' : `\nMore: --before ${data.next}`),
      };
    },
  });
  verb<
    [string],
    { kind: string; scope?: string; purpose: string[]; channel: string[]; reason: string; until?: string }
  >(suppression, run, {
    name: 'add <number>',
    summary: 'Silence a number',
    required: [['--reason <text>', 'for the record']],
    options: [
      ['--kind <kind>', 'opt-out, dnc, complaint, dead-number or gateway-blacklist', 'dnc'],
      ['--scope <scope>', 'all, marketing (with surveys, on every channel), sms or call (default: all)'],
      ['--until <time>', 'ISO time with its offset: 2027-01-01T00:00:00+08:00 (default: for good)'],
    ],
    repeated: [
      ['--purpose <purpose>', 'in place of a scope: marketing, service, repayment, survey, callback or care'],
      ['--channel <channel>', 'with --purpose: sms, call or web'],
    ],
    examples: [
      'suppression add 13800138000 --reason "asked at the counter"',
      'suppression add 13800138000 --kind complaint --scope marketing --reason "ticket 4711"',
      'suppression add 13800138000 --purpose care --channel sms --channel call --reason "no birthday calls"',
    ],
    run: async (session, [phone], { kind, scope, purpose, channel, reason, until }) => {
      const data = await session.client().post<{ suppression: Suppression; added: boolean }>('/suppressions', {
        phone,
        kind,
        ...(purpose.length + channel.length === 0
          ? { scope: scope ?? 'all' }
          : { scope, purposes: purpose, channels: channel }),
        reason,
        expiresAt: until,
      });
      return {
        data,
        text: `${data.added ? 'Silenced' : 'Silent already'}: ${data.suppression.phone} (${data.suppression.id})`,
      };
    },
  });
  verb<[string], { reason: string }>(suppression, run, {
    name: 'lift <suppression>',
    summary: 'Let the number be reached again',
    required: [['--reason <text>', 'for the record']],
    examples: ['suppression lift 0192… --reason "the customer asked to be written to again"'],
    run: async (session, [id], { reason }) => {
      const data = await session.client().post<Suppression>(`/suppressions/${encodeURIComponent(id)}/lift`, { reason });
      return { data, text: `Lifted: ${data.phone}` };
    },
  });
}

import type { Command } from 'commander';
import { addCampaignCreate } from './create.cli.ts';
import { describeCampaign, watchCampaign, type Card } from './card.ts';
import { noun, verb, type Run } from '../kit/cli/command.ts';
import { download } from '../kit/cli/download.ts';
import { wholeNumber } from '../kit/cli/number.ts';
import { fields, table } from '../kit/cli/output.ts';

type InFlight = { inFlight: { seq: number; phone: string; since: string }[] };
const pathOf = (campaign: string, rest = ''): string => `/campaigns/${encodeURIComponent(campaign)}${rest}`;

export function addCampaign(program: Command, run: Run): void {
  const campaign = noun(program, 'campaign', 'Campaigns; name them by id or number (WH-20261122-0001)');
  addCampaignCreate(campaign, run);
  addReading(campaign, run);
  addMoves(campaign, run);
  addRecords(campaign, run);
}

function addReading(campaign: Command, run: Run): void {
  verb<[], { state?: string; limit: string; before?: string }>(campaign, run, {
    name: 'list',
    summary: 'Campaigns, newest first',
    options: [
      ['--state <state>', 'draft, awaiting-liaison, sending, archived, …'],
      ['--limit <rows>', 'at most so many', '50'],
      ['--before <id>', 'the page after: the `next` of the page before (--json), or a time'],
    ],
    examples: ['campaign list', 'campaign list --state awaiting-leader'],
    run: async (session, _, { state, limit, before }) => {
      const data = await session.client().get<{ items: Card['campaign'][]; next: string | null }>('/campaigns', {
        state,
        limit: wholeNumber('--limit', limit),
        before,
      });
      return {
        data,
        text: table(
          ['number', 'name', 'applicant', 'state', 'starts', 'ends'],
          data.items.map((each) => [
            each.number,
            each.name,
            each.applicantName,
            each.state,
            each.startsAt,
            each.endsAt,
          ]),
        ),
      };
    },
  });
  verb<[string], { watch?: boolean; json?: boolean }>(campaign, run, {
    name: 'show <campaign>',
    summary: 'State, signatures, ledger, what is in flight',
    options: [['--watch', 'stay until nothing more will happen']],
    examples: ['campaign show WH-20261122-0001', 'campaign show WH-20261122-0001 --watch'],
    run: async (session, [which], { watch }) => {
      const client = session.client();
      const load = () => client.get<Card>(pathOf(which));
      const data = watch === true ? await watchCampaign(session, load) : await load();
      return { data, text: describeCampaign(data) };
    },
  });
  verb<[string, string]>(campaign, run, {
    name: 'explain <campaign> <number>',
    summary: 'Was this number contacted, and why, or why not?',
    examples: ['campaign explain WH-20261122-0001 13800138000'],
    run: async (session, [which, phone]) => {
      const data = await session
        .client()
        .post<Record<string, unknown> & { why: string; phone: string; verdict: string }>(pathOf(which, '/explain'), {
          phone,
        });
      const { why, ...rest } = data;
      return { data, text: `${why}\n\n${fields(rest)}` };
    },
  });
}

function addMoves(campaign: Command, run: Run): void {
  verb<[string]>(campaign, run, {
    name: 'submit <campaign>',
    summary: 'Hand the draft in: its people are frozen, its form is made, the liaison officer is asked to sign',
    examples: ['campaign submit WH-20261122-0001'],
    run: async (session, [which]) => {
      const data = await session.client().post<{ id: string }>(pathOf(which, '/submit'));
      return { data, text: 'Handed in. Next, the liaison officer: waihu sign … --role liaison --key FILE' };
    },
  });
  for (const [name, summary, done] of [
    ['reject', 'Send the form back instead of signing it', 'Sent back.'],
    ['withdraw', 'Take your own form back before anything is sent', 'Taken back.'],
  ] as const) {
    verb<[string], { reason: string }>(campaign, run, {
      name: `${name} <campaign>`,
      summary,
      required: [['--reason <text>', 'for the record']],
      examples: [`campaign ${name} WH-20261122-0001 --reason "the price is out of date"`],
      run: async (session, [which], { reason }) => {
        await session.client().post(pathOf(which, `/${name}`), { reason });
        return { data: { campaign: which, done: name }, text: done };
      },
    });
  }
  for (const [name, summary] of [
    ['pause', 'Stop sending; when it answers nothing new leaves'],
    ['cancel', 'End it for good; who is not yet written to will not be'],
  ] as const) {
    verb<[string], { reason: string }>(campaign, run, {
      name: `${name} <campaign>`,
      summary,
      required: [['--reason <text>', 'for the record']],
      examples: [`campaign ${name} WH-20261122-0001 --reason "wrong list"`],
      run: async (session, [which], { reason }) => {
        const data = await session.client().post<InFlight>(pathOf(which, `/${name}`), { reason });
        const open =
          data.inFlight.length === 0
            ? 'No call was open.'
            : `Calls that were open:\n${table(
                ['seq', 'phone', 'since'],
                data.inFlight.map((each) => [each.seq, each.phone, each.since]),
              )}`;
        return { data, text: `${name === 'pause' ? 'Paused' : 'Cancelled'}. ${open}` };
      },
    });
  }
  verb<[string]>(campaign, run, {
    name: 'resume <campaign>',
    summary: 'Go on sending',
    examples: ['campaign resume WH-20261122-0001'],
    run: async (session, [which]) => {
      await session.client().post(pathOf(which, '/resume'));
      return { data: { campaign: which, done: 'resume' }, text: 'It goes on.' };
    },
  });
}

function addRecords(campaign: Command, run: Run): void {
  const out = ['--out <file>', 'write there instead of stdout; needed with --json'] as const;
  verb<[string], { out?: string; json?: boolean; part?: string; reason?: string }>(campaign, run, {
    name: 'export <campaign>',
    summary: 'The ledger as CSV, whole or a part of it, numbers masked',
    options: [
      ['--part <part>', 'delivered, failed, suppressed, unknown, pending, cancelled, expired or excluded'],
      ['--reason <reason>', 'only those of this reason, such as undelivered'],
      [...out],
    ],
    examples: [
      'campaign export WH-20261122-0001 --out ledger.csv',
      'campaign export WH-20261122-0001 --part failed --out failed.csv',
    ],
    run: (session, [which], { part, reason, ...where }) =>
      download(session, pathOf(which, '/ledger.csv'), where, {
        ...(part !== undefined && { part }),
        ...(reason !== undefined && { reason }),
      }),
  });
  verb<[string], { out?: string; json?: boolean }>(campaign, run, {
    name: 'archive <campaign>',
    summary: 'The sealed archive; judge it anywhere with `waihu verify`',
    options: [[...out]],
    examples: ['campaign archive WH-20261122-0001 --out WH-20261122-0001.waihu.json'],
    run: (session, [which], where) => download(session, pathOf(which, '/archive'), where),
  });
}

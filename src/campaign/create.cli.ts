import type { Command } from 'commander';
import { verb, type Run } from '../kit/cli/command.ts';
import { usage } from '../kit/cli/fault.ts';
import { textOfFile } from '../kit/cli/file.ts';
import { readJson } from '../kit/cli/json-file.ts';
import { fenOf, wholeNumber } from '../kit/cli/number.ts';
import { readSources } from '../sms/variable-source.cli.ts';

type Flags = {
  file?: string;
  name?: string;
  purpose?: string;
  unit?: string;
  template?: string;
  audience?: string;
  topic?: string;
  for?: string;
  starts?: string;
  ends?: string;
  daily?: string;
  days?: string;
  rate?: string;
  requests?: string;
  ceiling?: string;
  stopFailures?: string;
  stopOptOuts?: string;
  stopComplaints?: string;
  signBy?: string;
  var: string[];
};

export function addCampaignCreate(campaign: Command, run: Run): void {
  verb<[], Flags>(campaign, run, {
    name: 'create',
    summary: 'Keep a draft; nothing is frozen or sent before it is submitted and signed',
    options: [
      ['--file <file>', 'JSON as the API takes it; flags go over it'],
      ['--name <name>', 'of the campaign'],
      ['--purpose <text>', 'why people are written to; it stands on the form'],
      ['--unit <unit>', 'department (default: yours)'],
      ['--template <id>', 'the text'],
      ['--audience <id>', 'whom'],
      ['--topic <code>', 'only those subscribed to it'],
      [
        '--for <purpose>',
        'what caps, hours and suppressions are judged by: marketing or survey; of a notice service, repayment, callback or care',
      ],
      ['--starts <time>', 'not before; ISO time with its offset: 2026-11-24T09:00:00+08:00'],
      ['--ends <time>', 'not after'],
      ['--daily <from-to>', 'hours of the day in China: 09:00-18:00'],
      ['--days <days>', 'every-day or working-days'],
      ['--rate <n>', 'messages a second'],
      ['--requests <how>', 'single or batched'],
      ['--ceiling <yuan>', 'the most it may cost'],
      ['--stop-failures <percent>', 'pause when more of those with a verdict failed (default: 20)'],
      ['--stop-opt-outs <n>', 'pause when more of a thousand opted out (default: 10)'],
      ['--stop-complaints <n>', 'pause when more of a thousand complained (default: 1)'],
      ['--sign-by <time>', 'both signatures by then (default: the end of the window, at most seven days)'],
    ],
    repeated: [
      ['--var <name=source>', 'where a variable comes from: name, tier, attribute:KEY, row:KEY or constant:TEXT'],
    ],
    examples: [
      'campaign create --name 春季活动 --purpose 新品告知 --template 0192… --audience 0192… --var name=name \\\n      --starts 2026-11-24T09:00:00+08:00 --ends 2026-11-24T20:00:00+08:00 --daily 09:00-18:00 --rate 50 --ceiling 500',
      'campaign create --file spring.json --rate 100',
    ],
    run: async (session, _, flags) => {
      const data = await session
        .client()
        .post<{ id: string; number: string }>('/campaigns', bodyOf(session.cwd, flags));
      return { data, text: `Draft ${data.number} (${data.id})\nHand it in: waihu campaign submit ${data.number}` };
    },
  });
}

function bodyOf(cwd: string, flags: Flags): Record<string, unknown> {
  const base = flags.file === undefined ? {} : readJson(flags.file, textOfFile(cwd, flags.file));
  const window = {
    ...(base['window'] as Record<string, unknown> | undefined),
    ...given({ startsAt: flags.starts, endsAt: flags.ends, days: flags.days }),
    ...(flags.daily !== undefined && dailyOf(flags.daily)),
  };
  return {
    ...base,
    ...given({
      name: flags.name,
      purpose: flags.purpose,
      unit: flags.unit,
      templateId: flags.template,
      audienceId: flags.audience,
      topic: flags.topic,
      contactPurpose: flags.for,
      requests: flags.requests,
      signBy: flags.signBy,
      ratePerSecond: flags.rate === undefined ? undefined : wholeNumber('--rate', flags.rate),
      costCeilingFen: flags.ceiling === undefined ? undefined : fenOf('--ceiling', flags.ceiling),
    }),
    ...stopsOf(base, flags),
    ...(flags.var.length > 0 && { variableSources: readSources(flags.var) }),
    window,
  };
}

const given = (values: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));

function stopsOf(base: Record<string, unknown>, flags: Flags): { stopConditions?: Record<string, unknown> } {
  const stated = given({
    failurePercent: flags.stopFailures && wholeNumber('--stop-failures', flags.stopFailures),
    optOutsPerThousand: flags.stopOptOuts && wholeNumber('--stop-opt-outs', flags.stopOptOuts),
    complaintsPerThousand: flags.stopComplaints && wholeNumber('--stop-complaints', flags.stopComplaints),
  });
  if (Object.keys(stated).length === 0) return {};
  return { stopConditions: { ...(base['stopConditions'] as Record<string, unknown> | undefined), ...stated } };
}

function dailyOf(text: string): { dailyFrom: string; dailyTo: string } {
  const [, dailyFrom, dailyTo] = /^(\d\d:\d\d)-(\d\d:\d\d)$/.exec(text) ?? [];
  if (dailyFrom === undefined || dailyTo === undefined)
    throw usage(`--daily wants hours such as 09:00-18:00, not ${JSON.stringify(text)}.`);
  return { dailyFrom, dailyTo };
}

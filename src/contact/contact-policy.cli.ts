import type { Command } from 'commander';
import type { ContactHours, ContactPolicy, DailyHours, PurposeCaps } from './policy.rule.ts';
import { contactChannels, contactPurposes, type ContactChannel, type ContactPurpose } from '../kernel/reach.rule.ts';
import { addOptOutSetting } from './opt-out-effect.cli.ts';
import { noun, verb, type Run } from '../kit/cli/command.ts';
import { usage } from '../kit/cli/fault.ts';
import { wholeNumber } from '../kit/cli/number.ts';
import { table } from '../kit/cli/output.ts';

const spans = ['day', 'week', 'month', 'callsADay'] as const;
const limit = (max: number | null): string => (max === null ? '-' : String(max));
const daily = (hours: DailyHours): string => (hours === null ? 'closed' : hours.join('-'));
const hoursText = (hours: ContactHours | null): string =>
  hours === null ? 'account' : `${daily(hours.working)}/${daily(hours.rest)}`;
const capsRow = (of: string, caps: PurposeCaps) => [of, ...spans.map((span) => limit(caps[span]))];

const show = (data: ContactPolicy): string =>
  [
    table(
      ['at most', ...spans],
      [...contactPurposes.map((purpose) => capsRow(purpose, data.caps[purpose])), capsRow('total', data.total)],
    ),
    '',
    table(
      ['hours: working/rest days', ...contactChannels],
      contactPurposes.map((purpose) => [
        purpose,
        ...contactChannels.map((channel) => hoursText(data.hours[purpose][channel])),
      ]),
    ),
    '',
    `Numbers that a carrier calls dead stay silent for ${data.deadNumberDays} days, those on its black list for ${data.blacklistDays}.`,
  ].join('\n');

export function addContactPolicy(program: Command, run: Run): void {
  const policy = noun(program, 'policy', 'How often one person may be contacted, and when, over every channel');
  verb(policy, run, {
    name: 'show',
    summary: 'The caps and hours in force',
    examples: ['policy show'],
    run: async (session) => {
      const data = await session.client().get<ContactPolicy>('/contact-policy');
      return { data, text: show(data) };
    },
  });
  verb<[], { cap: string[]; hours: string[]; deadNumber?: string; blacklist?: string }>(policy, run, {
    name: 'set',
    summary: 'Change caps and hours; in force from the next claim on, for running campaigns too',
    repeated: [
      ['--cap <purpose.span=max>', 'marketing.week=2, total.day=none, repayment.callsADay=3'],
      ['--hours <purpose.channel=working/rest>', 'service.call=09:00-18:00/10:00-17:00, care.call=09:00-18:00/closed'],
    ],
    options: [
      ['--dead-number <days>', 'how long a number that a carrier calls dead stays silent'],
      ['--blacklist <days>', 'how long a number on a carrier’s black list stays silent'],
    ],
    examples: ['policy set --cap marketing.month=4', 'policy set --hours marketing.call=09:00-18:00/closed'],
    run: async (session, _, flags) => {
      const client = session.client();
      let wanted = await client.get<ContactPolicy>('/contact-policy');
      for (const text of flags.cap) wanted = withCap(wanted, text);
      for (const text of flags.hours) wanted = withHours(wanted, text);
      if (flags.deadNumber !== undefined)
        wanted = { ...wanted, deadNumberDays: wholeNumber('--dead-number', flags.deadNumber) };
      if (flags.blacklist !== undefined)
        wanted = { ...wanted, blacklistDays: wholeNumber('--blacklist', flags.blacklist) };
      const data = await client.post<ContactPolicy>('/contact-policy', wanted);
      return { data, text: show(data) };
    },
  });
  addOptOutSetting(policy, run);
}

const partsOf = (text: string): [string, string, string] => {
  const [, of = '', what = '', value = ''] = /^([a-z]+)\.([A-Za-z]+)=(.+)$/.exec(text) ?? [];
  return [of, what, value];
};
const isPurpose = (text: string): text is ContactPurpose => (contactPurposes as readonly string[]).includes(text);

function withCap(policy: ContactPolicy, text: string): ContactPolicy {
  const [of, span, value] = partsOf(text);
  if (!(spans as readonly string[]).includes(span) || (of !== 'total' && !isPurpose(of)))
    throw usage(`--cap wants purpose.span=max such as marketing.week=2, not ${JSON.stringify(text)}.`);
  const max = value === 'none' ? null : wholeNumber('--cap', value);
  if (of === 'total') return { ...policy, total: { ...policy.total, [span]: max } };
  return { ...policy, caps: { ...policy.caps, [of]: { ...policy.caps[of], [span]: max } } };
}

function dailyOf(text: string | undefined): DailyHours {
  if (text === 'closed') return null;
  const [from, to] = text?.split('-') ?? [];
  if (from === undefined || to === undefined) throw usage(`${text ?? ''} is no time such as 09:00-18:00, nor closed.`);
  return [from, to];
}

function withHours(policy: ContactPolicy, text: string): ContactPolicy {
  const [of, channel, value] = partsOf(text);
  const sides = value.split('/');
  const known = isPurpose(of) && (contactChannels as readonly string[]).includes(channel);
  if (!known || (value !== 'account' && sides.length !== 2))
    throw usage(
      `--hours wants purpose.channel=working/rest such as service.call=09:00-18:00/closed, not ${JSON.stringify(text)}.`,
    );
  const hours = value === 'account' ? null : { working: dailyOf(sides[0]), rest: dailyOf(sides[1]) };
  return {
    ...policy,
    hours: { ...policy.hours, [of]: { ...policy.hours[of], [channel as ContactChannel]: hours } },
  };
}

import type { Command } from 'commander';
import { noun, verb, type Run } from '../kit/cli/command.ts';
import { usage } from '../kit/cli/fault.ts';
import { wholeNumber } from '../kit/cli/number.ts';
import { table } from '../kit/cli/output.ts';

type Policy = Record<'marketing' | 'notice', { max: number; days: number }> & { deadNumberDays: number };

const show = (data: Policy): string =>
  `${table(
    ['kind', 'at most', 'in days'],
    (['marketing', 'notice'] as const).map((kind) => [kind, data[kind].max, data[kind].days]),
  )}\nNumbers that a carrier calls dead stay silent for ${data.deadNumberDays} days.`;

export function addContactPolicy(program: Command, run: Run): void {
  const policy = noun(program, 'policy', 'How often one person may be contacted, over every channel');
  verb(policy, run, {
    name: 'show',
    summary: 'The caps in force',
    examples: ['policy show'],
    run: async (session) => {
      const data = await session.client().get<Policy>('/contact-policy');
      return { data, text: show(data) };
    },
  });
  verb<[], { marketing?: string; notice?: string; deadNumber?: string }>(policy, run, {
    name: 'set',
    summary: 'Change a cap; in force from the next claim on, for running campaigns too',
    options: [
      ['--marketing <max/days>', 'for example 2/7: two in seven days'],
      ['--notice <max/days>', 'for example 10/1'],
      ['--dead-number <days>', 'how long a number that a carrier calls dead stays silent'],
    ],
    examples: ['policy set --marketing 1/30'],
    run: async (session, _, flags) => {
      const client = session.client();
      const before = await client.get<Policy>('/contact-policy');
      const data = await client.post<Policy>('/contact-policy', {
        marketing: flags.marketing === undefined ? before.marketing : readCap('--marketing', flags.marketing),
        notice: flags.notice === undefined ? before.notice : readCap('--notice', flags.notice),
        ...(flags.deadNumber !== undefined && { deadNumberDays: wholeNumber('--dead-number', flags.deadNumber) }),
      });
      return { data, text: show(data) };
    },
  });
}

function readCap(flag: string, text: string): { max: number; days: number } {
  const [max, days, ...rest] = text.split('/');
  if (max === undefined || days === undefined || rest.length > 0)
    throw usage(`${flag} wants max/days such as 2/7, not ${JSON.stringify(text)}.`);
  return { max: wholeNumber(flag, max), days: wholeNumber(flag, days) };
}

import type { Command } from 'commander';
import type { OptOutSetting } from './opt-out-effect.rule.ts';
import { verb, type Run } from '../kit/cli/command.ts';
import { wholeNumber } from '../kit/cli/number.ts';

const shown = ({ channels, purposes, secondNoDays }: OptOutSetting): string =>
  `An opt-out silences ${purposes.join(', ')} by ${channels.join(', ')} at once. ` +
  `A second no to a notice within ${secondNoDays} days silences that kind of text, or asks a person where it is a duty notice.`;

export function addOptOutSetting(policy: Command, run: Run): void {
  verb(policy, run, {
    name: 'opt-out',
    summary: 'What an opt-out by reply silences',
    examples: ['policy opt-out'],
    run: async (session) => {
      const data = await session.client().get<OptOutSetting>('/opt-out-effect');
      return { data, text: shown(data) };
    },
  });
  verb<[], { purpose: string[]; channel: string[]; days?: string }>(policy, run, {
    name: 'set-opt-out',
    summary: 'Change what an opt-out by reply silences; what is not named stays',
    repeated: [
      ['--purpose <purpose>', 'marketing (always), survey, callback or care'],
      ['--channel <channel>', 'sms (always), call or web'],
    ],
    options: [['--days <days>', 'within how many days a second no to a notice counts']],
    examples: ['policy set-opt-out --purpose marketing --purpose survey --purpose care --days 90'],
    run: async (session, _, { purpose, channel, days }) => {
      const client = session.client();
      const before = await client.get<OptOutSetting>('/opt-out-effect');
      const data = await client.post<OptOutSetting>('/opt-out-effect', {
        purposes: purpose.length > 0 ? purpose : before.purposes,
        channels: channel.length > 0 ? channel : before.channels,
        secondNoDays: days === undefined ? before.secondNoDays : wholeNumber('--days', days),
      });
      return { data, text: shown(data) };
    },
  });
}

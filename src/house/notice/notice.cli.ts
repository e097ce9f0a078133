import type { Command } from 'commander';
import { noun, verb, type Run } from '../../kit/cli/command.ts';
import { usage } from '../../kit/cli/fault.ts';
import { table } from '../../kit/cli/output.ts';

type Channel = {
  id: string;
  name: string;
  kind: string;
  enabled: boolean;
  failures: number;
  lastState: string | null;
  lastCode: string | null;
};
type Tested = { outcome: string; code: string | null };

export function addNotice(program: Command, run: Run): void {
  const notice = noun(program, 'notice', 'Notices outside the console: e-mail, robots, SMS, webhooks');
  const channel = noun(notice, 'channel', 'The ways out, and whether they work');
  verb(channel, run, {
    name: 'list',
    summary: 'Channels and their health; secrets are never shown',
    examples: ['notice channel list'],
    run: async (session) => {
      const { items } = await session.client().get<{ items: Channel[] }>('/notice-channels');
      const rows = items.map((each) => [
        each.name,
        each.kind,
        each.enabled ? 'on' : 'off',
        each.failures,
        [each.lastState, each.lastCode].filter((part) => part !== null).join(' '),
      ]);
      return { data: items, text: table(['name', 'kind', 'is', 'failures in a row', 'last'], rows) };
    },
  });
  verb<[string]>(channel, run, {
    name: 'test <name>',
    summary: 'Send a test notice now and say what came of it',
    examples: ['notice channel test 运营群'],
    run: async (session, [name]) => {
      const client = session.client();
      const { items } = await client.get<{ items: Channel[] }>('/notice-channels');
      const found = items.find((each) => each.name === name);
      if (!found) throw usage('There is no notice channel of this name; see `waihu notice channel list`.');
      const data = await client.post<Tested>(`/notice-channels/${found.id}/test`, {});
      return { data, text: data.code === null ? data.outcome : `${data.outcome} (${data.code})` };
    },
  });
}

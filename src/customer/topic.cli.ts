import type { Command } from 'commander';
import { noun, verb, type Run } from '../kit/cli/command.ts';
import { table } from '../kit/cli/output.ts';

type Topic = { code: string; name: string; createdAt: string };

export function addTopic(program: Command, run: Run): void {
  const topic = noun(program, 'topic', 'What customers can subscribe to');
  verb(topic, run, {
    name: 'list',
    summary: 'Every topic',
    examples: ['topic list'],
    run: async (session) => {
      const data = await session.client().get<{ items: Topic[] }>('/topics');
      return {
        data,
        text: table(
          ['code', 'name', 'since'],
          data.items.map((each) => [each.code, each.name, each.createdAt]),
        ),
      };
    },
  });
  verb<[string], { name: string }>(topic, run, {
    name: 'create <code>',
    summary: 'Add a topic',
    required: [['--name <name>', 'as people see it']],
    examples: ['topic create reminders --name 还款提醒'],
    run: async (session, [code], { name }) => {
      const data = await session.client().post<Topic>('/topics', { code, name });
      return { data, text: `Added: ${data.code}` };
    },
  });
}

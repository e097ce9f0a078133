import type { Command } from 'commander';
import { verb, type Run } from '../kit/cli/command.ts';

export function addJoin(program: Command, run: Run): void {
  verb<[string]>(program, run, {
    name: 'join <link>',
    summary: 'Set your password with the one-time link that you were given',
    examples: ['join https://outbound.example.com/welcome/…'],
    run: async (session, [link]) => {
      await session.join(link);
      return { data: { joined: true }, text: 'Your password is set. Sign in on the console with your e-mail address.' };
    },
  });
}

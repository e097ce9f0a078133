import type { Command } from 'commander';
import { verb, type Run } from '../kit/cli/command.ts';
import { fields } from '../kit/cli/output.ts';

export type Me = { id: string; name: string; unit: string; roles: string[]; permissions: string[] };

export function addMe(program: Command, run: Run): void {
  verb(program, run, {
    name: 'me',
    summary: 'Who you are and what you may do',
    examples: ['me', 'me --json | jq -r .id'],
    run: async (session) => {
      const me = await session.client().get<Me>('/me');
      return {
        data: me,
        text: fields({ id: me.id, name: me.name, unit: me.unit, roles: me.roles, 'may do': me.permissions }),
      };
    },
  });
}

import type { Command } from 'commander';
import { noun, verb, type Run } from './command.ts';
import { table } from './output.ts';

type Person = { id: string; name: string; email: string; unit: string; roles: string[]; disabledAt: string | null };

export function addStaff(program: Command, run: Run): void {
  const staff = noun(program, 'staff', 'People and what they may do');
  verb(staff, run, {
    name: 'list',
    summary: 'Everybody',
    examples: ['staff list'],
    run: async (session) => {
      const data = await session.client().get<{ items: Person[] }>('/staff');
      return {
        data,
        text: table(
          ['id', 'name', 'unit', 'e-mail', 'roles', 'disabled'],
          data.items.map((each) => [each.id, each.name, each.unit, each.email, each.roles, each.disabledAt]),
        ),
      };
    },
  });
  verb<[], { name: string; email: string; unit: string; role: string[] }>(staff, run, {
    name: 'create',
    summary: 'Add a person',
    required: [
      ['--name <name>', 'as it stands on forms'],
      ['--email <address>', 'what they sign in with'],
      ['--unit <unit>', 'department, as it stands on forms'],
    ],
    repeated: [['--role <role>', 'applicant, liaison, leader, operator, auditor or administrator']],
    examples: [
      'staff create --name 李雷 --email li@example.com --unit 零售部 --role applicant',
      'staff create --name 韩梅梅 --email han@example.com --unit 办公室 --role liaison --role auditor',
    ],
    run: async (session, _, { name, email, unit, role }) => {
      const data = await session.client().post<{ id: string }>('/staff', { name, email, unit, roles: role });
      return { data, text: `Added ${name}: ${data.id}\nGive them a key: waihu key create ${data.id} --name laptop` };
    },
  });
  verb<[string, string[]]>(staff, run, {
    name: 'roles <staff> <roles...>',
    summary: 'Say what a person may do; replaces the roles they had',
    examples: ['staff roles 0192… operator auditor'],
    run: async (session, [id, roles]) => {
      const data = await session.client().post<Person>(`/staff/${encodeURIComponent(id)}/roles`, { roles });
      return { data, text: `${data.name} is now: ${data.roles.join(', ')}` };
    },
  });
  for (const [name, summary, done] of [
    ['disable', 'Refuse a person from now on and revoke their keys', 'may no longer do anything'],
    ['enable', 'Let a person in again; they need a new key', 'may come in again'],
  ] as const) {
    verb<[string]>(staff, run, {
      name: `${name} <staff>`,
      summary,
      examples: [`staff ${name} 0192…`],
      run: async (session, [id]) => {
        const data = await session.client().post<Person>(`/staff/${encodeURIComponent(id)}/${name}`);
        return { data, text: `${data.name} ${done}.` };
      },
    });
  }
}

import type { Command } from 'commander';
import { noun, verb, type Run } from '../kit/cli/command.ts';
import { roles } from '../kernel/permission.rule.ts';
import { chinaTime, table } from '../kit/cli/output.ts';

type Person = { id: string; name: string; email: string; unit: string; roles: string[]; disabledAt: string | null };

type Link = { staffId: string; link?: string; expiresAt: string };
const linkText = ({ link, expiresAt }: Link): string =>
  `${link ?? '(shown before)'}\nWorks once, until ${chinaTime(expiresAt)} (Beijing). Hand it over in a way you trust; they open it, or type: waihu join LINK`;

export function addStaff(program: Command, run: Run): void {
  const staff = noun(program, 'staff', 'People and what they may do');
  verb(staff, run, {
    name: 'list',
    summary: 'Everybody, with their roles',
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
      ['--unit <unit>', 'organisational unit, as it stands on forms'],
    ],
    repeated: [['--role <role>', roles.join(', ')]],
    examples: [
      'staff create --name 李雷 --email li@example.com --unit 零售部 --role applicant',
      'staff create --name 韩梅梅 --email han@example.com --unit 办公室 --role liaison --role auditor',
    ],
    run: async (session, _, { name, email, unit, role }) => {
      const data = await session.client().post<{ id: string }>('/staff', { name, email, unit, roles: role });
      return { data, text: `Added ${name}: ${data.id}\nGive them a key: waihu key create ${data.id} --name laptop` };
    },
  });
  verb<[], { name: string; email: string; unit: string; role: string[] }>(staff, run, {
    name: 'invite',
    summary: 'Add a person and make the link by which they set their password',
    required: [
      ['--name <name>', 'as it stands on forms'],
      ['--email <address>', 'what they sign in with'],
      ['--unit <unit>', 'organisational unit, as it stands on forms'],
    ],
    repeated: [['--role <role>', roles.join(', ')]],
    examples: ['staff invite --name 韩梅梅 --email han@example.com --unit 办公室 --role liaison'],
    run: async (session, _, { name, email, unit, role }) => {
      const data = await session.client().post<Link>('/staff/invitations', { name, email, unit, roles: role });
      return { data, text: linkText(data) };
    },
  });
  verb<[string]>(staff, run, {
    name: 'link <staff>',
    summary: 'A fresh sign-in link for somebody who cannot get in; older ones stop working',
    examples: ['staff link 0192…'],
    run: async (session, [id]) => {
      const data = await session.client().post<Link>(`/staff/${encodeURIComponent(id)}/link`);
      return { data, text: linkText(data) };
    },
  });
  verb<[string, string[]]>(staff, run, {
    name: 'roles <staff> <roles...>',
    summary: 'Say what a person may do; replaces the roles they had',
    examples: ['staff roles 0192… operator auditor'],
    run: async (session, [id, held]) => {
      const data = await session.client().post<Person>(`/staff/${encodeURIComponent(id)}/roles`, { roles: held });
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

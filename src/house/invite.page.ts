import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { createInvitations, listInvitationsAgain } from './invitation.command.ts';
import { listPeople, NewStaff } from './staff.command.ts';
import { browseUnits } from './unit.command.ts';
import type { Context } from './context.ts';
import { AppError } from '../kernel/app-error.rule.ts';
import { roles, type Role } from '../kernel/permission.rule.ts';
import type { Api } from '../kit/http/api.ts';
import type { PageFault, Pages } from '../kit/page/page.ts';

const write = { needs: 'staff:write' } as const;
/** What a row offers: one role, or the two that one person often holds. More roles, and single units, on the person's page. */
const roleChoices = ['applicant operator', ...roles] as const;
/** Without these nobody can hand a campaign in and have it signed. */
const needed: readonly (readonly [Role, (typeof roleChoices)[number]])[] = [
  ['applicant', 'applicant operator'],
  ['liaison', 'liaison'],
  ['leader', 'leader'],
];
const fewestRows = 5;

const Column = z
  .union([z.string().max(300), z.array(z.string().max(300)).max(50)])
  .default([])
  .transform((value) => [value].flat());
const InviteForm = z.object({
  name: Column,
  email: Column,
  role: Column,
  unit: z.string().max(100).default(''),
  unitNew: z.string().max(100).default(''),
});
type InviteForm = z.output<typeof InviteForm>;
type Row = { name: string; email: string; role: string };

/** Several people at once, each with a link of their own. */
export function invitePages(app: Api, pages: Pages): void {
  const form = async (
    request: FastifyRequest,
    reply: FastifyReply,
    { rows, unit, unitNew, fault }: { rows: readonly Row[]; unit?: string; unitNew?: string; fault: PageFault | null },
  ) => {
    const t = pages.translatorOf(request);
    const ctx = pages.contextOf(request);
    const units = (await browseUnits(ctx)).filter(({ retiredAt }) => retiredAt === null).map(({ name }) => name);
    const blank = Array.from({ length: Math.max(0, fewestRows - rows.length) }, () => ({
      name: '',
      email: '',
      role: '',
    }));
    return pages.page(request, reply, 'people/invite', {
      title: t('people.invite-several'),
      nav: 'people',
      styles: ['people.css'],
      crumbs: [{ href: '/people', label: t('people.title') }],
      rows: [...rows, ...blank].map(({ name, email, role }, index) => ({
        name,
        email,
        ordinal: index + 1,
        fault: fault?.fields[`row.${index}`] ?? null,
        choices: roleChoices.map((value) => ({
          value,
          word: value
            .split(' ')
            .map((each) => t(`role.${each}`))
            .join(' + '),
          chosen: value === role,
        })),
      })),
      units: [...new Set([ctx.staff.unit, ...units])],
      unit: unit ?? ctx.staff.unit,
      unitNew: unitNew ?? '',
      fault: fault && { ...fault, fields: {} },
    });
  };

  app.get('/people/invite', { config: write }, async (request, reply) =>
    form(request, reply, { rows: await missingRows(pages.contextOf(request)), fault: null }),
  );
  app.post('/people/invite', { config: write, schema: { body: InviteForm } }, async (request, reply) => {
    const rows = rowsOf(request.body);
    const { unit, unitNew } = request.body;
    try {
      const people = demandPeople(rows, unitNew.trim() || unit);
      await createInvitations(pages.contextOf(request), people);
      return pages.done(request, reply, '/people/links', 'people.invited-several', { count: people.length });
    } catch (error) {
      return form(request, reply.code(422), { rows, unit, unitNew, fault: pages.faultOf(request, error) });
    }
  });
  app.get('/people/links', { config: write }, async (request, reply) => {
    const t = pages.translatorOf(request);
    const ctx = pages.contextOf(request);
    const people = new Map((await listPeople(ctx)).map((person) => [person.id, person]));
    return pages.page(request, reply, 'people/links', {
      title: t('people.links-title'),
      nav: 'people',
      styles: ['people.css'],
      scripts: ['copy.js'],
      crumbs: [{ href: '/people', label: t('people.title') }],
      leadsOn: true,
      links: (await listInvitationsAgain(ctx)).map(({ staffId, name, email, token, expiresAt }) => ({
        staffId,
        name,
        email,
        expiresAt,
        roles: people.get(staffId)?.roles ?? [],
        link: `${pages.publicUrl}/welcome/${token}`,
      })),
    });
  });
}

/** Rows in which anything is typed; a role alone is only what the page proposed. */
function rowsOf({ name, email, role }: InviteForm): Row[] {
  const count = Math.max(name.length, email.length);
  const rows = Array.from({ length: count }, (_, index) => ({
    name: (name[index] ?? '').trim(),
    email: (email[index] ?? '').trim(),
    role: role[index] ?? '',
  }));
  return rows.filter((row) => row.name !== '' || row.email !== '');
}

const codeOf: Readonly<Record<string, string>> = {
  name: 'staff.row-name',
  email: 'staff.row-email',
  roles: 'staff.no-role',
};

function demandPeople(rows: readonly Row[], unit: string): NewStaff[] {
  const read = rows.map(({ name, email, role }) =>
    NewStaff.safeParse({ name, email, unit, roles: role.split(' ').filter((each) => each !== '') }),
  );
  const faults = read.flatMap(({ error, data }, index) => {
    const field = error?.issues[0]?.path[0] ?? (data?.roles.length === 0 ? 'roles' : null);
    if (field === null) return [];
    const code = codeOf[String(field)] ?? 'staff.row-unit';
    return [{ field: `row.${index}`, code, message: 'This row cannot be used.' }];
  });
  if (faults.length > 0)
    throw new AppError('invalid', 'staff.rows', 'Some rows cannot be used; nobody was invited.', { faults });
  return read.flatMap(({ data }) => (data ? [data] : []));
}

/** A row for each role without which no campaign goes out, unless somebody holds it. */
async function missingRows(ctx: Context): Promise<Row[]> {
  const held = new Set((await listPeople(ctx)).flatMap((person) => (person.disabledAt === null ? person.roles : [])));
  return needed.filter(([role]) => !held.has(role)).map(([, role]) => ({ name: '', email: '', role }));
}

import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { listCredentials } from '../../commands/credential.ts';
import { browseDelegations } from '../../commands/delegation.ts';
import { createInvitation, renewInvitation, type IssuedInvitation } from '../../commands/invitation.ts';
import { disableStaff, enableStaff, listPeople, setStaffPhone, setStaffRoles } from '../../commands/staff.ts';
import { AppError } from '../../domain/app-error.ts';
import { maskPhone } from '../../domain/phone.ts';
import { permissionsOf, roles, type Grant } from '../../domain/permission.ts';
import type { Api } from '../api.ts';
import { withEnd } from './delegation.ts';
import type { PageFault, Pages } from './page.ts';
import { oneLine } from '../../text/field.ts';

const Id = z.object({ id: z.uuid() });
/** `role-<role>`: 'all' units; `units-<role>`: names of units, separated by commas of either kind. */
const Grants = z.record(z.string(), z.string().max(1_000));
const write = { needs: 'staff:write' } as const;

export function peoplePages(app: Api, pages: Pages): void {
  const list = async (
    request: FastifyRequest,
    reply: FastifyReply,
    given: { typed?: Record<string, string>; fault?: PageFault } = {},
  ) => {
    const t = pages.translatorOf(request);
    const people = await listPeople(pages.contextOf(request));
    return pages.page(request, reply, 'people/list', {
      title: t('people.title'),
      nav: 'people',
      styles: ['people.css'],
      people,
      roles: roleRows(grantsOf(given.typed ?? {})),
      units: [...new Set(people.map(({ unit }) => unit))].toSorted(),
      typed: { name: '', email: '', unit: '', ...given.typed },
      fault: given.fault ?? null,
    });
  };
  const show = async (request: FastifyRequest, reply: FastifyReply, fault: PageFault | null) => {
    const { id } = Id.parse(request.params);
    const t = pages.translatorOf(request);
    const ctx = pages.contextOf(request);
    const person = (await listPeople(ctx)).find((each) => each.id === id);
    if (!person) throw new AppError('missing', 'staff.missing', 'There is no such person.');
    const rights = permissionsOf(ctx.staff.roles);
    const delegations = await browseDelegations(ctx);
    return pages.page(request, reply, 'people/show', {
      title: person.name,
      nav: 'people',
      styles: ['people.css'],
      crumbs: [{ href: '/people', label: t('people.title') }],
      person: { ...person, phone: person.phone && maskPhone(person.phone) },
      myself: id === ctx.staff.id,
      roles: roleRows(person.grants),
      credentials: rights.has('credential:read') ? await listCredentials(ctx, { staffId: id }) : [],
      delegations: delegations.filter(({ staffId }) => staffId === id).map((each) => withEnd(each, ctx.now())),
      signs: person.roles.some((role) => role === 'liaison' || role === 'leader'),
      people: (await listPeople(ctx)).filter((each) => each.id !== id && each.disabledAt === null),
      fault,
    });
  };
  /** The link is in this answer and nowhere else. */
  const showLink = (request: FastifyRequest, reply: FastifyReply, invitation: IssuedInvitation, name: string) =>
    pages.page(request, reply, 'people/link', {
      title: pages.translatorOf(request)('people.link-title'),
      nav: 'people',
      styles: ['people.css'],
      crumbs: [{ href: '/people', label: pages.translatorOf(request)('people.title') }],
      link: `${pages.publicUrl}/welcome/${invitation.token}`,
      expiresAt: invitation.expiresAt,
      staffId: invitation.staffId,
      name,
    });
  const act = async (request: FastifyRequest, reply: FastifyReply, key: string, work: () => Promise<unknown>) => {
    try {
      await work();
    } catch (error) {
      return show(request, reply.code(422), pages.faultOf(request, error));
    }
    pages.forgetCallers();
    return pages.done(request, reply, `/people/${Id.parse(request.params).id}`, key);
  };

  app.get('/people', { config: { needs: 'staff:read' } }, (request, reply) => list(request, reply));
  app.get('/people/:id', { config: { needs: 'staff:read' }, schema: { params: Id } }, (request, reply) =>
    show(request, reply, null),
  );

  app.post('/people', { config: write, schema: { body: Grants } }, async (request, reply) => {
    const { name = '', email = '', unit = '' } = request.body;
    try {
      const grants = demandGrants(request.body);
      const invitation = await createInvitation(
        pages.contextOf(request),
        NewPerson.parse({ name, email, unit, grants }),
      );
      return await showLink(request, reply, invitation, name);
    } catch (error) {
      return list(request, reply.code(422), { typed: request.body, fault: pages.faultOf(request, error) });
    }
  });
  app.post(
    '/people/:id/link',
    { config: write, schema: { params: Id, body: z.object({ resets: z.literal('yes').optional() }).default({}) } },
    async (request, reply) => {
      const ctx = pages.contextOf(request);
      const staffId = request.params.id;
      const invitation = await renewInvitation(ctx, { staffId, resetsSecondFactor: request.body.resets === 'yes' });
      const person = (await listPeople(ctx)).find(({ id }) => id === staffId);
      return showLink(request, reply, invitation, person?.name ?? '');
    },
  );
  app.post('/people/:id/roles', { config: write, schema: { params: Id, body: Grants } }, (request, reply) =>
    act(request, reply, 'people.roles-saved', () =>
      setStaffRoles(pages.contextOf(request), {
        staffId: request.params.id,
        grants: grantsOf(request.body),
      }),
    ),
  );
  app.post(
    '/people/:id/phone',
    { config: write, schema: { params: Id, body: z.object({ phone: z.string().trim().max(30) }) } },
    (request, reply) =>
      act(request, reply, 'people.phone-saved', () =>
        setStaffPhone(pages.contextOf(request), {
          staffId: request.params.id,
          phone: request.body.phone === '' ? null : request.body.phone,
        }),
      ),
  );
  app.post('/people/:id/disable', { config: write, schema: { params: Id } }, (request, reply) =>
    act(request, reply, 'people.disabled', () =>
      disableStaff(pages.contextOf(request), { staffId: request.params.id }),
    ),
  );
  app.post('/people/:id/enable', { config: write, schema: { params: Id } }, (request, reply) =>
    act(request, reply, 'people.enabled', () => enableStaff(pages.contextOf(request), { staffId: request.params.id })),
  );
}

const NewPerson = z.object({
  name: oneLine(100),
  email: z.email().max(254),
  unit: oneLine(100),
  grants: z.custom<Grant[]>(),
});

const roleRows = (held: readonly Grant[]) =>
  roles.map((role) => {
    const units = held.filter((grant) => grant.role === role).map(({ unit }) => unit);
    return { role, everywhere: units.includes('*'), units: units.filter((unit) => unit !== '*').join('，') };
  });

const grantsOf = (body: Record<string, string>): Grant[] =>
  roles.flatMap((role) => {
    if (body[`role-${role}`] === 'all') return [{ role, unit: '*' }];
    const units = (body[`units-${role}`] ?? '').split(/[,，、]/).map((unit) => unit.trim());
    return units.filter((unit) => unit !== '').map((unit) => ({ role, unit }));
  });

function demandGrants(body: Record<string, string>): Grant[] {
  const grants = grantsOf(body);
  if (grants.length > 0) return grants;
  throw new AppError('invalid', 'staff.no-role', 'Give the person at least one role.', { field: 'roles' });
}

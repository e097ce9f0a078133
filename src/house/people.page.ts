import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { keysByPerson, listCredentials, waitingKeys } from './credential.command.ts';
import { browseDelegations } from './delegation.command.ts';
import { createInvitation, renewInvitation, showInvitationAgain } from './invitation.command.ts';
import { firstDaysUntil, judgeKeys, showWaysIn, wayInDaysOf, type KeyApproval } from './key-approval.command.ts';
import {
  disableStaff,
  enableStaff,
  listPeople,
  setStaffFacts,
  setStaffPhone,
  setStaffRoles,
  StaffFacts,
} from './staff.command.ts';
import { AppError } from '../kernel/app-error.rule.ts';
import { maskPhone } from '../kernel/phone-mask.rule.ts';
import { houseRoles, permissionsOf, reachOf, rightsOf, roles, type Grant } from '../kernel/permission.rule.ts';
import { browseUnits } from './unit.command.ts';
import type { Context } from './context.ts';
import type { Translate } from '../kernel/translate.ts';
import type { StaffRow } from './staff.db.ts';
import type { Api } from '../kit/http/api.ts';
import { withEnd } from './delegation.page.ts';
import type { PageFault, Pages } from '../kit/page/page.ts';
import { oneLine } from '../kernel/field.rule.ts';

const Id = z.object({ id: z.uuid() });
/** `role-<role>`: 'all' units; `units-<role>`: names of units, separated by commas of either kind. */
const Grants = z.record(z.string(), z.union([z.string().max(1_000), z.array(z.string().max(100)).max(200)]));
type Typed = z.output<typeof Grants>;
const wordIn = (body: Typed, field: string): string => [body[field] ?? ''].flat()[0] ?? '';
/** The unit that was chosen, or the new one that was typed. */
const unitIn = (body: Typed): string => wordIn(body, 'unitNew').trim() || wordIn(body, 'unit');
const write = { needs: 'staff:write' } as const;

export function peoplePages(app: Api, pages: Pages): void {
  const list = async (
    request: FastifyRequest,
    reply: FastifyReply,
    given: { typed?: Typed; fault?: PageFault } = {},
  ) => {
    const t = pages.translatorOf(request);
    const ctx = pages.contextOf(request);
    const people = await listPeople(ctx);
    const keys = await keysByPerson(ctx);
    const units = await openUnits(ctx);
    return pages.page(request, reply, 'people/list', {
      title: t('people.title'),
      nav: 'people',
      styles: ['people.css'],
      people: people.map((person) => Object.assign(person, { key: keyStateOf(person, keys) })),
      seesKeys: keys.size > 0 || rightsOf(ctx.staff.grants).has('credential:read'),
      waiting: await waitingKeys(ctx),
      firstDaysUntil: await firstDaysUntil(ctx),
      roles: roleRows(grantsOf(given.typed ?? {}), units),
      roleRights: roleRights(t),
      units,
      typed: { name: '', email: '', unit: ctx.staff.unit, unitNew: '', ...given.typed },
      fault: given.fault ?? null,
    });
  };
  const show = async (request: FastifyRequest, reply: FastifyReply, fault: PageFault | null) => {
    const { id } = Id.parse(request.params);
    const t = pages.translatorOf(request);
    const ctx = pages.contextOf(request);
    const person = (await listPeople(ctx)).find((each) => each.id === id);
    if (!person) throw new AppError('missing', 'staff.missing', 'There is no such person.');
    const rights = rightsOf(ctx.staff.grants);
    const delegations = await browseDelegations(ctx);
    const keys = rights.has('credential:read') ? await listCredentials(ctx, { staffId: id }) : [];
    const judged = await judgeKeys(ctx, keys);
    const units = await openUnits(ctx);
    return pages.page(request, reply, 'people/show', {
      title: person.name,
      nav: 'people',
      styles: ['people.css'],
      crumbs: [{ href: '/people', label: t('people.title') }],
      leadsOn: true,
      person: { ...person, phone: person.phone && maskPhone(person.phone) },
      myself: id === ctx.staff.id,
      roles: roleRows(person.grants, units),
      units: [...new Set([person.unit, ...units])],
      credentials: keys.map(({ id: keyId, label, kind, state, fingerprint, requestedAt }, index) => ({
        id: keyId,
        label,
        kind,
        state,
        fingerprint,
        requestedAt,
        approval: approvalOf(judged[index]),
      })),
      waysIn: rights.has('credential:decide') ? await showWaysIn(ctx, id) : [],
      wayInDays: wayInDaysOf(ctx),
      delegations: delegations.filter(({ staffId }) => staffId === id).map((each) => withEnd(each, ctx.now())),
      signs: person.roles.some((role) => role === 'liaison' || role === 'leader'),
      people: (await listPeople(ctx)).filter((each) => each.id !== id && each.disabledAt === null),
      fault,
    });
  };
  /** Shown to who made it until it is used or an hour has passed; the address itself tells nothing. */
  const showLink = async (request: FastifyRequest, reply: FastifyReply) => {
    const { id } = Id.parse(request.params);
    const ctx = pages.contextOf(request);
    const t = pages.translatorOf(request);
    const invitation = await showInvitationAgain(ctx, id);
    const person = (await listPeople(ctx)).find((each) => each.id === id);
    if (!person) throw new AppError('missing', 'staff.missing', 'There is no such person.');
    return pages.page(request, reply, 'people/link', {
      title: t('people.link-title'),
      nav: 'people',
      styles: ['people.css'],
      scripts: ['copy.js'],
      crumbs: [{ href: '/people', label: t('people.title') }],
      link: invitation && `${pages.publicUrl}/welcome/${invitation.token}`,
      expiresAt: invitation?.expiresAt ?? null,
      staffId: id,
      name: person.name,
    });
  };
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
    const [name, email, unit] = [wordIn(request.body, 'name'), wordIn(request.body, 'email'), unitIn(request.body)];
    try {
      const grants = demandGrants(request.body);
      const invitation = await createInvitation(
        pages.contextOf(request),
        NewPerson.parse({ name, email, unit, grants }),
      );
      return await reply.redirect(`/people/${invitation.staffId}/link`, 303);
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
      await renewInvitation(ctx, { staffId, resetsSecondFactor: request.body.resets === 'yes' });
      return reply.redirect(`/people/${staffId}/link`, 303);
    },
  );
  app.get('/people/:id/link', { config: write, schema: { params: Id } }, (request, reply) => showLink(request, reply));
  app.post('/people/:id/facts', { config: write, schema: { params: Id, body: Grants } }, (request, reply) =>
    act(request, reply, 'people.facts-saved', () => {
      const [name, email, unit] = [wordIn(request.body, 'name'), wordIn(request.body, 'email'), unitIn(request.body)];
      const facts = StaffFacts.parse({ name, email, unit });
      return setStaffFacts(pages.contextOf(request), { staffId: request.params.id, ...facts });
    }),
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

/** Of somebody who signs, or has keys: the word for where their signing keys stand. */
function keyStateOf(
  { id, roles: held, disabledAt }: StaffRow,
  keys: ReadonlyMap<string, { active: number; requested: number }>,
): 'active' | 'requested' | 'none' | null {
  const { active = 0, requested = 0 } = keys.get(id) ?? {};
  if (requested > 0 && disabledAt === null) return 'requested';
  if (active > 0) return 'active';
  return held.includes('liaison') || held.includes('leader') ? 'none' : null;
}

/** What stands beside the button, or in its place. */
export const approvalOf = (approval: KeyApproval | undefined) =>
  approval && {
    may: approval.kind === 'independent' || approval.kind === 'first-days',
    firstDays: approval.kind === 'first-days' || (approval.kind === 'independent' && approval.restsOnFirstDays),
    able: approval.ableNames.join('、'),
  };

const openUnits = async (ctx: Context): Promise<string[]> =>
  (await browseUnits(ctx)).filter(({ retiredAt }) => retiredAt === null).map(({ name }) => name);

/** Every role with where it is held; units that are retired stand there while somebody holds something for them. */
const roleRows = (held: readonly Grant[], units: readonly string[]) =>
  roles.map((role) => {
    const own = held.filter((grant) => grant.role === role).map(({ unit }) => unit);
    const names = [...new Set([...units, ...own.filter((unit) => unit !== '*')])];
    return {
      role,
      house: houseRoles.has(role),
      everywhere: own.includes('*'),
      choices: names.map((name) => ({ name, chosen: own.includes(name) })),
    };
  });

/** What each role may do, in words; `house`: only when it is held for every unit. */
const roleRights = (t: Translate) =>
  roles.map((role) => ({
    role,
    rights: [...permissionsOf([role])].map((right) => ({
      word: t(`permission.${right}`),
      house: reachOf[right] === 'house',
    })),
  }));

const grantsOf = (body: Typed): Grant[] =>
  roles.flatMap((role) => {
    if (wordIn(body, `role-${role}`) === 'all') return [{ role, unit: '*' }];
    const units = [body[`units-${role}`] ?? []].flat().flatMap((chosen) => chosen.split(/[,，、]/));
    return units
      .map((unit) => unit.trim())
      .filter((unit) => unit !== '')
      .map((unit) => ({ role, unit }));
  });

function demandGrants(body: Typed): Grant[] {
  const grants = grantsOf(body);
  if (grants.length > 0) return grants;
  throw new AppError('invalid', 'staff.no-role', 'Give the person at least one role.', { field: 'roles' });
}

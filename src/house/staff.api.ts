import { z } from 'zod';
import { roles } from '../kernel/permission.rule.ts';
import {
  createStaff,
  disableStaff,
  enableStaff,
  HeldRoles,
  listPeople,
  NewStaff,
  setStaffRoles,
} from './staff.command.ts';
import { createInvitation, renewInvitation, type IssuedInvitation } from './invitation.command.ts';
import { Id, listOf, refusals, type Api, type RouteDeps } from '../kit/http/api.ts';

const Person = z
  .object({
    id: z.uuid(),
    name: z.string(),
    email: z.string(),
    unit: z.string(),
    roles: z.array(z.enum(roles)),
    grants: z.array(z.object({ role: z.enum(roles), unit: z.string() })),
    language: z.enum(['zh-CN', 'en']),
    createdAt: z.date(),
    disabledAt: z.date().nullable(),
  })
  .meta({ id: 'Staff' });
const Link = z.object({
  staffId: z.uuid(),
  link: z.string().optional().describe('Works once, for 72 hours. Absent when the request is repeated.'),
  expiresAt: z.date(),
});
const tags = ['staff'];

export function staffRoutes(app: Api, { contextOf, forgetCallers, publicUrl }: RouteDeps): void {
  const linkOf = ({ token, ...rest }: IssuedInvitation) => ({ ...rest, link: `${publicUrl}/welcome/${token}` });
  app.post(
    '/staff/invitations',
    {
      config: { needs: 'staff:write', shownOnce: ['link'] },
      schema: {
        tags,
        summary: 'Add a person and make the link by which they set their password',
        body: NewStaff,
        response: { 201: Link, ...refusals },
      },
    },
    async (request, reply) => reply.code(201).send(linkOf(await createInvitation(contextOf(request), request.body))),
  );
  app.post(
    '/staff/:id/link',
    {
      config: { needs: 'staff:write', shownOnce: ['link'] },
      schema: {
        tags,
        summary: 'A fresh link for somebody who cannot sign in; older ones stop working',
        params: Id,
        body: z.object({ resetsSecondFactor: z.boolean().default(false) }).default({ resetsSecondFactor: false }),
        response: { 201: Link, ...refusals },
      },
    },
    async (request, reply) =>
      reply
        .code(201)
        .send(linkOf(await renewInvitation(contextOf(request), { staffId: request.params.id, ...request.body }))),
  );
  app.get(
    '/staff',
    {
      config: { needs: 'staff:read' },
      schema: { tags, summary: 'Everybody', response: { 200: listOf(Person), ...refusals } },
    },
    async (request) => ({ items: await listPeople(contextOf(request)) }),
  );
  app.post(
    '/staff',
    {
      config: { needs: 'staff:write' },
      schema: { tags, summary: 'Add a person', body: NewStaff, response: { 201: Id, ...refusals } },
    },
    async (request, reply) => reply.code(201).send(await createStaff(contextOf(request), request.body)),
  );
  app.post(
    '/staff/:id/roles',
    {
      config: { needs: 'staff:write' },
      schema: {
        tags,
        summary: 'Say what a person may do (replaces their roles)',
        params: Id,
        body: HeldRoles,
        response: { 200: Person, ...refusals },
      },
    },
    async (request) => {
      const person = await setStaffRoles(contextOf(request), { staffId: request.params.id, ...request.body });
      forgetCallers();
      return person;
    },
  );
  for (const [verb, command, summary] of [
    ['disable', disableStaff, 'Refuse a person from now on and revoke their keys'],
    ['enable', enableStaff, 'Let a person in again'],
  ] as const) {
    app.post(
      `/staff/:id/${verb}`,
      {
        config: { needs: 'staff:write' },
        schema: { tags, summary, params: Id, response: { 200: Person, ...refusals } },
      },
      async (request) => {
        const person = await command(contextOf(request), { staffId: request.params.id });
        forgetCallers();
        return person;
      },
    );
  }
}

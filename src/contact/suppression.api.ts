import { z } from 'zod';
import { liftSuppression, listSuppressions, ReachFields, suppress } from './suppression.command.ts';
import { suppressionKinds } from './contact.rule.ts';
import { contactChannels, contactPurposes, suppressionScopes } from '../kernel/reach.rule.ts';
import { asPage, Id, PageBody, pageOf, PageQuery, refusals, type Api, type RouteDeps } from '../kit/http/api.ts';
import { instant, paragraph } from '../kernel/field.rule.ts';

export const Suppression = z
  .object({
    id: z.uuid(),
    phone: z.string().describe('Masked.'),
    kind: z.enum(suppressionKinds),
    scope: z
      .enum(suppressionScopes)
      .nullable()
      .describe('The word for these channels and purposes; null: it has none.'),
    channels: z.array(z.enum(contactChannels)).readonly(),
    purposes: z.array(z.enum(contactPurposes)).readonly(),
    source: z.string(),
    reason: z.string().nullable(),
    createdAt: z.date(),
    createdBy: z.uuid().nullable(),
    expiresAt: z.date().nullable(),
    liftedAt: z.date().nullable(),
    liftedBy: z.uuid().nullable(),
    liftReason: z.string().nullable(),
  })
  .meta({ id: 'Suppression' });
const Reason = paragraph(500);
const Phone = z.string().min(1).max(40);
const Wanted = ReachFields.extend({
  phone: Phone,
  kind: z.enum(suppressionKinds),
  reason: Reason,
  expiresAt: instant().optional(),
});
const kind = z.enum(suppressionKinds).optional();
const tags = ['suppressions'];

export function suppressionRoutes(app: Api, { contextOf }: RouteDeps): void {
  app.get(
    '/suppressions',
    {
      config: { needs: 'suppression:read' },
      schema: {
        tags,
        summary: 'Numbers that are silent, and why; newest first',
        querystring: PageQuery.extend({
          kind,
          active: z.stringbool().optional().describe('true: only those that silence somebody now.'),
        }),
        response: { 200: pageOf(Suppression), ...refusals },
      },
    },
    async (request) => asPage(await listSuppressions(contextOf(request), request.query)),
  );
  app.post(
    '/suppressions/search',
    {
      config: { needs: 'suppression:read', readsOnly: true },
      schema: {
        tags,
        summary: 'What silences one number',
        body: PageBody.extend({ phone: Phone, kind, active: z.boolean().optional() }),
        response: { 200: pageOf(Suppression), ...refusals },
      },
    },
    async (request) => asPage(await listSuppressions(contextOf(request), request.body)),
  );
  app.post(
    '/suppressions',
    {
      config: { needs: 'suppression:write' },
      schema: {
        tags,
        summary: 'Silence a number: `scope`, or `channels` and `purposes`',
        body: Wanted,
        response: { 200: z.object({ suppression: Suppression, added: z.boolean() }), ...refusals },
      },
    },
    (request) => {
      const { expiresAt, ...rest } = request.body;
      return suppress(contextOf(request), { ...rest, expiresAt: expiresAt === undefined ? null : new Date(expiresAt) });
    },
  );
  app.post(
    '/suppressions/:id/lift',
    {
      config: { needs: 'suppression:lift' },
      schema: {
        tags,
        summary: 'Let the number be reached again',
        params: Id,
        body: z.object({ reason: Reason }),
        response: { 200: Suppression, ...refusals },
      },
    },
    (request) => liftSuppression(contextOf(request), { id: request.params.id, reason: request.body.reason }),
  );
}

import { z } from 'zod';
import { checkAuditChain } from '../../commands/audit.ts';
import { listAudit } from '../../db/audit.ts';
import { listOf, refusals, type Api, type RouteDeps } from '../api.ts';

const Row = z
  .object({
    seq: z.int(),
    at: z.string(),
    actor: z.string(),
    action: z.string(),
    objectKind: z.string(),
    objectId: z.string(),
    details: z.record(z.string(), z.unknown()),
    previousHash: z.string(),
    hash: z.string(),
  })
  .meta({ id: 'AuditRow' });
const Filter = z.object({
  afterSeq: z.coerce.number().int().min(0).optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  objectKind: z.string().max(50).optional(),
  objectId: z.string().max(100).optional(),
});
const Verdict = z.object({
  holds: z.boolean(),
  rows: z.int(),
  lastHash: z.string(),
  brokenAt: z.int().nullable().describe('Seq of the first row that does not follow from the one before.'),
});
const tags = ['audit'];

export function auditRoutes(app: Api, { pool, contextOf }: RouteDeps): void {
  app.get(
    '/audit',
    {
      config: { needs: 'audit:read' },
      schema: {
        tags,
        summary: 'Who did what, oldest first',
        querystring: Filter,
        response: { 200: listOf(Row), ...refusals },
      },
    },
    async (request) => {
      const { afterSeq, limit, objectKind, objectId } = request.query;
      const filter = {
        limit,
        ...(afterSeq !== undefined && { afterSeq }),
        ...(objectKind && { objectKind }),
        ...(objectId && { objectId }),
      };
      return { items: await listAudit(pool, filter) };
    },
  );
  app.get(
    '/audit/verify',
    {
      config: { needs: 'audit:read' },
      schema: { tags, summary: 'Recompute the whole chain', response: { 200: Verdict, ...refusals } },
    },
    (request) => checkAuditChain(contextOf(request)),
  );
}

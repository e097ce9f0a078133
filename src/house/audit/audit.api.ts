import { z } from 'zod';
import { checkAuditChain } from './audit.command.ts';
import { listAudit } from './audit.db.ts';
import { instant } from '../../kernel/field.rule.ts';
import { listOf, refusals, type Api, type RouteDeps } from '../../kit/http/api.ts';

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
    objectPreviousHash: z.string().nullable().describe('Hash of the row before about the same object.'),
    hash: z.string(),
  })
  .meta({ id: 'AuditRow' });
const Filter = z.object({
  afterSeq: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  objectKind: z.string().max(50).optional(),
  objectId: z.string().max(100).optional(),
  actor: z
    .union([z.uuid(), z.literal('system')])
    .optional()
    .describe('The id of a person, or system.'),
  action: z
    .string()
    .max(60)
    .regex(/^[a-z-]+(?:\.[a-z-]+)?$/)
    .optional()
    .describe('One act (`campaign.pause`), or all acts of a noun (`campaign`).'),
  from: instant().optional().describe('Not before this time.'),
  until: instant().optional().describe('Before this time.'),
});
const Verdict = z.object({
  holds: z.boolean(),
  rows: z.int(),
  lastHash: z.string(),
  brokenAt: z.int().nullable().describe('Seq of the first row that is missing, changed or not as it was sealed.'),
  fault: z
    .enum(['empty', 'chain', 'seal', 'cut-off', 'seal-file', 'archive'])
    .nullable()
    .describe(
      'empty: no row at all. chain: a row does not follow from the one before. seal: a row is not the one that was sealed. cut-off: sealed rows are gone from the end. seal-file: the file of seals is not there. archive: a row that an archive cites is not there.',
    ),
  sealed: z
    .object({ seq: z.int(), at: z.string(), fingerprint: z.string() })
    .nullable()
    .describe('The last seal outside the database that was compared; null when there is none.'),
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
      const { actor, from, until, ...rest } = request.query;
      const items = await listAudit(pool, {
        ...rest,
        actor: actor && (actor === 'system' ? actor : `staff:${actor}`),
        from: from === undefined ? undefined : new Date(from),
        until: until === undefined ? undefined : new Date(until),
      });
      return { items };
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

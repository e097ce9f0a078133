import { z } from 'zod';
import { auditActors, browseAudit, exportAudit, type AuditNames } from './audit.command.ts';
import { showAuditCheck, startAuditCheck } from './audit-check.command.ts';
import { actorId, auditNouns, auditObjects } from './audit-detail.rule.ts';
import type { Grant } from '../../kernel/permission.rule.ts';
import type { Translate } from '../../kernel/translate.ts';
import type { AuditRow } from './chain.rule.ts';
import { dayText } from '../../kernel/field.rule.ts';
import type { Api } from '../../kit/http/api.ts';
import { errorFields } from '../../kernel/error-fields.ts';
import { actionOf, actOf, detailsOf, objectOf, sentenceOf, whoOf } from './words.page.ts';
import { formatDate, formatDateTime } from '../../kit/page/format.ts';
import type { Pages } from '../../kit/page/page.ts';
import { blank } from '../../kit/page/query.ts';
import { sendCsv } from '../../kit/http/send-csv.ts';

const pageSize = 50;
const Narrowed = z.object({
  object: z.preprocess(
    blank,
    z
      .string()
      .regex(/^[a-z-]{1,30}:[\w.:-]{1,100}$/)
      .optional(),
  ),
  kind: z.preprocess(
    blank,
    z
      .string()
      .regex(/^[a-z-]{1,30}$/)
      .optional(),
  ),
  actor: z.preprocess(blank, z.union([z.uuid(), z.literal('system')]).optional()),
  action: z.preprocess(
    blank,
    z
      .string()
      .regex(/^[a-z-]+(?:\.[a-z-]+)?$/)
      .optional(),
  ),
  from: z.preprocess(blank, dayText().optional()),
  until: z.preprocess(blank, dayText().optional()),
});
const Query = Narrowed.extend({ before: z.preprocess(blank, z.coerce.number().int().positive().optional()) });

/** The record as sentences, and as a file. */
export function auditPages(app: Api, pages: Pages): void {
  app.get('/audit', { config: { needs: 'audit:read' }, schema: { querystring: Query } }, async (request, reply) => {
    const t = pages.translatorOf(request);
    const ctx = pages.contextOf(request);
    const { before, ...filter } = request.query;
    const found = await browseAudit(ctx, { ...filterOf(filter), beforeSeq: before, limit: pageSize + 1 });
    const rows = found.rows.slice(0, pageSize);
    const kept = Object.entries(filter).filter((each): each is [string, string] => Boolean(each[1]));
    const nextSeq = found.rows.length > pageSize ? rows.at(-1)?.seq : undefined;
    const { object = '', kind = '', actor = '', action = '', from = '', until = '' } = filter;
    return pages.page(request, reply, 'audit/list', {
      title: t('audit.title'),
      nav: 'audit',
      styles: ['audit.css'],
      filter: { object, kind, actor, action, from, until },
      narrowed: kept.length > 0,
      nouns: auditNouns,
      objects: auditObjects,
      actors: await auditActors(ctx),
      rows: rows.map((row) => shown({ t, names: found.names }, row, ctx.staff.grants)),
      next: nextSeq === undefined ? null : addressOf([...kept, ['before', String(nextSeq)]]),
      first: before === undefined ? null : addressOf(kept),
      chain: await showAuditCheck(ctx),
    });
  });

  app.post(
    '/audit/export.csv',
    { config: { needs: 'audit:read' }, schema: { body: Narrowed.nullish() } },
    async (request, reply) => {
      const t = pages.translatorOf(request);
      const ctx = pages.contextOf(request);
      const rows = await exportAudit(ctx, filterOf(request.body ?? {}));
      const shownName = `${t('audit.file-name')}-${formatDate(ctx.now())}.csv`;
      return sendCsv(reply, linesOf(t, rows), { fileName: 'audit.csv', shownName });
    },
  );

  app.get('/audit/chain', { config: { needs: 'audit:read' } }, async (request, reply) =>
    pages.fragment(request, reply, 'audit/chain', { chain: await showAuditCheck(pages.contextOf(request)) }),
  );

  app.post('/audit/chain', { config: { needs: 'audit:read' } }, async (request, reply) => {
    const ctx = pages.contextOf(request);
    await startAuditCheck(ctx, (error) =>
      request.log.error({ error: errorFields(error) }, 'The audit chain could not be checked to its end.'),
    );
    if (request.headers['hx-request'] !== 'true') return reply.redirect('/audit', 303);
    return pages.fragment(request, reply, 'audit/chain', { chain: await showAuditCheck(ctx) });
  });
}

const addressOf = (query: [string, string][]): string => `/audit?${new URLSearchParams(query).toString()}`;

/** Days are China's, both included. */
function filterOf({ object, kind, actor, action, from, until }: z.output<typeof Narrowed>) {
  const [objectKind = kind, ...rest] = object?.split(':') ?? [];
  return {
    objectKind,
    objectId: object ? rest.join(':') : undefined,
    actor: actor && (actor === 'system' ? actor : `staff:${actor}`),
    action,
    from: from ? new Date(`${from}T00:00:00+08:00`) : undefined,
    until: until ? new Date(Date.parse(`${until}T00:00:00+08:00`) + 86_400_000) : undefined,
  };
}

type Said = { t: Translate; names: AuditNames };

function shown(said: Said, row: AuditRow, grants: readonly Grant[]) {
  const { t } = said;
  const kind = `object-kind.${row.objectKind}`;
  return {
    seq: row.seq,
    at: row.at,
    who: whoOf(said, row),
    actor: row.actor,
    actorId: actorId(row.actor) ?? 'system',
    act: actOf(t, row.action),
    action: row.action,
    kind: t.has(kind) ? t(kind) : row.objectKind,
    object: `${row.objectKind}:${row.objectId}`,
    objectId: row.objectId,
    named: objectOf(said, row, grants),
    details: detailsOf(said, row),
    hash: row.hash,
    previousHash: row.previousHash,
  };
}

const columns = [
  'seq',
  'at',
  'sentence',
  'who',
  'act',
  'kind',
  'object',
  'details',
  'actor-id',
  'action-code',
  'object-id',
  'as-recorded',
  'hash',
];

async function* linesOf(
  t: Translate,
  rows: AsyncIterable<{ row: AuditRow; names: AuditNames }>,
): AsyncGenerator<(string | number)[]> {
  yield columns.map((name) => t(`audit.csv.${name}`));
  for await (const { row, names } of rows) {
    const said = { t, names };
    const kind = `object-kind.${row.objectKind}`;
    yield [
      row.seq,
      formatDateTime(new Date(row.at)),
      sentenceOf(said, row),
      whoOf(said, row),
      actionOf(t, row.action),
      t.has(kind) ? t(kind) : row.objectKind,
      objectOf(said, row).name ?? '',
      detailsOf(said, row)
        .map((pair) => t('audit.csv-pair', pair))
        .join(t('audit.csv-separator')),
      row.actor,
      row.action,
      row.objectId,
      JSON.stringify(row.details),
      row.hash,
    ];
  }
}

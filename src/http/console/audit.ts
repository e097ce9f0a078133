import { z } from 'zod';
import { browseAudit } from '../../commands/audit.ts';
import { showAuditCheck, startAuditCheck } from '../../commands/audit-check.ts';
import type { NamedAuditRow } from '../../db/audit.ts';
import type { Translate } from '../../i18n/translate.ts';
import { errorFields } from '../log.ts';
import type { Api } from '../api.ts';
import type { Pages } from './page.ts';
import { dayText } from '../../text/field.ts';

const pageSize = 50;
const blank = (value: unknown) => (value === '' ? undefined : value);
const Query = z.object({
  object: z.preprocess(
    blank,
    z
      .string()
      .regex(/^[a-z-]{1,30}:[\w.:-]{1,100}$/)
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
  before: z.preprocess(blank, z.coerce.number().int().positive().optional()),
});

/** Kinds of objects that have a page of their own; campaigns are named by number. */
const addresses: Record<string, string> = {
  customer: '/customers/',
  import: '/imports/',
  audience: '/audiences/',
  template: '/templates/',
  staff: '/people/',
};

export function auditPages(app: Api, pages: Pages): void {
  app.get('/audit', { config: { needs: 'audit:read' }, schema: { querystring: Query } }, async (request, reply) => {
    const t = pages.translatorOf(request);
    const ctx = pages.contextOf(request);
    const { object, actor, action, from, until, before } = request.query;
    const [objectKind, ...rest] = object?.split(':') ?? [];
    const found = await browseAudit(ctx, {
      objectKind,
      objectId: object ? rest.join(':') : undefined,
      actor: actor && (actor === 'system' ? actor : `staff:${actor}`),
      action,
      from: from ? new Date(`${from}T00:00:00+08:00`) : undefined,
      until: until ? new Date(Date.parse(`${until}T00:00:00+08:00`) + 86_400_000) : undefined,
      beforeSeq: before,
      limit: pageSize + 1,
    });
    const rows = found.slice(0, pageSize);
    const kept = new URLSearchParams(
      Object.entries({ object, actor, action, from, until }).filter((each): each is [string, string] =>
        Boolean(each[1]),
      ),
    );
    const nextSeq = found.length > pageSize ? rows.at(-1)?.seq : undefined;
    return pages.page(request, reply, 'audit/list', {
      title: t('audit.title'),
      nav: 'audit',
      styles: ['audit.css'],
      filter: { object: object ?? '', actor: actor ?? '', action: action ?? '', from: from ?? '', until: until ?? '' },
      narrowed: kept.size > 0,
      nouns: nounsOfActions,
      rows: rows.map((row) => shown(row, t)),
      next: nextSeq === undefined ? null : addressOf([...kept, ['before', String(nextSeq)]]),
      first: before === undefined ? null : addressOf([...kept]),
      chain: await showAuditCheck(ctx),
    });
  });

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

/** Families of acts, as the filter offers them. */
const nounsOfActions = [
  'campaign',
  'draft',
  'customer',
  'import',
  'audience',
  'template',
  'topic',
  'suppression',
  'consent',
  'staff',
  'session',
  'credential',
  'key',
  'delegation',
  'gateway',
  'contact-policy',
  'calendar',
  'ledger',
  'archive',
  'audit',
];

function shown(row: NamedAuditRow, t: Translate) {
  const act = `audit-action.${row.action}`;
  const kind = `object-kind.${row.objectKind}`;
  const address = addresses[row.objectKind];
  return {
    seq: row.seq,
    at: row.at,
    who: row.staffName ?? (row.actor === 'system' ? t('audit.system') : row.actor),
    actorId: row.actor.startsWith('staff:') ? row.actor.slice('staff:'.length) : 'system',
    act: t.has(act) ? t(act) : row.action,
    action: row.action,
    kind: t.has(kind) ? t(kind) : row.objectKind,
    object: `${row.objectKind}:${row.objectId}`,
    objectName: row.campaignNumber ?? row.objectId,
    href: row.campaignNumber ? `/campaigns/${row.campaignNumber}` : address ? `${address}${row.objectId}` : null,
    details: Object.entries(row.details).map(([name, value]) => ({
      name,
      value: typeof value === 'string' ? value : JSON.stringify(value),
    })),
    hash: row.hash,
    previousHash: row.previousHash,
  };
}

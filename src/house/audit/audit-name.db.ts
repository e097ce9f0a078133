import { z } from 'zod';
import { isId, type AuditRef } from './audit-detail.rule.ts';
import { many, sql, type Db, type Sql } from '../../kernel/sql.db.ts';

const named: Readonly<Record<string, (ids: string[]) => Sql>> = {
  campaign: (ids) => sql`select 'campaign', id::text, name, number from campaign where id = any(${ids}::uuid[])`,
  template: (ids) =>
    sql`select 'template', id::text, name || ' v' || version, null from template where id = any(${ids}::uuid[])`,
  audience: (ids) => sql`select 'audience', id::text, name, null from audience where id = any(${ids}::uuid[])`,
  draft: (ids) => sql`select 'draft', id::text, name, null from campaign_draft where id = any(${ids}::uuid[])`,
  staff: (ids) => sql`select 'staff', id::text, name, null from staff where id = any(${ids}::uuid[])`,
  unit: (ids) => sql`select 'unit', id::text, name, null from unit where id = any(${ids}::uuid[])`,
  gateway: (ids) => sql`select 'gateway', id::text, name, null from gateway_account where id = any(${ids}::uuid[])`,
  channel: (ids) => sql`select 'channel', id::text, name, null from notice_channel where id = any(${ids}::uuid[])`,
  import: (ids) => sql`select 'import', id::text, file_name, null from import where id = any(${ids}::uuid[])`,
  key: (ids) => sql`select 'key', k.id::text, concat_ws(' · ', k.name, s.name), null
    from api_key k left join staff s on s.id = k.reference_id where k.id = any(${ids}::uuid[])`,
  credential: (ids) => sql`select 'credential', k.id::text, concat_ws(' · ', s.name, k.label), null
    from credential k join staff s on s.id = k.staff_id where k.id = any(${ids}::uuid[])`,
  delegation: (ids) => sql`select 'delegation', d.id::text, a.name || ' → ' || b.name, null
    from delegation d join staff a on a.id = d.staff_id join staff b on b.id = d.delegate_id where d.id = any(${ids}::uuid[])`,
};
/** Named by a code instead of an id. */
const topics = (codes: string[]): Sql =>
  sql`select 'topic', code, name, null from topic where code = any(${codes}::text[])`;

const Row = z.object({ kind: z.string(), id: z.string(), name: z.string(), number: z.string().nullable() });

/** What things of the record are called now, by `kind:id`; `number` of campaigns. Customers have no names here. */
export async function findAuditNames(
  db: Db,
  refs: readonly AuditRef[],
): Promise<Map<string, { name: string; number: string | null }>> {
  const byKind = Map.groupBy(refs, ({ kind }) => kind);
  const parts: Sql[] = [];
  for (const [kind, found] of byKind) {
    const ids = [...new Set(found.map(({ id }) => id))];
    if (kind === 'topic') parts.push(topics(ids));
    const uuids = ids.filter(isId);
    const query = named[kind];
    if (query && uuids.length > 0) parts.push(query(uuids));
  }
  const [first, ...rest] = parts;
  if (!first) return new Map();
  const all = rest.reduce((sum, part) => sql`${sum} union all ${part}`, first);
  const rows = await many(db, Row, sql`select * from (${all}) n (kind, id, name, number)`);
  return new Map(rows.map(({ kind, id, name, number }) => [`${kind}:${id}`, { name, number }]));
}

/** Everybody who may have acted. */
export const listActors = (db: Db) =>
  many(db, z.object({ id: z.uuid(), name: z.string() }), sql`select id, name from staff order by name, id limit 2000`);

import { createHash } from 'node:crypto';
import { z } from 'zod';
import { Mapping } from './column.rule.ts';
import { execute, maybe, sql, type Db } from '../../kernel/sql.db.ts';

/** Files of one origin have the same headings in the same order. */
export type MappingKey = { unit: string; kind: string; headings: readonly string[] };
const digestOf = (headings: readonly string[]): string =>
  createHash('sha256').update(JSON.stringify(headings)).digest('hex');

export const findMapping = async (db: Db, { unit, kind, headings }: MappingKey): Promise<Mapping | undefined> =>
  (
    await maybe(
      db,
      z.object({ mapping: Mapping }),
      sql`select mapping from import_mapping where unit = ${unit} and kind = ${kind} and headers = ${digestOf(headings)}`,
    )
  )?.mapping;

export async function keepMapping(
  db: Db,
  { unit, kind, headings }: MappingKey,
  mapping: Mapping,
  at: Date,
): Promise<void> {
  await execute(
    db,
    sql`insert into import_mapping (unit, kind, headers, mapping, changed_at)
      values (${unit}, ${kind}, ${digestOf(headings)}, ${JSON.stringify(mapping)}::jsonb, ${at})
      on conflict (unit, kind, headers) do update set mapping = excluded.mapping, changed_at = excluded.changed_at`,
  );
}

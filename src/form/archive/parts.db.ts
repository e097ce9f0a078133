import { z } from 'zod';
import type { ArchivePerson } from './format.rule.ts';
import { many, sql, type Db } from '../../kernel/sql.db.ts';

export const peopleNamed = (db: Db, ids: readonly string[]): Promise<ArchivePerson[]> =>
  many(
    db,
    z.object({ id: z.uuid(), name: z.string(), unit: z.string() }),
    sql`select id, name, unit from staff where id = any(${ids}::uuid[]) order by id`,
  );

export const credentialLabels = (db: Db, ids: readonly string[]) =>
  many(
    db,
    z.object({ id: z.uuid(), label: z.string() }),
    sql`select id, label from credential where id = any(${ids}::uuid[])`,
  );

import { z } from 'zod';
import { execute, many, maybe, sql, type Db, type Tx } from '../../kernel/sql.db.ts';
import { hold } from '../../kernel/lock.db.ts';

export const VariableSpecRow = z.object({
  name: z.string(),
  type: z.enum(['text', 'name', 'number', 'money', 'date', 'time']),
  maxLength: z.number(),
  example: z.string(),
  label: z.string(),
});
const Row = z.object({
  id: z.uuid(),
  name: z.string(),
  version: z.number(),
  kind: z.enum(['marketing', 'notice']),
  source: z.string(),
  variables: z.array(VariableSpecRow),
  signName: z.string(),
  gatewayAccountId: z.uuid(),
  gatewayCode: z.string(),
  createdAt: z.date(),
});
export type Template = z.infer<typeof Row>;
const columns = sql`id, name, version, kind, source, variables, sign_name as "signName", gateway_account_id as "gatewayAccountId",
  gateway_code as "gatewayCode", created_at as "createdAt"`;

export const findTemplate = (db: Db, id: string): Promise<Template | null> =>
  maybe(db, Row, sql`select ${columns} from template where id = ${id}`);
export const listTemplates = (db: Db): Promise<Template[]> =>
  many(db, Row, sql`select ${columns} from template order by name, version desc`);

/** Adds the next version of that name and gives its number. */
export async function insertTemplate(
  tx: Tx,
  template: Omit<Template, 'version' | 'createdAt'>,
  createdBy: string,
): Promise<number> {
  await hold(tx, 'templateVersions');
  const { rows } = await execute(
    tx,
    sql`insert into template (id, name, version, kind, source, variables, sign_name, gateway_account_id, gateway_code, created_by)
      select ${template.id}, ${template.name}, coalesce(max(version), 0) + 1, ${template.kind}, ${template.source}, ${JSON.stringify(template.variables)}::jsonb,
        ${template.signName}, ${template.gatewayAccountId}, ${template.gatewayCode}, ${createdBy}
      from template where name = ${template.name} returning version`,
  );
  return (rows[0] as { version: number }).version;
}

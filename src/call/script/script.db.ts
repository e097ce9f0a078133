import { z } from 'zod';
import { hold } from '../../kernel/lock.db.ts';
import { contactPurposes } from '../../kernel/reach.rule.ts';
import { execute, many, maybe, sql, type Db, type Sql, type Tx } from '../../kernel/sql.db.ts';
import { ScriptContent } from './content.rule.ts';
import type { ScriptFacts } from './script-1.rule.ts';
import { scriptStates, type ScriptState } from './state.rule.ts';

const Row = z.object({
  id: z.uuid(),
  family: z.uuid(),
  version: z.number(),
  number: z.string(),
  name: z.string(),
  unit: z.string(),
  formUnit: z.string().nullable(),
  purpose: z.enum(contactPurposes),
  content: ScriptContent,
  state: z.enum(scriptStates),
  applicantId: z.uuid(),
  applicantName: z.string(),
  signBy: z.date(),
  createdAt: z.date(),
}) satisfies z.ZodType<ScriptFacts>;
export type Script = z.infer<typeof Row>;
const columns = sql`s.id, s.family, s.version, s.number, s.name, s.unit, s.form_unit as "formUnit", s.purpose, s.content, s.state,
  s.created_by as "applicantId", s.applicant_name as "applicantName", s.sign_by as "signBy", s.created_at as "createdAt"`;

/** By its id or its number. */
export const findScript = (db: Db, idOrNumber: string): Promise<Script | null> =>
  maybe(db, Row, sql`select ${columns} from script s where s.id::text = ${idOrNumber} or s.number = ${idOrNumber}`);

/** What is decided on its state holds until the transaction ends. */
export const lockScript = (tx: Tx, id: string): Promise<Script | null> =>
  maybe(tx, Row, sql`select ${columns} from script s where s.id = ${id} for update`);

/** The script of a list while it is signed: whatever became of its form since. */
export const findSignedScript = (db: Db, id: string): Promise<Script | null> =>
  maybe(
    db,
    Row,
    sql`select ${columns} from script s join form f on f.subject_kind = 'script' and f.subject_id = s.id
      where s.id = ${id} and s.state = 'signed' and f.state = 'signed'`,
  );

const ofUnits = (units: '*' | readonly string[]): Sql =>
  units === '*' ? sql`true` : sql`s.unit = any(${[...units]}::text[])`;

/** The newest version of each, or all versions; newest first, before the id `before`. */
export const listScripts = (
  db: Db,
  filter: { state: ScriptState | null; family: string | null; units: '*' | readonly string[] },
  before: string | null,
  limit: number,
): Promise<Script[]> =>
  many(
    db,
    Row,
    sql`select ${columns} from script s
      where (${before}::uuid is null or s.id < ${before}) and ${ofUnits(filter.units)}
        and (${filter.state}::text is null or s.state = ${filter.state})
        and (case when ${filter.family}::uuid is null
          then ${filter.state}::text is not null
            or not exists (select from script later where later.family = s.family and later.version > s.version)
          else s.family = ${filter.family} end)
      order by s.id desc limit ${limit}`,
  );

export type NewScript = Omit<Script, 'number' | 'version' | 'state' | 'formUnit'>;

const day = (at: Date): string => new Date(at.getTime() + 8 * 3_600_000).toISOString().slice(0, 10).replaceAll('-', '');

/** Adds a draft: the first of its family as `SC-20261128-0001`, counted by China day, the versions after it as `SC-20261128-0001-2`. */
export async function insertScript(tx: Tx, script: NewScript): Promise<{ number: string; version: number }> {
  await hold(tx, 'scriptNumbers');
  const prefix = `SC-${day(script.createdAt)}-`;
  const { rows } = await execute(
    tx,
    sql`with earlier as (
        select max(version) as version, min(number) filter (where version = 1) as number from script where family = ${script.family}),
      named as (
        select coalesce(e.version, 0) + 1 as version,
          case when e.version is null
            then ${prefix} || lpad(((select count(*) from script where version = 1 and number like ${`${prefix}%`}) + 1)::text, 4, '0')
            else e.number || '-' || (e.version + 1) end as number
        from earlier e)
      insert into script (id, family, version, number, name, unit, purpose, content, created_by, applicant_name, sign_by, created_at)
      select ${script.id}, ${script.family}, n.version, n.number, ${script.name}, ${script.unit}, ${script.purpose},
        ${JSON.stringify(script.content)}::jsonb, ${script.applicantId}, ${script.applicantName}, ${script.signBy}, ${script.createdAt}
      from named n returning number, version`,
  );
  return rows[0] as { number: string; version: number };
}

/** Puts other contents under the number of a draft. */
export const rewriteScript = (
  tx: Tx,
  id: string,
  script: Pick<Script, 'name' | 'purpose' | 'content'> & { unit: string; applicantName: string },
) =>
  execute(
    tx,
    sql`update script set name = ${script.name}, unit = ${script.unit}, purpose = ${script.purpose},
        content = ${JSON.stringify(script.content)}::jsonb, applicant_name = ${script.applicantName}
      where id = ${id} and state = 'draft'`,
  );

/** Handed in: its form is made, by that time it is to be signed. */
export const submitScriptRow = (tx: Tx, id: string, signBy: Date) =>
  execute(
    tx,
    sql`update script set state = 'awaiting-liaison', sign_by = ${signBy} where id = ${id} and state = 'draft'`,
  );

/** As its form stands; the form has moved in the same transaction. */
export const setScriptState = (tx: Tx, id: string, state: ScriptState) =>
  execute(tx, sql`update script set state = ${state} where id = ${id}`);

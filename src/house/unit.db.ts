import { z } from 'zod';
import { execute, many, maybe, sql, type Db, type Tx } from '../kernel/sql.db.ts';

const Row = z.object({ id: z.uuid(), name: z.string(), retiredAt: z.date().nullable() });
export type Unit = z.infer<typeof Row>;
const columns = sql`u.id, u.name, u.retired_at as "retiredAt"`;

/** By name, the retired ones last. */
export const listUnits = (db: Db): Promise<(Unit & { people: number })[]> =>
  many(
    db,
    Row.extend({ people: z.number() }),
    sql`select ${columns},
        (select count(*) from staff s where s.unit = u.name and s.disabled_at is null)::int as people
      from unit u order by u.retired_at is not null, u.name`,
  );

export const findUnitByName = (db: Db, name: string): Promise<Unit | null> =>
  maybe(db, Row, sql`select ${columns} from unit u where u.name = ${name}`);

export const lockUnit = (tx: Tx, id: string): Promise<Unit | null> =>
  maybe(tx, Row, sql`select ${columns} from unit u where u.id = ${id} for update`);

/** False when there is one of that name. */
export async function insertUnit(tx: Tx, unit: { id: string; name: string }): Promise<boolean> {
  const { rowCount } = await execute(
    tx,
    sql`insert into unit (id, name) values (${unit.id}, ${unit.name}) on conflict (name) do nothing`,
  );
  return rowCount === 1;
}

export const setUnitRetired = (tx: Tx, id: string, at: Date | null) =>
  execute(tx, sql`update unit set retired_at = ${at} where id = ${id}`);

/** The new name everywhere at once; a form keeps the name that it was made and signed with. */
export async function renameUnit(tx: Tx, unit: Unit, name: string): Promise<void> {
  await execute(tx, sql`update unit set name = ${name} where id = ${unit.id}`);
  await execute(tx, sql`update staff set unit = ${name}, updated_at = now() where unit = ${unit.name}`);
  await execute(tx, sql`update staff_role set unit = ${name} where unit = ${unit.name}`);
  await execute(tx, sql`update delegation set unit = ${name} where unit = ${unit.name}`);
  await execute(tx, sql`update campaign_draft set unit = ${name} where unit = ${unit.name}`);
  await execute(
    tx,
    sql`update campaign set form_unit = coalesce(form_unit, unit), unit = ${name} where unit = ${unit.name}`,
  );
  await execute(
    tx,
    sql`update script set form_unit = case when state = 'draft' then form_unit else coalesce(form_unit, unit) end, unit = ${name}
      where unit = ${unit.name}`,
  );
  await execute(tx, sql`update call_list set unit = ${name} where unit = ${unit.name}`);
  await execute(tx, sql`update form set unit = ${name} where unit = ${unit.name}`);
}

import { z } from 'zod';
import { roles, type Grant } from '../kernel/permission.rule.ts';
import { execute, many, maybe, sql, type Db, type Tx } from '../kernel/sql.db.ts';

const RoleName = z.enum(roles);
const Row = z.object({
  id: z.string(),
  name: z.string(),
  email: z.string(),
  unit: z.string(),
  phone: z.string().nullable(),
  language: z.enum(['zh-CN', 'en']),
  /** Distinct names, whatever the unit. */
  roles: z.array(RoleName),
  grants: z.array(z.object({ role: RoleName, unit: z.string() })),
  createdAt: z.date(),
  disabledAt: z.date().nullable(),
});
export type StaffRow = z.infer<typeof Row>;

const selected = sql`select s.id, s.name, s.email, s.unit, s.phone, s.language, s.created_at as "createdAt", s.disabled_at as "disabledAt",
  coalesce((select array_agg(distinct r.role order by r.role) from staff_role r where r.staff_id = s.id), '{}') as roles,
  coalesce((select jsonb_agg(jsonb_build_object('role', r.role, 'unit', r.unit) order by r.role, r.unit) from staff_role r where r.staff_id = s.id), '[]') as grants
  from staff s`;

export const listStaff = (db: Db): Promise<StaffRow[]> => many(db, Row, sql`${selected} order by s.created_at, s.id`);

export const findStaff = (db: Db, staffId: string): Promise<StaffRow | null> =>
  maybe(db, Row, sql`${selected} where s.id = ${staffId}`);

/** False when the address belongs to somebody already. */
export async function insertStaff(
  tx: Tx,
  staff: { id: string; name: string; email: string; unit: string },
): Promise<boolean> {
  const { rowCount } = await execute(
    tx,
    sql`insert into staff (id, name, email, unit) values (${staff.id}, ${staff.name}, ${staff.email}, ${staff.unit}) on conflict (email) do nothing`,
  );
  return rowCount === 1;
}

/** Each pair once. */
export async function replaceGrants(tx: Tx, staffId: string, held: readonly Grant[]): Promise<void> {
  await execute(tx, sql`delete from staff_role where staff_id = ${staffId}`);
  await execute(
    tx,
    sql`insert into staff_role (staff_id, role, unit)
      select ${staffId}, unnest(${held.map(({ role }) => role)}::text[]), unnest(${held.map(({ unit }) => unit)}::text[])`,
  );
}

/** The roles in every unit. */
export const replaceRoles = (tx: Tx, staffId: string, held: readonly Grant['role'][]): Promise<void> =>
  replaceGrants(
    tx,
    staffId,
    held.map((role) => ({ role, unit: '*' })),
  );

/** Nobody's address yet: what the first administrator has until they have said who they are. */
export const firstAddress = 'administrator@waihu.invalid';

/** What a person is called, signs in with and belongs to. */
export const setFacts = (tx: Tx, staffId: string, facts: { name: string; email: string; unit: string }) =>
  execute(
    tx,
    sql`update staff set name = ${facts.name}, email = ${facts.email}, unit = ${facts.unit}, updated_at = now()
      where id = ${staffId}`,
  );

export const setPhone = (tx: Tx, staffId: string, phone: string | null) =>
  execute(tx, sql`update staff set phone = ${phone}, updated_at = now() where id = ${staffId}`);

export const setLanguage = (tx: Tx, staffId: string, language: StaffRow['language']) =>
  execute(tx, sql`update staff set language = ${language}, updated_at = now() where id = ${staffId}`);

/** Locks the row until the transaction ends: two changes of one person's rights take turns. */
export async function lockStaff(tx: Tx, staffId: string): Promise<boolean> {
  const { rowCount } = await execute(tx, sql`select 1 from staff where id = ${staffId} for update`);
  return rowCount === 1;
}

export async function setDisabled(tx: Tx, staffId: string, at: Date | null): Promise<void> {
  await execute(tx, sql`update staff set disabled_at = ${at}, updated_at = now() where id = ${staffId}`);
}

/** How many people can sign in at all; 0 means a new installation. */
export async function countStaff(db: Db): Promise<number> {
  const { rows } = await execute(db, sql`select count(*)::int as count from staff`);
  return Number(rows[0].count);
}

export const findStaffByEmail = (db: Db, email: string): Promise<StaffRow | null> =>
  maybe(db, Row, sql`${selected} where s.email = ${email.toLowerCase()}`);

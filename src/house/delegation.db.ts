import { z } from 'zod';
import type { StandIn } from './delegation.rule.ts';
import type { SigningRole } from './signing-role.rule.ts';
import { execute, many, maybe, sql, type Db, type Tx } from '../kernel/sql.db.ts';

const Role = z.enum(['liaison', 'leader']);
const StandInRow = z.object({
  delegationId: z.string(),
  staffId: z.string(),
  role: Role,
  unit: z.string(),
  fromAt: z.date(),
  untilAt: z.date(),
  revokedAt: z.date().nullable(),
}) satisfies z.ZodType<StandIn>;

/** For whom the person may stand in now or later: the absent person must still hold the role and not be disabled. */
export const standInsOf = (db: Db, delegateId: string): Promise<StandIn[]> =>
  many(
    db,
    StandInRow,
    sql`select d.id as "delegationId", d.staff_id as "staffId", d.role, case when d.unit = '*' then r.unit else d.unit end as unit,
        d.from_at as "fromAt", d.until_at as "untilAt", d.revoked_at as "revokedAt"
      from delegation d
      join staff s on s.id = d.staff_id and s.disabled_at is null
      join staff_role r on r.staff_id = d.staff_id and r.role = d.role and (r.unit = '*' or d.unit = '*' or r.unit = d.unit)
      where d.delegate_id = ${delegateId} and d.revoked_at is null
      order by d.created_at, d.id`,
  );

const Row = z.object({
  id: z.string(),
  staffId: z.string(),
  staffName: z.string(),
  delegateId: z.string(),
  delegateName: z.string(),
  role: Role,
  unit: z.string(),
  fromAt: z.date(),
  untilAt: z.date(),
  createdAt: z.date(),
  revokedAt: z.date().nullable(),
});
export type Delegation = z.infer<typeof Row>;
const selected = sql`select d.id, d.staff_id as "staffId", s.name as "staffName", d.delegate_id as "delegateId", t.name as "delegateName", d.role, d.unit,
  d.from_at as "fromAt", d.until_at as "untilAt", d.created_at as "createdAt", d.revoked_at as "revokedAt"
  from delegation d join staff s on s.id = d.staff_id join staff t on t.id = d.delegate_id`;

/** Newest first; of one person (absent or standing in) or, with null, of everybody. */
export const listDelegations = (db: Db, staffId: string | null): Promise<Delegation[]> =>
  many(
    db,
    Row,
    sql`${selected} where ${staffId}::uuid is null or d.staff_id = ${staffId} or d.delegate_id = ${staffId}
      order by d.created_at desc, d.id limit 500`,
  );

/** The periods of a role that the person gave away themselves; one that was ended early stops there. */
export const ownPeriodsOf = (db: Db, staffId: string, role: SigningRole): Promise<{ fromAt: Date; untilAt: Date }[]> =>
  many(
    db,
    z.object({ fromAt: z.date(), untilAt: z.date() }),
    sql`select from_at as "fromAt", least(until_at, revoked_at) as "untilAt" from delegation
      where staff_id = ${staffId} and created_by = ${staffId} and role = ${role} order by from_at`,
  );

export const findDelegation = (db: Db, id: string): Promise<Delegation | null> =>
  maybe(db, Row, sql`${selected} where d.id = ${id}`);

export type NewDelegation = {
  id: string;
  staffId: string;
  delegateId: string;
  role: SigningRole;
  unit: string;
  fromAt: Date;
  untilAt: Date;
  createdBy: string;
};

export const insertDelegation = (tx: Tx, given: NewDelegation, now: Date) =>
  execute(
    tx,
    sql`insert into delegation (id, staff_id, delegate_id, role, unit, from_at, until_at, created_by, created_at)
      values (${given.id}, ${given.staffId}, ${given.delegateId}, ${given.role}, ${given.unit}, ${given.fromAt}, ${given.untilAt}, ${given.createdBy}, ${now})`,
  );

/** False when it was ended before. */
export async function endDelegation(tx: Tx, id: string, now: Date): Promise<boolean> {
  const { rowCount } = await execute(
    tx,
    sql`update delegation set revoked_at = ${now} where id = ${id} and revoked_at is null`,
  );
  return rowCount === 1;
}

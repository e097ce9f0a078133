import { z } from 'zod';
import { execute, many, maybe, sql, type Db, type Tx } from '../kernel/sql.db.ts';

/** As it was asked for; src/customer/search.command.ts reads it again. */
const Filter = z.record(z.string(), z.unknown());
const Row = z.object({
  id: z.uuid(),
  staffId: z.uuid(),
  staffName: z.string(),
  filter: Filter,
  reason: z.string(),
  people: z.number(),
  requestedAt: z.date(),
  approved: z.boolean().nullable(),
  decidedAt: z.date().nullable(),
  decidedByName: z.string().nullable(),
  takenAt: z.date().nullable(),
});
export type CustomerExport = z.infer<typeof Row>;

const selected = sql`select e.id, e.staff_id as "staffId", s.name as "staffName", e.filter, e.reason, e.people,
    e.requested_at as "requestedAt", e.approved, e.decided_at as "decidedAt", d.name as "decidedByName", e.taken_at as "takenAt"
  from customer_export e join staff s on s.id = e.staff_id left join staff d on d.id = e.decided_by`;

export const insertExport = (
  tx: Tx,
  given: Pick<CustomerExport, 'id' | 'staffId' | 'filter' | 'reason' | 'people' | 'requestedAt' | 'approved'>,
) =>
  execute(
    tx,
    sql`insert into customer_export (id, staff_id, filter, reason, people, requested_at, approved, decided_at)
      values (${given.id}, ${given.staffId}, ${JSON.stringify(given.filter)}, ${given.reason}, ${given.people},
        ${given.requestedAt}, ${given.approved}, ${given.approved === null ? null : given.requestedAt})`,
  );

/** The row, and nobody else may decide on it or take it before this transaction ends. */
export const lockExport = (tx: Tx, id: string): Promise<CustomerExport | null> =>
  maybe(tx, Row, sql`${selected} where e.id = ${id} for update of e`);

/** Somebody's own, and with `all` everybody's that wait; the newest first. */
export const listExports = (db: Db, staffId: string, all: boolean, since: Date): Promise<CustomerExport[]> =>
  many(
    db,
    Row,
    sql`${selected} where (e.staff_id = ${staffId} or (${all} and e.approved is null)) and e.requested_at > ${since}
      order by e.requested_at desc limit 100`,
  );

export async function countWaitingExports(db: Db, exceptStaffId: string, since: Date): Promise<number> {
  const { rows } = await execute(
    db,
    sql`select count(*)::int as n from customer_export
      where approved is null and staff_id <> ${exceptStaffId} and requested_at > ${since}`,
  );
  return Number(rows[0].n);
}

export const decideExport = (tx: Tx, id: string, approved: boolean, by: string, at: Date) =>
  execute(
    tx,
    sql`update customer_export set approved = ${approved}, decided_by = ${by}, decided_at = ${at} where id = ${id}`,
  );

/** What somebody typed to find people is of no use once the file is taken. */
export const takeExport = (tx: Tx, id: string, at: Date) =>
  execute(tx, sql`update customer_export set taken_at = ${at}, filter = '{}' where id = ${id}`);

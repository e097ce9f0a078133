import { z } from 'zod';
import { execute, one, sql, type Db, type Tx } from '../kernel/sql.db.ts';
import { inUnits } from '../kernel/units.db.ts';
import { holdEach } from '../kernel/lock.db.ts';
import { ofPerson } from './number.db.ts';

/** How many numbers the person saw since then. Holds back a second reveal of the same person until the transaction ends. */
export async function countReveals(tx: Tx, staffId: string, since: Date): Promise<number> {
  await holdEach(tx, 'reveal', [staffId]);
  const { count } = await one(
    tx,
    z.object({ count: z.number() }),
    sql`select count(*) as count from reveal where staff_id = ${staffId} and at > ${since}`,
  );
  return count;
}

export async function insertReveal(
  tx: Tx,
  row: { id: string; customerId: string; staffId: string; at: Date },
): Promise<void> {
  await execute(
    tx,
    sql`insert into reveal (id, customer_id, staff_id, at) values (${row.id}, ${row.customerId}, ${row.staffId}, ${row.at})`,
  );
}

/** Whether a campaign of one of those units has contacted the customer. */
export async function hasContactFrom(db: Db, customerId: string, units: readonly string[]): Promise<boolean> {
  const { rowCount } = await execute(
    db,
    sql`select 1 from (${ofPerson(sql`contact`, sql`${customerId}::uuid`)}) t join campaign c on c.key = t.campaign_key
      where ${inUnits(units)} limit 1`,
  );
  return rowCount === 1;
}

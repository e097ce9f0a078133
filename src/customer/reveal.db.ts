import { z } from 'zod';
import { execute, one, sql, type Db, type Tx } from '../kernel/sql.db.ts';
import { inUnits } from '../kernel/units.db.ts';
import { lockFamilies } from '../kernel/locks.ts';

/** How many numbers the person saw since then. Holds back a second reveal of the same person until the transaction ends. */
export async function countReveals(tx: Tx, staffId: string, since: Date): Promise<number> {
  await execute(tx, sql`select pg_advisory_xact_lock(hashtextextended(${staffId}::text, ${lockFamilies.reveal}))`);
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

/** Whether a campaign of one of those units has contacted the number. */
export async function hasContactFrom(db: Db, phone: string, units: readonly string[]): Promise<boolean> {
  const { rowCount } = await execute(
    db,
    sql`select 1 from contact t join campaign c on c.key = t.campaign_key
      where t.phone = ${phone} and ${inUnits(units)} limit 1`,
  );
  return rowCount === 1;
}

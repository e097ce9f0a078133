import { z } from 'zod';
import { firstDays, type WayIn } from './key-approval.rule.ts';
import { many, maybe, sql, type Db } from '../kernel/sql.db.ts';

/** Acts after which somebody can enter as the person, or may do more: test/unit/db/way-in.test.ts looks for new ones. */
export const wayInActions = [
  'staff.created',
  'staff.invited',
  'staff.link-issued',
  'staff.roles-set',
  'staff.enabled',
  'staff.email-set',
  'key.created',
] as const;

const Row = z.object({
  giverId: z.string(),
  staffId: z.string(),
  at: z.date(),
  action: z.enum(wayInActions),
});

/** Read from the record itself, which nobody can leave out or change: who gave whom a way in since then, oldest first. */
export const waysInGiven = (db: Db, since: Date): Promise<(WayIn & z.infer<typeof Row>)[]> =>
  many(
    db,
    Row,
    sql`select substr(actor, 7) as "giverId", coalesce(details->>'staffId', object_id) as "staffId", at, action
      from audit
      where action = any(${[...wayInActions]}) and actor like 'staff:%' and at >= ${since}
        and substr(actor, 7) <> coalesce(details->>'staffId', object_id)
      order by seq`,
  );

/** When the house's first days end or ended; null for one that has no record of its first start. */
export async function findFirstDaysUntil(db: Db): Promise<Date | null> {
  const row = await maybe(
    db,
    z.object({ at: z.date() }),
    sql`select at from audit where action = 'staff.first-administrator' order by seq limit 1`,
  );
  return row && new Date(row.at.getTime() + firstDays * 86_400_000);
}

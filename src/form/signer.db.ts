import { z } from 'zod';
import type { Signer } from './signer-readiness.rule.ts';
import { many, sql, type Db } from '../kernel/sql.db.ts';

const Row = z.object({
  staffId: z.string(),
  role: z.enum(['liaison', 'leader']),
  ready: z.boolean(),
}) satisfies z.ZodType<Signer>;

/** Who could sign for the unit at `now`, by an own role or as a stand-in, but for the applicant. */
export const signersFor = (db: Db, unit: string, applicantId: string, now: Date): Promise<Signer[]> =>
  many(
    db,
    Row,
    sql`select distinct who."staffId", who.role,
        exists (select from credential c where c.staff_id = who."staffId" and c.state = 'active') as ready
      from (
        select r.staff_id as "staffId", r.role from staff_role r
          where r.role in ('liaison', 'leader') and r.unit in ('*', ${unit})
        union all
        select d.delegate_id, d.role from delegation d
          join staff absent on absent.id = d.staff_id and absent.disabled_at is null
          join staff_role r on r.staff_id = d.staff_id and r.role = d.role and r.unit in ('*', ${unit})
          where d.unit in ('*', ${unit}) and d.revoked_at is null and d.from_at <= ${now} and d.until_at > ${now}
            and d.staff_id <> ${applicantId}
      ) who
      join staff s on s.id = who."staffId" and s.disabled_at is null
      where who."staffId" <> ${applicantId}`,
  );

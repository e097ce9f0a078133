import { z } from 'zod';
import { defaultReminderPolicy, type ReminderPolicy } from './sign-reminder.rule.ts';
import type { SigningRole } from '../house/signing-role.rule.ts';
import { loadSetting, storeSetting } from '../kernel/setting.db.ts';
import { many, one, sql, type Db, type Tx } from '../kernel/sql.db.ts';

const Time = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/);
export const ReminderPolicySetting = z
  .object({ firstAfterHours: z.number().min(0.5).max(80), workFrom: Time, workTo: Time })
  .refine(({ workFrom, workTo }) => workFrom < workTo, { path: ['workTo'] }) satisfies z.ZodType<ReminderPolicy>;

export const loadReminderPolicy = (db: Db): Promise<ReminderPolicy> =>
  loadSetting(db, 'sign-reminder', ReminderPolicySetting, defaultReminderPolicy);

export const storeReminderPolicy = (tx: Tx, policy: ReminderPolicy, now: Date) =>
  storeSetting(tx, 'sign-reminder', policy, now);

const SignerRow = z.object({
  staffId: z.string(),
  name: z.string(),
  onBehalfOf: z.string().nullable(),
});
export type PossibleSigner = z.infer<typeof SignerRow>;

/** Who holds the role for the unit now, by own right or standing in for somebody; disabled people are left out. */
export const possibleSigners = (db: Db, role: SigningRole, unit: string, now: Date): Promise<PossibleSigner[]> =>
  many(
    db,
    SignerRow,
    sql`select s.id as "staffId", s.name, null::text as "onBehalfOf"
        from staff s join staff_role r on r.staff_id = s.id
        where s.disabled_at is null and r.role = ${role} and r.unit in ('*', ${unit})
      union
      select t.id, t.name, d.staff_id::text
        from delegation d join staff t on t.id = d.delegate_id and t.disabled_at is null
          join staff s on s.id = d.staff_id and s.disabled_at is null
          join staff_role r on r.staff_id = d.staff_id and r.role = d.role and r.unit in ('*', ${unit})
        where d.role = ${role} and d.unit in ('*', ${unit}) and d.revoked_at is null and d.from_at <= ${now} and ${now} < d.until_at
      order by 2`,
  );

const Nudge = z.object({ round: z.number(), at: z.date().nullable() });
/** How often the applicant has asked for this signature, and when last. */
export const lastNudge = (db: Db, itemId: string, role: SigningRole): Promise<z.infer<typeof Nudge>> =>
  one(
    db,
    Nudge,
    sql`select coalesce(max(round), 0)::int as round, max(created_at) as at from notice
      where item_id = ${itemId} and kind = 'sign-nudge' and role = ${role}`,
  );

import { z } from 'zod';
import type { FirstRunFacts } from './first-run.rule.ts';
import { execute, many, sql, type Db } from '../kernel/sql.db.ts';
import { inUnits } from '../kernel/units.db.ts';

const Facts = z.object({
  applicants: z.number(),
  liaisons: z.number(),
  leaders: z.number(),
  differentPeople: z.number(),
  rolesMissing: z.number(),
  invited: z.number(),
  activeGateways: z.number(),
  liaisonKeys: z.number(),
  leaderKeys: z.number(),
  keysToApprove: z.number(),
  keysOfOthers: z.number(),
  ownKey: z.boolean(),
  ownDraft: z.object({ id: z.uuid() }).nullable(),
  templates: z.number(),
  customers: z.number(),
  audiences: z.number(),
  campaign: z.object({ number: z.string(), state: z.string() }).nullable(),
  archived: z.boolean(),
}) satisfies z.ZodType<FirstRunFacts>;
const Seen = z.object({ over: z.boolean() });

/** Whether the list is over for this person: a campaign is archived, or they have put it away. Asked for each page of the list. */
export async function firstRunOver(db: Db, staffId: string): Promise<boolean> {
  const [row] = await many(
    db,
    Seen,
    sql`select exists (select from campaign where state = 'archived')
      or exists (select from first_run_hidden where staff_id = ${staffId}) as over`,
  );
  return row?.over ?? true;
}

// A person counts once they have a way to sign in, as the invitation leaves it.
const signsIn = sql`exists (select from account a
  where a.staff_id = s.id and (a.password is not null or a.provider_id <> 'credential'))`;
const arrived = sql`select s.id, r.role from staff s join staff_role r on r.staff_id = s.id
  where s.disabled_at is null and ${signsIn}`;
const keys = sql`select c.id, c.staff_id, c.state, r.role from credential c
  join staff s on s.id = c.staff_id and s.disabled_at is null join staff_role r on r.staff_id = c.staff_id`;

/**
 * What the checklist stands on, of campaigns only those of the reader's units. Counts stop at the first few: it asks whether
 * there is any.
 */
export async function firstRunFacts(db: Db, staffId: string, units: '*' | readonly string[]): Promise<FirstRunFacts> {
  const [row] = await many(
    db,
    Facts,
    sql`with arrived as (${arrived}), keys as (${keys})
      select
        (select count(distinct id)::int from arrived where role = 'applicant') as applicants,
        (select count(distinct id)::int from arrived where role = 'liaison') as liaisons,
        (select count(distinct id)::int from arrived where role = 'leader') as leaders,
        (select count(distinct id)::int from arrived where role in ('applicant', 'liaison', 'leader')) as "differentPeople",
        (select 3 - count(distinct r.role)::int from staff_role r join staff s on s.id = r.staff_id
          where s.disabled_at is null and r.role in ('applicant', 'liaison', 'leader')) as "rolesMissing",
        (select count(*)::int from staff s where s.disabled_at is null
          and not ${signsIn}) as invited,
        (select count(*)::int from gateway_account where state = 'active') as "activeGateways",
        (select count(distinct staff_id)::int from keys where state = 'active' and role = 'liaison') as "liaisonKeys",
        (select count(distinct staff_id)::int from keys where state = 'active' and role = 'leader') as "leaderKeys",
        (select count(distinct id)::int from keys where state = 'requested' and role in ('liaison', 'leader')) as "keysToApprove",
        (select count(distinct id)::int from keys where state = 'requested' and role in ('liaison', 'leader')
          and staff_id <> ${staffId}) as "keysOfOthers",
        exists (select from credential where staff_id = ${staffId} and state <> 'revoked') as "ownKey",
        (select jsonb_build_object('id', id) from campaign_draft where owner_id = ${staffId}
          order by updated_at desc limit 1) as "ownDraft",
        (select count(*)::int from (select from template limit 3) t) as templates,
        (select count(*)::int from (select from customer limit 3) c) as customers,
        (select count(*)::int from (select from audience where state = 'open' limit 3) a) as audiences,
        (select jsonb_build_object('number', c.number, 'state', c.state) from campaign c
          where c.submitted_at is not null and ${inUnits(units)} order by c.submitted_at desc limit 1) as campaign,
        exists (select from campaign where state = 'archived') as archived`,
  );
  if (!row) throw new Error('An aggregate has one row.');
  return row;
}

export const hideFirstRun = (tx: Db, staffId: string, now: Date) =>
  execute(
    tx,
    sql`insert into first_run_hidden (staff_id, hidden_at) values (${staffId}, ${now}) on conflict (staff_id) do nothing`,
  );

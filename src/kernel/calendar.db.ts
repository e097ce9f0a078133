import { z } from 'zod';
import type { Calendar } from './working-day.rule.ts';
import { execute, many, maybe, sql, type Db } from './sql.db.ts';

const Head = z.object({ version: z.string(), coveredFrom: z.string(), coveredUntil: z.string() });
const Day = z.object({ day: z.string(), kind: z.enum(['holiday', 'workday']) });

/** The calendar of that version, or the active one. Dates are China dates. */
export async function findCalendar(db: Db, version: string | null = null): Promise<Calendar | null> {
  const head = await maybe(
    db,
    Head,
    sql`select version, covered_from::text as "coveredFrom", covered_until::text as "coveredUntil" from calendar
      where version = ${version} or (${version}::text is null and active)`,
  );
  if (!head) return null;
  const days = await many(
    db,
    Day,
    sql`select day::text as day, kind from calendar_day where version = ${head.version}`,
  );
  return { ...head, days: Object.fromEntries(days.map(({ day, kind }) => [day, kind])) };
}

/** Stores a calendar and makes it the active one; a version that is there already is left as it is. */
export async function storeCalendar(tx: Db, calendar: Calendar, source: string): Promise<boolean> {
  const { rowCount } = await execute(
    tx,
    sql`insert into calendar (version, covered_from, covered_until, source) values (${calendar.version}, ${calendar.coveredFrom}, ${calendar.coveredUntil}, ${source})
      on conflict (version) do nothing`,
  );
  if (rowCount === 0) return false;
  const days = Object.entries(calendar.days);
  await execute(
    tx,
    sql`insert into calendar_day (version, day, kind)
      select ${calendar.version}, d, k from unnest(${days.map(([day]) => day)}::date[], ${days.map(([, kind]) => kind)}::text[]) as t (d, k)`,
  );
  await execute(tx, sql`update calendar set active = false where active`);
  await execute(tx, sql`update calendar set active = true where version = ${calendar.version}`);
  return true;
}

const Kept = z.object({
  version: z.string(),
  coveredFrom: z.string(),
  coveredUntil: z.string(),
  source: z.string(),
  active: z.boolean(),
  createdAt: z.date(),
});
export type KeptCalendar = z.infer<typeof Kept>;

/** Every version, the newest first. */
export const listCalendars = (db: Db): Promise<KeptCalendar[]> =>
  many(
    db,
    Kept,
    sql`select version, covered_from::text as "coveredFrom", covered_until::text as "coveredUntil", source, active, created_at as "createdAt"
      from calendar order by created_at desc, version desc limit 50`,
  );

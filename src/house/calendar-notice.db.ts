import { z } from 'zod';
import { roles } from '../kernel/permission.rule.ts';
import { loadSetting, storeSetting } from '../kernel/setting.db.ts';
import type { Db, Tx } from '../kernel/sql.db.ts';

/** How many weeks before the calendar ends people are told, and people of which roles. */
export const CalendarNotice = z.strictObject({
  weeks: z.int().min(1).max(26),
  roles: z
    .array(z.enum(roles))
    .min(1)
    .transform((given) => roles.filter((role) => given.includes(role))),
});
export type CalendarNotice = z.output<typeof CalendarNotice>;

/** The State Council's notice for a year comes in November: a month and a half before the end somebody can act on it. */
const usual: CalendarNotice = { weeks: 7, roles: ['administrator'] };

export const loadCalendarNotice = (db: Db): Promise<CalendarNotice> =>
  loadSetting(db, 'calendar-notice', CalendarNotice, usual);
export const storeCalendarNotice = (tx: Tx, notice: CalendarNotice, now: Date) =>
  storeSetting(tx, 'calendar-notice', notice, now);

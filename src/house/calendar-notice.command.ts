import type { z } from 'zod';
import { AppError } from '../kernel/app-error.rule.ts';
import { daysCovered } from '../kernel/calendar-change.rule.ts';
import { findCalendar } from '../kernel/calendar.db.ts';
import { rightsOf } from '../kernel/permission.rule.ts';
import { chinaDateAt } from '../kernel/working-day.rule.ts';
import { CalendarNotice, loadCalendarNotice, storeCalendarNotice } from './calendar-notice.db.ts';
import { demand, mutate, type Context } from './context.ts';

export async function showCalendarNotice(ctx: Context): Promise<CalendarNotice> {
  demand(ctx, 'self:read');
  return loadCalendarNotice(ctx.pool);
}

/** When and whom the calendar's end is told to from now on. Who was told already is not told again. */
export async function setCalendarNotice(ctx: Context, input: z.input<typeof CalendarNotice>): Promise<void> {
  demand(ctx, 'setting:write');
  const read = CalendarNotice.safeParse(input);
  if (!read.success)
    throw new AppError('invalid', 'calendar.notice', 'Give 1 to 26 weeks, and at least one role that is told.', {
      field: String(read.error.issues[0]?.path[0] ?? 'weeks'),
    });
  const { weeks, roles } = read.data;
  await mutate(ctx, 'setting:write', async (tx) => {
    await storeCalendarNotice(tx, read.data, ctx.now());
    return {
      result: undefined,
      audit: {
        action: 'calendar.notice-set',
        objectKind: 'setting',
        objectId: 'calendar-notice',
        details: { weeks, roles },
      },
    };
  });
}

/** For who can import the next calendar: how long the one in force lasts, once that is within the notice's time; null otherwise. */
export async function calendarEnding(ctx: Context): Promise<{ until: string | null; days: number } | null> {
  if (!rightsOf(ctx.staff.grants).has('calendar:write')) return null;
  const calendar = await findCalendar(ctx.pool);
  const days = calendar ? daysCovered(calendar, chinaDateAt(ctx.now())) : 0;
  const { weeks } = await loadCalendarNotice(ctx.pool);
  return days > weeks * 7 ? null : { until: calendar?.coveredUntil ?? null, days };
}

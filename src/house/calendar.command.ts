import { z } from 'zod';
import { AppError } from '../kernel/app-error.rule.ts';
import { isChinaDate, type Calendar } from '../kernel/working-day.rule.ts';
import { calendarChanges, type CalendarChange } from '../kernel/calendar-change.rule.ts';
import { findCalendar, listCalendars, storeCalendar, type KeptCalendar } from '../kernel/calendar.db.ts';
import { demand, mutate, type Context } from './context.ts';
import { dayText, oneLine } from '../kernel/field.rule.ts';

const Day = z.string().max(10).refine(isChinaDate, 'Give a date as YYYY-MM-DD.').pipe(dayText());
export const CalendarInput = z.strictObject({
  version: oneLine(40),
  coveredFrom: Day,
  coveredUntil: Day,
  days: z.record(Day, z.enum(['holiday', 'workday'])),
  source: oneLine(300),
});

/** The calendar in force. */
export async function showCalendar(ctx: Context): Promise<Calendar> {
  const calendar = await findCalendar(ctx.pool);
  if (!calendar) throw new AppError('missing', 'calendar.missing', 'There is no calendar in force; import one.');
  return calendar;
}

/** The calendar in force, or null, and every version there was. */
export async function showCalendars(ctx: Context): Promise<{ calendar: Calendar | null; versions: KeptCalendar[] }> {
  const [calendar, versions] = await Promise.all([findCalendar(ctx.pool), listCalendars(ctx.pool)]);
  return { calendar, versions };
}

/** What would change, day by day, if this calendar came into force; stores nothing. Throws as `importCalendar` does. */
export async function compareCalendar(
  ctx: Context,
  input: z.input<typeof CalendarInput>,
): Promise<{ before: Calendar | null; changes: CalendarChange[] }> {
  demand(ctx, 'calendar:write');
  const { source: _source, ...calendar } = readCalendar(input);
  if (await findCalendar(ctx.pool, calendar.version)) throw versionTaken();
  const before = await findCalendar(ctx.pool);
  return { before, changes: calendarChanges(before, calendar) };
}

function readCalendar(input: z.input<typeof CalendarInput>): z.output<typeof CalendarInput> {
  const calendar = CalendarInput.parse(input);
  if (calendar.coveredFrom > calendar.coveredUntil)
    throw new AppError('invalid', 'calendar.covers-nothing', 'Let coveredFrom come before coveredUntil.', {
      field: 'coveredUntil',
    });
  const outside = Object.keys(calendar.days).find((day) => day < calendar.coveredFrom || day > calendar.coveredUntil);
  if (outside)
    throw new AppError('invalid', 'calendar.day-outside', `The day ${outside} lies outside what the calendar covers.`, {
      field: `days.${outside}`,
    });
  return calendar;
}

const versionTaken = () =>
  new AppError(
    'conflict',
    'calendar.version-taken',
    'This version is stored already; a calendar is never changed, give the next version another name.',
    { field: 'version' },
  );

/** Stores the next version and puts it in force. Campaigns signed under an older version keep theirs. */
export async function importCalendar(ctx: Context, input: z.input<typeof CalendarInput>): Promise<void> {
  const { source, ...calendar } = readCalendar(input);
  await mutate(ctx, 'calendar:write', async (tx) => {
    if (!(await storeCalendar(tx, calendar, source))) throw versionTaken();
    return {
      result: undefined,
      audit: {
        action: 'calendar.import',
        objectKind: 'calendar',
        objectId: calendar.version,
        details: { coveredUntil: calendar.coveredUntil, days: Object.keys(calendar.days).length },
      },
    };
  });
}

import { z } from 'zod';
import { setCalendarNotice, showCalendarNotice } from './calendar-notice.command.ts';
import { roles } from '../kernel/permission.rule.ts';
import { CalendarInput, importCalendar, showCalendar } from './calendar.command.ts';
import { Nothing, refusals, type Api, type RouteDeps } from '../kit/http/api.ts';

const Calendar = z
  .object({
    version: z.string(),
    coveredFrom: z.string(),
    coveredUntil: z.string(),
    days: z.record(z.string(), z.enum(['holiday', 'workday'])),
  })
  .meta({ id: 'Calendar' });
const CalendarNotice = z
  .strictObject({ weeks: z.int().min(1).max(26), roles: z.array(z.enum(roles)).min(1).max(roles.length) })
  .meta({ id: 'CalendarNotice' });
const tags = ['calendars'];

export function calendarRoutes(app: Api, { contextOf }: RouteDeps): void {
  app.get(
    '/calendars/active',
    {
      config: { needs: 'self:read' },
      schema: { tags, summary: 'The working days in force', response: { 200: Calendar, ...refusals } },
    },
    async (request) => {
      const { days, ...head } = await showCalendar(contextOf(request));
      return { ...head, days: { ...days } };
    },
  );
  app.get(
    '/calendars/notice',
    {
      config: { needs: 'self:read' },
      schema: {
        tags,
        summary: 'When and whom the calendar’s end is told to',
        response: { 200: CalendarNotice, ...refusals },
      },
    },
    (request) => showCalendarNotice(contextOf(request)),
  );
  app.post(
    '/calendars/notice',
    {
      config: { needs: 'setting:write' },
      schema: {
        tags,
        summary: 'Change when and whom the calendar’s end is told to',
        body: CalendarNotice,
        response: { 200: CalendarNotice, ...refusals },
      },
    },
    async (request) => {
      await setCalendarNotice(contextOf(request), request.body);
      return showCalendarNotice(contextOf(request));
    },
  );
  app.post(
    '/calendars',
    {
      config: { needs: 'calendar:write' },
      schema: {
        tags,
        summary: 'Store the next version and put it in force',
        body: CalendarInput,
        response: { 201: Nothing, ...refusals },
      },
    },
    async (request, reply) => {
      await importCalendar(contextOf(request), request.body);
      return reply.code(201).send(null);
    },
  );
}

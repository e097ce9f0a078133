import { z } from 'zod';
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

import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { setCalendarNotice, showCalendarNotice } from './calendar-notice.command.ts';
import { compareCalendar, importCalendar, showCalendars } from './calendar.command.ts';
import { AppError } from '../kernel/app-error.rule.ts';
import {
  dayKindOf,
  daysCovered,
  readCalendarLines,
  writeCalendarLines,
  type CalendarChange,
  type LineFault,
} from '../kernel/calendar-change.rule.ts';
import { addDays, chinaDateAt, isChinaDate, type Calendar } from '../kernel/working-day.rule.ts';
import { roles } from '../kernel/permission.rule.ts';
import type { Translate } from '../kernel/translate.ts';
import type { Api } from '../kit/http/api.ts';
import type { PageFault, Pages } from '../kit/page/page.ts';

const hidden = { hide: true };
const field = (max: number) => z.string().max(max).default('');
const Form = z.object({
  version: field(60).transform((text) => text.trim()),
  source: field(400).transform((text) => text.trim()),
  coveredFrom: field(20),
  coveredUntil: field(20),
  days: field(40_000),
});
type Form = z.infer<typeof Form>;
/** A browser holds to the same limits; nobody ticked is no role. */
const NoticeForm = z.object({
  weeks: z.coerce.number(),
  roles: z.union([z.array(z.enum(roles)).max(roles.length), z.enum(roles)]).default([]),
});

export function calendarPages(app: Api, pages: Pages): void {
  app.get(
    '/calendar',
    {
      config: { needs: 'self:read', page: true },
      schema: { ...hidden, querystring: z.object({ year: z.coerce.number().int().min(1990).max(2100).optional() }) },
    },
    async (request, reply) => {
      const t = pages.translatorOf(request);
      const ctx = pages.contextOf(request);
      const { calendar, versions } = await showCalendars(ctx);
      const today = chinaDateAt(ctx.now());
      const year = request.query.year ?? Number(today.slice(0, 4));
      const left = calendar ? daysCovered(calendar, today) : 0;
      const notice = await showCalendarNotice(ctx);
      return pages.page(request, reply, 'calendar/show', {
        title: t('calendar.title'),
        nav: 'calendar',
        styles: ['calendar.css'],
        calendar,
        versions: versions.map((each) => ({ ...each, label: each.version })),
        source: versions.find(({ active }) => active)?.source ?? null,
        year: String(year),
        previous: String(year - 1),
        following: String(year + 1),
        left,
        warn: left <= notice.weeks * 7,
        notice: { ...notice, told: roles.map((role) => ({ role, told: notice.roles.includes(role) })) },
        months: Array.from({ length: 12 }, (_, index) => monthOf(calendar, year, index + 1, today)),
        weekdays: [1, 2, 3, 4, 5, 6, 7],
        counts: countsOf(calendar, year),
      });
    },
  );

  app.post(
    '/calendar/notice',
    { config: { needs: 'setting:write', page: true }, schema: { ...hidden, body: NoticeForm } },
    async (request, reply) => {
      const { weeks, roles: told } = request.body;
      await setCalendarNotice(pages.contextOf(request), { weeks, roles: [told].flat() });
      return pages.done(request, reply, '/calendar', 'calendar.notice.changed');
    },
  );

  const editor = (
    request: FastifyRequest,
    reply: FastifyReply,
    form: Form,
    shown: { fault: PageFault | null; changes: CalendarChange[] | null; before: Calendar | null },
  ) => {
    const t = pages.translatorOf(request);
    return pages.page(request, reply, 'calendar/import', {
      title: t('calendar.import.title'),
      nav: 'calendar',
      crumbs: [{ href: '/calendar', label: t('calendar.title') }],
      styles: ['calendar.css'],
      form,
      ...shown,
      changes: shown.changes && shown.changes.map((change) => ({ ...change, weekday: weekdayOf(change.day) })),
      fields: shown.fault?.fields ?? {},
    });
  };

  app.get(
    '/calendar/import',
    { config: { needs: 'calendar:write', page: true }, schema: hidden },
    async (request, reply) => {
      const { calendar } = await showCalendars(pages.contextOf(request));
      return editor(request, reply, nextForm(calendar), { fault: null, changes: null, before: calendar });
    },
  );

  app.post(
    '/calendar/import',
    {
      config: { needs: 'calendar:write', page: true },
      schema: { ...hidden, body: Form.extend({ act: z.enum(['compare', 'import', 'edit']).default('compare') }) },
    },
    async (request, reply) => {
      const { act, ...form } = request.body;
      const ctx = pages.contextOf(request);
      try {
        if (act === 'edit') return await editor(request, reply, form, { fault: null, changes: null, before: null });
        const { days, faults } = readCalendarLines(form.days);
        if (faults.length > 0) {
          const fault = linesFault(pages.translatorOf(request), faults);
          return await editor(request, reply.code(422), form, { fault, changes: null, before: null });
        }
        const wanted = { ...readForm(form), days };
        if (act === 'import') {
          await importCalendar(ctx, wanted);
          return pages.done(request, reply, '/calendar', 'calendar.import.done', { version: form.version });
        }
        const { before, changes } = await compareCalendar(ctx, wanted);
        return await editor(request, reply, form, { fault: null, changes, before });
      } catch (error) {
        const fault = pages.faultOf(request, error);
        return editor(request, reply.code(422), form, { fault, changes: null, before: null });
      }
    },
  );
}

/** The calendar in force, with the year that follows still to be added. */
function nextForm(calendar: Calendar | null): Form {
  const year = Number(calendar?.coveredUntil.slice(0, 4) ?? 2026) + 1;
  return {
    version: `cn-${year}.1`,
    source: '',
    coveredFrom: calendar?.coveredFrom ?? `${year}-01-01`,
    coveredUntil: `${year}-12-31`,
    days: writeCalendarLines(calendar?.days ?? {}),
  };
}

/** Every line that cannot be read, with its number; the first ten are enough to see what is wrong. */
const linesFault = (t: Translate, faults: readonly LineFault[]): PageFault => ({
  code: 'calendar.fields',
  message: t('error.calendar.fields'),
  fields: Object.fromEntries(
    faults
      .slice(0, 10)
      .map(({ line, code }) => [`line.${line}`, t('calendar.import.line', { line, fault: t(`error.${code}`) })]),
  ),
});

/** Throws `calendar.fields` with a fault for each field. */
function readForm(form: Form) {
  const faults: { field: string; code: string; message: string }[] = [];
  const refuse = (name: keyof Form, code: string) =>
    void faults.push({ field: name, code, message: 'This field cannot be used.' });
  if (!/^[\w.-]{1,40}$/.test(form.version)) refuse('version', 'calendar.field-version');
  if (form.source === '' || form.source.length > 300) refuse('source', 'calendar.field-source');
  if (!isChinaDate(form.coveredFrom)) refuse('coveredFrom', 'calendar.field-day');
  if (!isChinaDate(form.coveredUntil)) refuse('coveredUntil', 'calendar.field-day');
  if (faults.length > 0) throw new AppError('invalid', 'calendar.fields', 'Some fields cannot be used.', { faults });
  return form;
}

/** One month as rows of seven days from Monday; days of other months are null. */
function monthOf(calendar: Calendar | null, year: number, month: number, today: string) {
  const first = `${year}-${String(month).padStart(2, '0')}-01`;
  const cells = Array.from({ length: 42 }, (_, index) => {
    const day = addDays(first, index - (weekdayOf(first) - 1));
    if (day.slice(0, 7) !== first.slice(0, 7)) return null;
    return { day, text: String(Number(day.slice(8))), kind: dayKindOf(calendar, day), today: day === today };
  });
  const weeks = Array.from({ length: 6 }, (_, week) => cells.slice(week * 7, week * 7 + 7));
  return { month: String(month), weeks: weeks.filter((week) => week.some(Boolean)) };
}

function countsOf(calendar: Calendar | null, year: number) {
  const days = Object.entries(calendar?.days ?? {}).filter(([day]) => day.startsWith(`${year}-`));
  return {
    holidays: days.filter(([, kind]) => kind === 'holiday').length,
    workdays: days.filter(([, kind]) => kind === 'workday').length,
  };
}

/** 1 is Monday, 7 Sunday. */
const weekdayOf = (day: string): number => new Date(`${day}T00:00:00Z`).getUTCDay() || 7;

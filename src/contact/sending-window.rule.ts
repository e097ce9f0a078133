import { AppError } from '../kernel/app-error.rule.ts';
import type { MessageKind } from '../sms/sms-text.rule.ts';
import type { Calendar, ChinaDate, OutsideCalendar } from '../kernel/working-day.rule.ts';
import { addDays, chinaDateAt, chinaInstant, isChinaDate, isWorkingDay } from '../kernel/working-day.rule.ts';

/** When a campaign may send. An opening is half-open: sending is allowed at `dailyFrom`, no longer at `dailyTo`. */
export type Window = {
  /** ISO instants with `Z` or an offset. */
  startsAt: string;
  endsAt: string;
  /** `HH:mm` on China's clocks, on one day: `dailyFrom` before `dailyTo`. */
  dailyFrom: string;
  dailyTo: string;
  days: 'every-day' | 'working-days';
};

export type WindowState =
  | { kind: 'open'; closesAt: Date }
  | { kind: 'closed'; opensAt: Date }
  | { kind: 'over' }
  | OutsideCalendar;

/** Earliest and latest daily hours of each kind; a setting of the gateway account. */
export type SendingHours = Readonly<Record<MessageKind, readonly [from: string, to: string]>>;

/** Promotion: Alibaba closes it 20:00–08:00. Notice: GB/T 45251-2025 rests 22:00–08:00; reminders take the stricter reading. */
export const defaultSendingHours: SendingHours = { marketing: ['08:00', '20:00'], notice: ['08:00', '22:00'] };

export type WindowFault = {
  code:
    | 'window.bad-instant'
    | 'window.bad-time'
    | 'window.end-before-start'
    | 'window.daily-order'
    | 'window.outside-hours'
    | 'window.no-opening'
    | 'window.over'
    | 'window.outside-calendar';
  field: keyof Window;
  zh: string;
  en: string;
};

type WindowCheck = { window: Window; kind: MessageKind; calendar: Calendar; hours: SendingHours; now: Date };

/** Where `now` lies in the window, and the next moment at which that changes. Throws AppError `window.unreadable`. */
export function windowStateAt(window: Window, calendar: Calendar, now: Date): WindowState {
  const [starts, ends] = readBounds(window);
  if (now.getTime() >= ends) return { kind: 'over' };
  const from = new Date(Math.max(now.getTime(), starts));
  const lastDay = chinaDateAt(new Date(ends));
  for (let day = chinaDateAt(from); day <= lastDay; day = addDays(day, 1)) {
    const opensAt = Math.max(starts, chinaInstant(day, window.dailyFrom).getTime());
    const closesAt = Math.min(ends, chinaInstant(day, window.dailyTo).getTime());
    if (opensAt >= closesAt || closesAt <= now.getTime()) continue;
    const allowed = dayAllowed(window, calendar, day);
    if (allowed !== true && allowed !== false) return allowed;
    if (!allowed) continue;
    return opensAt <= now.getTime()
      ? { kind: 'open', closesAt: new Date(closesAt) }
      : { kind: 'closed', opensAt: new Date(opensAt) };
  }
  return { kind: 'over' };
}

/** Whether a campaign may send at `now`; without a calendar nobody can say so. */
export const isOpenAt = (
  { startsAt, endsAt, ...hours }: Omit<Window, 'startsAt' | 'endsAt'> & { startsAt: Date; endsAt: Date },
  calendar: Calendar | null,
  now: Date,
): boolean => {
  if (calendar === null) return false;
  const window = { ...hours, startsAt: startsAt.toISOString(), endsAt: endsAt.toISOString() };
  return windowStateAt(window, calendar, now).kind === 'open';
};

/** Everything that is wrong with a window at `now`; an empty list means that it may be signed. */
export function validateWindow({ window, kind, calendar, hours, now }: WindowCheck): WindowFault[] {
  const faults = [...formFaults(window), ...hoursFaults(window, kind, hours)];
  const unreadable = faults.some(({ code }) => code !== 'window.outside-hours');
  return unreadable ? faults : [...faults, ...openingFaults(window, calendar, now)];
}

function formFaults(window: Window): WindowFault[] {
  const faults: WindowFault[] = [];
  for (const field of ['startsAt', 'endsAt'] as const) {
    if (Number.isNaN(toInstant(window[field]))) {
      faults.push({
        code: 'window.bad-instant',
        field,
        zh: '请填写完整的日期和时间。',
        en: 'Give a date and time with its offset, such as 2026-11-02T09:00:00+08:00.',
      });
    }
  }
  for (const field of ['dailyFrom', 'dailyTo'] as const) {
    if (!isTime(window[field])) {
      faults.push({
        code: 'window.bad-time',
        field,
        zh: '请按“时:分”填写，例如 09:00。',
        en: 'Give the time as HH:mm, such as 09:00.',
      });
    }
  }
  if (toInstant(window.endsAt) <= toInstant(window.startsAt)) {
    faults.push({
      code: 'window.end-before-start',
      field: 'endsAt',
      zh: '结束时间须晚于开始时间。',
      en: 'Let the window end after it starts.',
    });
  }
  if (isTime(window.dailyFrom) && isTime(window.dailyTo) && window.dailyFrom >= window.dailyTo) {
    faults.push({
      code: 'window.daily-order',
      field: 'dailyTo',
      zh: '每日结束时间须晚于每日开始时间，发送时段不能跨零点。',
      en: 'Let the daily hours end after they begin; they cannot pass midnight.',
    });
  }
  return faults;
}

function hoursFaults(window: Window, kind: MessageKind, hours: SendingHours): WindowFault[] {
  const [from, to] = hours[kind];
  const name = kind === 'marketing' ? { zh: '营销短信', en: 'Marketing' } : { zh: '通知短信', en: 'Notices' };
  const fault = (field: keyof Window): WindowFault => ({
    code: 'window.outside-hours',
    field,
    zh: `${name.zh}只能在 ${from}–${to} 之间发送，请调整每日时段。`,
    en: `${name.en} may be sent between ${from} and ${to} only; move the daily hours inside.`,
  });
  const faults: WindowFault[] = [];
  if (isTime(window.dailyFrom) && window.dailyFrom < from) faults.push(fault('dailyFrom'));
  if (isTime(window.dailyTo) && window.dailyTo > to) faults.push(fault('dailyTo'));
  return faults;
}

function openingFaults(window: Window, calendar: Calendar, now: Date): WindowFault[] {
  if (window.days === 'working-days') {
    const [first, last] = daysTouched(window);
    if (first < calendar.coveredFrom || last > calendar.coveredUntil) {
      return [
        {
          code: 'window.outside-calendar',
          field: last > calendar.coveredUntil ? 'endsAt' : 'startsAt',
          zh: `工作日历只覆盖 ${calendar.coveredFrom} 至 ${calendar.coveredUntil}，请缩短时间窗或先导入新日历。`,
          en: `The working-day calendar covers ${calendar.coveredFrom} to ${calendar.coveredUntil}; shorten the window or import the next calendar.`,
        },
      ];
    }
  }
  if (windowStateAt(window, calendar, new Date(window.startsAt)).kind === 'over') {
    return [
      {
        code: 'window.no-opening',
        field: 'endsAt',
        zh: '该时间窗内没有任何可发送的时段，请延长时间窗或放宽每日时段。',
        en: 'Nothing can be sent inside this window; make it longer or widen its daily hours.',
      },
    ];
  }
  if (windowStateAt(window, calendar, now).kind !== 'over') return [];
  return [
    {
      code: 'window.over',
      field: 'endsAt',
      zh: '时间窗内最后一个可发送时段已过，请改为将来的时间。',
      en: 'The last opening of this window has passed; move it into the future.',
    },
  ];
}

/** First and last day on which the window has a moment, as far as the hours are concerned; its end is not in it. */
function daysTouched(window: Window): [first: ChinaDate, last: ChinaDate] {
  const [starts, ends] = [new Date(window.startsAt), new Date(window.endsAt)];
  const first = chinaDateAt(starts);
  const last = chinaDateAt(new Date(ends.getTime() - 1));
  return [
    starts >= chinaInstant(first, window.dailyTo) ? addDays(first, 1) : first,
    ends <= chinaInstant(last, window.dailyFrom) ? addDays(last, -1) : last,
  ];
}

function dayAllowed(window: Window, calendar: Calendar, day: ChinaDate): boolean | OutsideCalendar {
  if (window.days === 'every-day') return true;
  const answer = isWorkingDay(calendar, day);
  return answer.kind === 'known' ? answer.working : answer;
}

function readBounds(window: Window): [starts: number, ends: number] {
  const starts = toInstant(window.startsAt);
  const ends = toInstant(window.endsAt);
  if (!Number.isNaN(starts + ends) && isTime(window.dailyFrom) && isTime(window.dailyTo)) return [starts, ends];
  throw new AppError(
    'invalid',
    'window.unreadable',
    'Validate the window first: an instant or a daily time cannot be read.',
  );
}

// 24:00 is the end of a day: round-the-clock hours are 00:00 to 24:00.
const isTime = (text: string): boolean => text === '24:00' || /^([01]\d|2[0-3]):[0-5]\d$/.test(text);

// Without an offset Date.parse would read the process's own time zone; and it turns 30 February into 2 March.
function toInstant(text: string): number {
  const shaped = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)$/.test(text);
  return shaped && isChinaDate(text.slice(0, 10)) ? Date.parse(text) : Number.NaN;
}

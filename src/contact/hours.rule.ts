import { isWorkingDay, type Calendar } from '../kernel/working-day.rule.ts';
import { houseZone } from '../customer/time-zone.rule.ts';
import type { ContactHours, DailyHours } from './policy.rule.ts';

const minuteMs = 60_000;
const dayMs = 86_400_000;

/** Whether a time zone of that name is known. */
export function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone }).format(0);
    return true;
  } catch {
    return false;
  }
}

const clocks = new Map<string, Intl.DateTimeFormat>();
const clockOf = (zone: string): Intl.DateTimeFormat => {
  const known = clocks.get(zone);
  if (known) return known;
  const made = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' });
  clocks.set(zone, made);
  return made;
};

/** How far the zone's clocks are ahead of UTC at that moment. China has kept eight hours since 1991. */
function offsetMs(zone: string, at: number): number {
  if (zone === houseZone) return 8 * 3_600_000;
  const shown = Date.parse(`${clockOf(zone).format(at).replace(' ', 'T')}Z`);
  return shown - Math.floor(at / 1_000) * 1_000;
}

/** Hours of one day. Past the calendar's end nobody knows which days are free: then both must allow it. */
function hoursOn({ working, rest }: ContactHours, calendar: Calendar | null, date: string): DailyHours {
  const answer = calendar === null ? null : isWorkingDay(calendar, date);
  if (answer?.kind === 'known') return answer.working ? working : rest;
  if (working === null || rest === null) return null;
  const from = working[0] > rest[0] ? working[0] : rest[0];
  const to = working[1] < rest[1] ? working[1] : rest[1];
  return from < to ? [from, to] : null;
}

const minutesOf = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5));

/** When the hours next open, `now` itself when they are open; null when they do not open within 40 days. */
export function opensAt(hours: ContactHours, calendar: Calendar | null, zone: string, now: Date): Date | null {
  const local = now.getTime() + offsetMs(zone, now.getTime());
  const midnight = Math.floor(local / dayMs) * dayMs;
  for (let day = 0; day <= 40; day += 1) {
    const start = midnight + day * dayMs;
    const open = hoursOn(hours, calendar, new Date(start).toISOString().slice(0, 10));
    if (open === null) continue;
    const from = start + minutesOf(open[0]) * minuteMs;
    const to = start + minutesOf(open[1]) * minuteMs;
    if (local >= to) continue;
    if (local >= from) return now;
    return new Date(from - offsetMs(zone, from - offsetMs(zone, from)));
  }
  return null;
}

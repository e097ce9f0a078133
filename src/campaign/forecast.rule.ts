import { windowStateAt, type Window } from '../contact/sending-window.rule.ts';
import { addDays, chinaDateAt, isWorkingDay, type Calendar, type ChinaDate } from '../kernel/working-day.rule.ts';

/** When a given number of messages is through. `left`: how many the window is too short for. */
export type Finish = { kind: 'at'; at: Date; seconds: number } | { kind: 'too-short'; left: number };

/**
 * When `size` messages are through at `perSecond`, counting only what the window allows from `now` on. Throws AppError
 * `window.unreadable`; days outside the calendar count as closed.
 */
export function finishOf(
  size: number,
  perSecond: number,
  { window, calendar, now }: { window: Window; calendar: Calendar; now: Date },
): Finish {
  let leftMs = (size / perSecond) * 1_000;
  let spentMs = 0;
  let at = now;
  for (;;) {
    const state = windowStateAt(window, calendar, at);
    if (state.kind === 'closed') {
      at = state.opensAt;
      continue;
    }
    if (state.kind !== 'open') return { kind: 'too-short', left: Math.max(1, Math.ceil((leftMs * perSecond) / 1_000)) };
    const roomMs = state.closesAt.getTime() - at.getTime();
    if (leftMs <= roomMs)
      return { kind: 'at', at: new Date(at.getTime() + leftMs), seconds: Math.ceil((spentMs + leftMs) / 1_000) };
    leftMs -= roomMs;
    spentMs += roomMs;
    at = state.closesAt;
  }
}

/** From the agreed rate to half of it: a gateway that pushes back, retries and other campaigns of the account take the rest. */
export const forecastOf = (
  size: number,
  perSecond: number,
  when: { window: Window; calendar: Calendar; now: Date },
): { fastest: Finish; slowest: Finish } => ({
  fastest: finishOf(size, perSecond, when),
  slowest: finishOf(size, perSecond / 2, when),
});

export type WindowDay = {
  date: ChinaDate;
  /** 0 is Sunday. */
  weekday: number;
  /** `unknown`: the calendar does not reach so far. */
  kind: 'working' | 'rest' | 'holiday' | 'make-up' | 'unknown';
  /** Whether anything is sent on it, as far as the days are concerned. */
  sends: boolean;
};

/** The days that a window touches, at most `limit`. */
export function daysOfWindow(window: Window, calendar: Calendar, limit: number): WindowDay[] {
  // The end is not in the window: one at midnight touches no new day.
  const last = chinaDateAt(new Date(Date.parse(window.endsAt) - 1));
  const days: WindowDay[] = [];
  for (
    let date = chinaDateAt(new Date(window.startsAt));
    date <= last && days.length < limit;
    date = addDays(date, 1)
  ) {
    const answer = isWorkingDay(calendar, date);
    const named = calendar.days[date];
    const kind =
      answer.kind !== 'known'
        ? 'unknown'
        : named === 'holiday'
          ? 'holiday'
          : named === 'workday'
            ? 'make-up'
            : answer.working
              ? 'working'
              : 'rest';
    const sends = window.days === 'every-day' || kind === 'working' || kind === 'make-up';
    days.push({ date, weekday: new Date(`${date}T00:00:00Z`).getUTCDay(), kind, sends });
  }
  return days;
}

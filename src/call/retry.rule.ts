import type { Disposition } from '../voice/disposition.rule.ts';
import { addDays, chinaDateAt, chinaInstant } from '../kernel/working-day.rule.ts';
import type { GivenUpReason } from './task.rule.ts';

/** When people are at home differs over the day: who was not reached in one part of it is tried in another. */
export const dayparts = [
  ['09:00', '12:00'],
  ['12:00', '14:00'],
  ['14:00', '18:00'],
  ['18:00', '20:30'],
] as const;

/** What the results of a try are treated as; each list may set its own. */
export type RetrySettings = {
  /** Tries of a task in all, those that are charged. */
  attempts: number;
  busy: { minutes: readonly number[]; aDay: number };
  /** Not answered, a machine, hung up before an agent was there. */
  noAnswer: { hours: number; aDay: number };
  unavailable: { attempts: number };
  rejected: { attempts: number };
  /** Nobody was free when the customer answered: our fault, and no machine calls them again so soon. */
  abandoned: { hours: number };
  /** The line's fault: minutes, doubled each time, so many times; not charged. */
  line: { minutes: number; times: number };
};
export const defaultRetry: RetrySettings = {
  attempts: 6,
  busy: { minutes: [10, 20, 40], aDay: 3 },
  noAnswer: { hours: 3, aDay: 2 },
  unavailable: { attempts: 4 },
  rejected: { attempts: 2 },
  abandoned: { hours: 72 },
  line: { minutes: 2, times: 3 },
};

/** Tries of a task up to now, this one included. */
export type Tries = {
  /** Charged ones: in all, and today in China. */
  charged: number;
  today: number;
  /** Of this disposition: in all, and the last ones in a row. */
  alike: number;
  inRow: number;
};

export type Retry =
  | { kind: 'wait'; notBefore: Date; promised: boolean; code: RetryCode }
  | { kind: 'give-up'; reason: GivenUpReason; code: RetryCode };
export type RetryCode =
  | 'busy-again'
  | 'busy-tomorrow'
  | 'other-daypart'
  | 'next-day'
  | 'next-number'
  | 'owed-apology'
  | 'line-again'
  | 'line-later'
  | 'not-made'
  | 'attempts-spent'
  | 'rejected-twice';

const minuteMs = 60_000;
const later = (now: Date, minutes: number): Date => new Date(now.getTime() + minutes * minuteMs);
const latest = (...moments: Date[]): Date => new Date(Math.max(...moments.map((at) => at.getTime())));

/** Which part of the day a moment is in, on China's clocks; -1 outside them all. */
export function daypartAt(at: Date): number {
  const day = chinaDateAt(at);
  return dayparts.findIndex(([from, to]) => chinaInstant(day, from) <= at && at < chinaInstant(day, to));
}

/** The first moment from `from` on that is in a part of the day, and in another one than `tried`. */
export function otherDaypart(from: Date, tried: number): Date {
  for (let day = chinaDateAt(from); ; day = addDays(day, 1)) {
    for (const [index, [begins, ends]] of dayparts.entries())
      if (index !== tried && from < chinaInstant(day, ends)) return latest(from, chinaInstant(day, begins));
  }
}

const tomorrow = (now: Date): Date => chinaInstant(addDays(chinaDateAt(now), 1), dayparts[0][0]);
const wait = (notBefore: Date, code: RetryCode, promised = false): Retry => ({
  kind: 'wait',
  notBefore,
  promised,
  code,
});
const giveUp = (reason: GivenUpReason, code: RetryCode): Retry => ({ kind: 'give-up', reason, code });

/** What becomes of a task after a try that brought it to no agent (telephony §5.2). `triedAt`: when the number was dialled. */
export function afterTry(
  disposition: Disposition,
  tries: Tries,
  { now, triedAt, settings }: { now: Date; triedAt: Date; settings: RetrySettings },
): Retry {
  switch (disposition) {
    case 'cancelled':
    case 'not-dialled':
      return wait(now, 'not-made');
    case 'congestion':
    case 'network':
    case 'no-response':
    case 'trunk-auth':
    case 'config':
      return lineFault(tries, now, settings.line);
    case 'invalid':
      // Which number that is, and that none is left, is seen at the next claim.
      return wait(now, 'next-number');
    default:
      return tries.charged >= settings.attempts && disposition !== 'abandoned'
        ? giveUp('attempts-spent', 'attempts-spent')
        : afterRing(disposition, tries, { now, triedAt, settings });
  }
}

function lineFault({ inRow }: Tries, now: Date, { minutes, times }: RetrySettings['line']): Retry {
  return inRow > times
    ? wait(later(now, 60), 'line-later')
    : wait(later(now, minutes * 2 ** (inRow - 1)), 'line-again');
}

type Ring = Exclude<
  Disposition,
  'cancelled' | 'not-dialled' | 'congestion' | 'network' | 'no-response' | 'trunk-auth' | 'config' | 'invalid'
>;

function afterRing(
  disposition: Ring,
  tries: Tries,
  { now, triedAt, settings }: { now: Date; triedAt: Date; settings: RetrySettings },
): Retry {
  const tried = daypartAt(triedAt);
  switch (disposition) {
    case 'busy': {
      const { minutes, aDay } = settings.busy;
      if (tries.today >= aDay) return wait(tomorrow(now), 'busy-tomorrow');
      return wait(later(now, minutes[Math.min(tries.inRow, minutes.length) - 1] ?? 10), 'busy-again');
    }
    case 'unavailable':
      if (tries.alike >= settings.unavailable.attempts) return giveUp('attempts-spent', 'attempts-spent');
      return wait(otherDaypart(tomorrow(now), tried), 'next-day');
    case 'rejected':
      if (tries.alike >= settings.rejected.attempts) return giveUp('rejected', 'rejected-twice');
      return wait(tomorrow(now), 'next-day');
    case 'abandoned':
      return wait(later(now, settings.abandoned.hours * 60), 'owed-apology', true);
    case 'no-answer':
    case 'machine':
    case 'answered':
    case 'lost': {
      const { hours, aDay } = settings.noAnswer;
      const from = later(now, hours * 60);
      return wait(otherDaypart(tries.today >= aDay ? latest(from, tomorrow(now)) : from, tried), 'other-daypart');
    }
  }
}

import { expect, test } from 'vitest';
import { afterTry, daypartAt, defaultRetry, otherDaypart, type Tries } from '../../../src/call/retry.rule.ts';
import { dispositions, type Disposition } from '../../../src/voice/disposition.rule.ts';

/** China's clocks on Friday, 27 November 2026. */
const at = (time: string, day = '2026-11-27'): Date => new Date(`${day}T${time}:00+08:00`);
const first: Tries = { charged: 1, today: 1, alike: 1, inRow: 1 };
const tried = (disposition: Disposition, time: string, tries: Partial<Tries> = {}) => {
  const next = afterTry(
    disposition,
    { ...first, ...tries },
    { now: at(time), triedAt: at(time), settings: defaultRetry },
  );
  if (next.kind === 'give-up') return `${next.code}: ${next.reason}`;
  const china = new Date(next.notBefore.getTime() + 8 * 3_600_000).toISOString();
  return `${next.code} ${china.slice(5, 10)} ${china.slice(11, 16)}${next.promised ? ' promised' : ''}`;
};

test.each([
  ['busy', 'busy', '10:00', {}, 'busy-again 11-27 10:10'],
  ['busy twice', 'busy', '10:00', { charged: 2, today: 2, inRow: 2 }, 'busy-again 11-27 10:20'],
  ['busy three times in a day', 'busy', '10:00', { charged: 3, today: 3, inRow: 3 }, 'busy-tomorrow 11-28 09:00'],
  ['no answer in the morning', 'no-answer', '09:30', {}, 'other-daypart 11-27 12:30'],
  ['no answer at noon', 'no-answer', '12:30', {}, 'other-daypart 11-27 15:30'],
  ['no answer in the afternoon', 'no-answer', '14:30', {}, 'other-daypart 11-27 18:00'],
  ['no answer in the evening', 'no-answer', '19:00', {}, 'other-daypart 11-28 09:00'],
  ['no answer twice a day', 'no-answer', '15:00', { charged: 2, today: 2 }, 'other-daypart 11-28 09:00'],
  ['no answer, the sixth time', 'no-answer', '15:00', { charged: 6 }, 'attempts-spent: attempts-spent'],
  ['a machine', 'machine', '09:30', {}, 'other-daypart 11-27 12:30'],
  ['hung up before anybody was there', 'answered', '09:30', {}, 'other-daypart 11-27 12:30'],
  ['lost on our side', 'lost', '09:30', {}, 'other-daypart 11-27 12:30'],
  ['switched off in the morning', 'unavailable', '09:30', {}, 'next-day 11-28 12:00'],
  ['switched off, the fourth time', 'unavailable', '09:30', { charged: 4, alike: 4 }, 'attempts-spent: attempts-spent'],
  ['rejected', 'rejected', '16:00', {}, 'next-day 11-28 09:00'],
  ['rejected again', 'rejected', '16:00', { charged: 2, alike: 2 }, 'rejected-twice: rejected'],
  ['nobody was free', 'abandoned', '16:00', {}, 'owed-apology 11-30 16:00 promised'],
  ['nobody was free at the last try', 'abandoned', '16:00', { charged: 6 }, 'owed-apology 11-30 16:00 promised'],
  ['congestion', 'congestion', '10:00', { charged: 0, today: 0 }, 'line-again 11-27 10:02'],
  ['congestion three times', 'network', '10:00', { inRow: 3 }, 'line-again 11-27 10:08'],
  ['congestion still', 'congestion', '10:00', { inRow: 4 }, 'line-later 11-27 11:00'],
  ['the trunk refuses us, after all tries', 'trunk-auth', '10:00', { charged: 6 }, 'line-again 11-27 10:02'],
  ['no such number', 'invalid', '10:00', {}, 'next-number 11-27 10:00'],
  ['taken back', 'cancelled', '10:00', {}, 'not-made 11-27 10:00'],
  ['never left', 'not-dialled', '10:00', {}, 'not-made 11-27 10:00'],
] as const)('%s', (_, disposition, time, tries, expected) => {
  expect(tried(disposition, time, tries)).toBe(expected);
});

test('after every disposition there is an answer, and no call is made before the time it says', () => {
  for (const disposition of dispositions)
    for (let charged = 0; charged <= 7; charged += 1) {
      const next = afterTry(
        disposition,
        { charged, today: charged, alike: charged, inRow: Math.max(1, charged) },
        { now: at('17:00'), triedAt: at('16:59'), settings: defaultRetry },
      );
      if (next.kind === 'wait') expect(next.notBefore.getTime()).toBeGreaterThanOrEqual(at('17:00').getTime());
    }
});

test('a list may say otherwise', () => {
  const settings = { ...defaultRetry, attempts: 1, busy: { minutes: [5], aDay: 9 } };
  const when = { now: at('10:00'), triedAt: at('10:00'), settings };
  expect(afterTry('no-answer', first, when)).toMatchObject({ kind: 'give-up' });
  const patient = { ...when, settings: { ...settings, attempts: 9 } };
  expect(afterTry('busy', { ...first, today: 3, inRow: 3 }, patient)).toMatchObject({ notBefore: at('10:05') });
});

test.each([
  ['08:59', -1],
  ['09:00', 0],
  ['11:59', 0],
  ['12:00', 1],
  ['14:00', 2],
  ['18:00', 3],
  ['20:29', 3],
  ['20:30', -1],
])('%s is in part %i of the day', (time, part) => {
  expect(daypartAt(at(time))).toBe(part);
});

test('another part of the day is never the one that was tried, and never in the past', () => {
  for (const time of ['00:00', '08:00', '09:00', '11:59', '13:00', '17:59', '20:30', '23:59'])
    for (let part = -1; part < 4; part += 1) {
      const found = otherDaypart(at(time), part);
      expect(found.getTime()).toBeGreaterThanOrEqual(at(time).getTime());
      expect([-1, part]).not.toContain(daypartAt(found));
    }
});

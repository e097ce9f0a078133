import { asksToSign, isUrgent, type NoticeKind } from './notice.rule.ts';
import { alikeToMerge, alikeWithinMs } from './channel.rule.ts';
import { addDays, chinaDateAt, chinaInstant, isWorkingDay, type Calendar } from '../../kernel/working-day.rule.ts';

/** `HH:mm` China time; `from` later than `to` goes over midnight. Equal: no quiet hours. */
export type Quiet = { from: string; to: string; restDays: boolean };
export const defaultQuiet: Quiet = { from: '21:00', to: '08:30', restDays: true };

/** When the quiet time that holds at `now` is over; null when there is none. A day outside the calendar is no rest day. */
export function quietUntil(quiet: Quiet, calendar: Calendar | null, now: Date): Date | null {
  let at = now;
  // Ten rest days in a row are more than any calendar has.
  for (let step = 0; step < 30; step += 1) {
    const next = quietEnd(quiet, calendar, at);
    if (next === null) return step === 0 ? null : at;
    at = next;
  }
  return at;
}

function quietEnd({ from, to, restDays }: Quiet, calendar: Calendar | null, at: Date): Date | null {
  const day = chinaDateAt(at);
  const today = calendar && restDays ? isWorkingDay(calendar, day) : null;
  if (today?.kind === 'known' && !today.working) return chinaInstant(addDays(day, 1), '00:00');
  if (from === to) return null;
  const [begins, ends] = [chinaInstant(day, from), chinaInstant(day, to)];
  if (from < to) return at >= begins && at < ends ? ends : null;
  if (at < ends) return ends;
  return at >= begins ? chinaInstant(addDays(day, 1), to) : null;
}

export type DeliveryFacts = {
  kind: NoticeKind;
  level: number;
  createdAt: Date;
  channelEnabled: boolean;
  /** The person can sign in, and has an address for this channel. */
  reachable: boolean;
  /** The alarm is about the very gateway or channel that this delivery would go by. */
  byWhatFails: boolean;
  /** What it asks for has been done: signed, resumed, approved, opened again. */
  settled: boolean;
  /** The person has read it in the console; of a group's, anybody who was told. */
  read: boolean;
  /** By when something must be done, if there is such a time. */
  deadline: Date | null;
  quietUntil: Date | null;
  /** The day's cap of the channel is used up; null: it has none or has some left. */
  capUntil: Date | null;
  /** Of the same kind to the same address: sent within the last ten minutes, the first of them, and waiting now beside this one. */
  alikeSent: number;
  alikeSince: Date | null;
  alikeWaiting: number;
};

export type WhatNow =
  | { kind: 'send' }
  | { kind: 'merge' }
  | { kind: 'wait'; until: Date; why: 'quiet' | 'alike' | 'cap' }
  | { kind: 'drop'; why: 'settled' | 'read' | 'channel-off' | 'no-address' | 'own-gateway' | 'cap' };

/** What becomes of a delivery that is due, looked at before every step: nobody is woken for what is done already. */
export function whatNow(at: DeliveryFacts, now: Date): WhatNow {
  const urgent = isUrgent(at.kind);
  if (!at.channelEnabled) return { kind: 'drop', why: 'channel-off' };
  if (at.byWhatFails) return { kind: 'drop', why: 'own-gateway' };
  if (at.settled) return { kind: 'drop', why: 'settled' };
  if (at.read) return { kind: 'drop', why: 'read' };
  if (!at.reachable) return { kind: 'drop', why: 'no-address' };
  if (at.quietUntil !== null && !urgent && !presses(at, at.quietUntil))
    return { kind: 'wait', until: at.quietUntil, why: 'quiet' };
  if (at.capUntil !== null)
    return urgent ? { kind: 'drop', why: 'cap' } : { kind: 'wait', until: at.capUntil, why: 'cap' };
  const alike = at.alikeSent + at.alikeWaiting + 1;
  if (alike < alikeToMerge) return { kind: 'send' };
  if (!urgent && at.alikeSent > 0 && at.alikeSince !== null) {
    const until = new Date(at.alikeSince.getTime() + alikeWithinMs);
    if (now < until) return { kind: 'wait', until, why: 'alike' };
  }
  return at.alikeWaiting > 0 ? { kind: 'merge' } : { kind: 'send' };
}

/** A form that runs out before people are back at work must not wait for them. */
const presses = (at: DeliveryFacts, until: Date): boolean =>
  asksToSign(at.kind) && at.deadline !== null && at.deadline <= until;

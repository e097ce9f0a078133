import type { SuppressionReason } from './message-state.rule.ts';
import type { Calendar } from '../kernel/working-day.rule.ts';
import { opensAt } from './hours.rule.ts';
import { houseZone } from '../customer/time-zone.rule.ts';
import { capsFor, type Cap, type ContactHours, type ContactPolicy } from './policy.rule.ts';
import { covers, type ContactChannel, type ContactPurpose, type Reach } from '../kernel/reach.rule.ts';

export const suppressionKinds = ['opt-out', 'dnc', 'complaint', 'dead-number', 'gateway-blacklist'] as const;
export type SuppressionKind = (typeof suppressionKinds)[number];

export type Touch = { at: Date; purpose: ContactPurpose; channel: ContactChannel };

/** What is on record about one person, over all their numbers, at the moment of asking. */
export type ContactFacts = {
  /** In force now; `until` null ends only by somebody's act. */
  suppressions: readonly (Reach & { kind: SuppressionKind; until: Date | null })[];
  /** To marketing. Null when the person never said. */
  consent: boolean | null;
  /** To the topic that is asked for. */
  subscribed: boolean | null;
  /** Contacts of the last 30 days, whatever for and over whichever channel. */
  touches: readonly Touch[];
  /** Campaigns that have met the person by another of their numbers. */
  metElsewhere?: ReadonlySet<number>;
  /** `moved`: the number is somebody else's by now, or nobody's. `expired`: its last day is over. */
  number: 'theirs' | 'moved' | 'expired';
  /** Null: the house's. */
  zone: string | null;
};

export type ContactAsk = {
  purpose: ContactPurpose;
  channel: ContactChannel;
  topic: string | null;
  /** The campaign that asks: it meets nobody by two of their numbers. */
  campaignKey?: number;
  policy: Pick<ContactPolicy, 'caps' | 'total'>;
  /** All of them must be open: `hoursFor`. */
  hours: readonly ContactHours[];
  /** Null when there is none: then no day is known to be a working day. */
  calendar: Calendar | null;
};

export type ContactReason = SuppressionReason | 'outside-hours';

/** Why a person may not be contacted now, and when that ends by itself; null when it takes somebody's act. */
export type Objection = { why: ContactReason; until: Date | null; cap?: Cap };

const dayMs = 86_400_000;
/** Nothing older is counted: the longest cap is a month. */
export const longestCapDays = 30;

const reasonOf: Readonly<Record<SuppressionKind, SuppressionReason>> = {
  'opt-out': 'opted-out',
  dnc: 'dnc',
  complaint: 'complaint',
  'dead-number': 'dead-number',
  'gateway-blacklist': 'gateway-blacklist',
};

/** When the cap lets one more through: the moment at which the oldest touch too many leaves its days. Null when there is room. */
export function fullUntil(touches: readonly Date[], { max, days }: Pick<Cap, 'max' | 'days'>, now: Date): Date | null {
  const from = now.getTime() - days * dayMs;
  const counted = touches.filter((at) => at.getTime() > from).toSorted((a, b) => a.getTime() - b.getTime());
  const leaving = counted.at(-max);
  return leaving && counted.length >= max ? new Date(leaving.getTime() + days * dayMs) : null;
}

/** Whether the cap counts such a contact, its days aside. */
export const counts = (cap: Cap, { purpose, channel }: Touch): boolean =>
  (cap.of === 'total' || cap.of === 'gateway' || purpose === cap.of) &&
  (cap.channel === null || channel === cap.channel);

function capObjections({ touches }: ContactFacts, { purpose, channel, policy }: ContactAsk, now: Date): Objection[] {
  return capsFor(policy, purpose, channel).flatMap((cap): Objection[] => {
    if (cap.max <= 0) return [{ why: 'capped', until: null, cap }];
    const counted = touches.filter((touch) => counts(cap, touch));
    const until = fullUntil(
      counted.map(({ at }) => at),
      cap,
      now,
    );
    return until === null ? [] : [{ why: 'capped', until, cap }];
  });
}

/** All of them must have come: null when one never does by itself. */
const latestOf = (moments: readonly (Date | null)[]): Date | null =>
  moments.includes(null) ? null : new Date(Math.max(...moments.map((at) => at?.getTime() ?? 0)));

/**
 * Everything that forbids this contact now, in the order in which it is told: the person's own no first. The only rule of
 * this kind: the count of a list, its freeze, the claim, the look before a call and the explanation all ask it.
 */
export function objectionsTo(facts: ContactFacts, ask: ContactAsk, now: Date): Objection[] {
  const objections: Objection[] = facts.suppressions
    .filter((each) => covers(each, ask) && (each.until === null || each.until > now))
    .toSorted((a, b) => suppressionKinds.indexOf(a.kind) - suppressionKinds.indexOf(b.kind))
    .map(({ kind, until }) => ({ why: reasonOf[kind], until }));
  if (facts.number !== 'theirs') objections.push({ why: 'number-moved', until: null });
  if (ask.campaignKey !== undefined && facts.metElsewhere?.has(ask.campaignKey))
    objections.push({ why: 'listed-twice', until: null });
  // Silence is no consent for marketing (rules-china §1); a notice rests on the contract, but not against a stated topic choice.
  if (ask.purpose === 'marketing' && facts.consent !== true) objections.push({ why: 'no-consent', until: null });
  if (ask.topic !== null && facts.subscribed !== true) objections.push({ why: 'not-subscribed', until: null });
  objections.push(...capObjections(facts, ask, now));
  const closed = closedHours(ask, facts.zone ?? houseZone, now);
  if (closed.length > 0) objections.push({ why: 'outside-hours', until: latestOf(closed) });
  return objections;
}

// Of a thousand people asked about at one moment nearly all live by one clock.
const lastClosed = new WeakMap<ContactAsk, { zone: string; at: number; closed: readonly (Date | null)[] }>();

/** When those of the hours that are closed now open again. */
function closedHours(ask: ContactAsk, zone: string, now: Date): readonly (Date | null)[] {
  const last = lastClosed.get(ask);
  if (last && last.zone === zone && last.at === now.getTime()) return last.closed;
  const closed = ask.hours
    .map((hours) => opensAt(hours, ask.calendar, zone, now))
    .filter((opens) => opens === null || opens > now);
  lastClosed.set(ask, { zone, at: now.getTime(), closed });
  return closed;
}

/** Why this person gets nothing of a list, or null: hours only say when, so a list is not shorter for being made at night. */
export function refusalFor(facts: ContactFacts, ask: ContactAsk, now: Date): SuppressionReason | null {
  for (const { why } of objectionsTo(facts, ask, now)) if (why !== 'outside-hours') return why;
  return null;
}

export type Verdict = { may: true } | { may: false; why: ContactReason; until: Date | null };

/** Whether the contact may be made at this moment. */
export function verdictFor(facts: ContactFacts, ask: ContactAsk, now: Date): Verdict {
  const [first] = objectionsTo(facts, ask, now);
  return first ? { may: false, why: first.why, until: first.until } : { may: true };
}

/** The first moment from `now` on at which nothing forbids the contact, as things stand; null when it takes somebody's act. */
export function earliestFor(facts: ContactFacts, ask: ContactAsk, now: Date): Date | null {
  let at = now;
  // Each step ends one suppression, one cap's day or one closed time; a person has far fewer of them than this.
  for (let step = 0; step < 1_000; step += 1) {
    const objections = objectionsTo(facts, ask, at);
    if (objections.length === 0) return at;
    const ends = objections.map(({ until }) => until);
    const end = latestOf(ends);
    if (end === null) return null;
    at = end;
  }
  return null;
}

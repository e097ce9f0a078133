import type { ContactAsk, ContactFacts, SuppressionKind, Touch } from '../../../src/contact/contact.rule.ts';
import { defaultContactPolicy, everyDay, hoursFor } from '../../../src/contact/policy.rule.ts';
import { everything, type ContactChannel, type ContactPurpose, type Reach } from '../../../src/kernel/reach.rule.ts';
import { calendarCn } from '../../../src/kernel/calendar-cn.rule.ts';

export const at = (instant: string): Date => new Date(instant);
/** A Wednesday, noon in China. */
export const noon = at('2026-11-04T04:00:00Z');
export const hoursBefore = (hours: number, from = noon): Date => new Date(from.getTime() - hours * 3_600_000);

export const facts = (change: Partial<ContactFacts> = {}): ContactFacts => ({
  suppressions: [],
  consent: true,
  subscribed: true,
  touches: [],
  number: 'theirs',
  zone: null,
  ...change,
});

export const silence = (
  kind: SuppressionKind,
  reach: Partial<Reach> = {},
  until: Date | null = null,
): ContactFacts['suppressions'][number] => ({ kind, until, ...everything, ...reach });

export const ask = (
  purpose: ContactPurpose,
  channel: ContactChannel,
  change: Partial<ContactAsk> = {},
): ContactAsk => ({
  purpose,
  channel,
  topic: null,
  policy: defaultContactPolicy,
  hours: hoursFor(defaultContactPolicy, purpose, channel, everyDay('08:00', '20:00')),
  calendar: calendarCn,
  ...change,
});

export const touch = (
  hoursAgo: number,
  purpose: ContactPurpose = 'marketing',
  channel: ContactChannel = 'sms',
): Touch => ({
  at: hoursBefore(hoursAgo),
  purpose,
  channel,
});
export const touched = (count: number, ...of: Parameters<typeof touch>): Touch[] =>
  Array.from({ length: count }, () => touch(...of));

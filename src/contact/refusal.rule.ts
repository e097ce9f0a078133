import type { SuppressionReason } from './message-state.rule.ts';
import type { MessageKind } from '../sms/sms-text.rule.ts';

/** What is on record about one number at the moment of the claim. */
export type ContactFacts = {
  suppressions: readonly { kind: SuppressionKind; scope: SuppressionScope }[];
  /** Null when the person never said. */
  consent: boolean | null;
  subscribed: boolean | null;
  /** Touches of the same kind, in every channel, within the cap's days. */
  recentContacts: number;
};
export type SuppressionKind = 'opt-out' | 'dnc' | 'complaint' | 'dead-number' | 'gateway-blacklist';
export type SuppressionScope = 'all' | 'sms' | 'marketing';

export type ContactRules = { kind: MessageKind; topic: string | null; cap: ContactCap };
/** At most `max` touches of one kind in `days` days, over all channels. */
export type ContactCap = { max: number; days: number };

/** `deadNumberDays`: how long a number that a carrier calls dead stays silent. */
export type ContactPolicy = Readonly<Record<MessageKind, ContactCap>> & { readonly deadNumberDays: number };
/** Marketing: two a week, the house rule of the confirmation form. Notice: ten a day keeps a loop of ours from flooding a person. */
export const defaultContactPolicy: ContactPolicy = {
  marketing: { max: 2, days: 7 },
  notice: { max: 10, days: 1 },
  // A cancelled number rests about 90 days at the carrier and is then given to somebody else, who has said nothing to us.
  deadNumberDays: 90,
};

const reasonOf: Readonly<Record<SuppressionKind, SuppressionReason>> = {
  'opt-out': 'opted-out',
  dnc: 'dnc',
  complaint: 'complaint',
  'dead-number': 'dead-number',
  'gateway-blacklist': 'gateway-blacklist',
};

/** Why this number must not get this SMS now, or null when it may. The person's own no comes before everything else. */
export function refusalFor(facts: ContactFacts, rules: ContactRules): SuppressionReason | null {
  const applying = facts.suppressions.filter(({ scope }) => scope !== 'marketing' || rules.kind === 'marketing');
  const [first] = applying.toSorted((a, b) => Number(b.kind === 'opt-out') - Number(a.kind === 'opt-out'));
  if (first) return reasonOf[first.kind];
  // Silence is no consent for marketing (rules-china §1); a notice rests on the contract, but not against a stated topic choice.
  if (rules.kind === 'marketing' && facts.consent !== true) return 'no-consent';
  if (rules.topic !== null && facts.subscribed !== true) return 'not-subscribed';
  if (facts.recentContacts >= rules.cap.max) return 'capped';
  return null;
}

import type { QueryResult } from 'pg';
import { z } from 'zod';
import type { ContactFacts, ContactRules } from './refusal.rule.ts';
import { rowsOf, sql, type Sql } from '../kernel/sql.db.ts';

type Person = { phone: string; customerId: string | null };

const Suppressed = z.object({
  phone: z.string(),
  kind: z.enum(['opt-out', 'dnc', 'complaint', 'dead-number', 'gateway-blacklist']),
  scope: z.enum(['all', 'sms', 'marketing']),
});
const Touched = z.object({ phone: z.string(), count: z.number() });
const Consent = z.object({ customerId: z.uuid(), granted: z.boolean() });
const Subscription = z.object({ customerId: z.uuid(), subscribed: z.boolean() });

/**
 * What is on record about these people, one query a table: most people have no row in any of them, so what comes back is
 * little.
 */
export function contactFactsOf(people: readonly Person[], rules: ContactRules, now: Date): Sql[] {
  const phones = people.map(({ phone }) => phone);
  const customers = people.flatMap(({ customerId }) => customerId ?? []);
  return [
    sql`select phone, kind, scope from suppression
      where phone = any(${phones}::text[]) and lifted_at is null and (expires_at is null or expires_at > ${now})`,
    sql`select phone, count(*)::int as count from contact
      where phone = any(${phones}::text[]) and kind = ${rules.kind} and at > ${new Date(now.getTime() - rules.cap.days * 86_400_000)} group by phone`,
    sql`select customer_id as "customerId", granted from consent
      where customer_id = any(${rules.kind === 'marketing' ? customers : []}::uuid[]) and purpose = 'marketing'`,
    sql`select customer_id as "customerId", subscribed from topic_subscription
      where customer_id = any(${rules.topic === null ? [] : customers}::uuid[]) and topic = ${rules.topic}`,
  ];
}

/** Reads the answers to `contactFactsOf`, in its order. */
export function readContactFacts([suppressed, touched, consents, subscriptions]: readonly QueryResult[]): (
  person: Person,
) => ContactFacts {
  const suppressions = Map.groupBy(rowsOf(Suppressed, suppressed), ({ phone }) => phone);
  const touches = new Map(rowsOf(Touched, touched).map(({ phone, count }) => [phone, count]));
  const granted = new Map(rowsOf(Consent, consents).map((row) => [row.customerId, row.granted]));
  const subscribed = new Map(rowsOf(Subscription, subscriptions).map((row) => [row.customerId, row.subscribed]));
  return ({ phone, customerId }) => ({
    suppressions: suppressions.get(phone) ?? [],
    consent: customerId === null ? null : (granted.get(customerId) ?? null),
    subscribed: customerId === null ? null : (subscribed.get(customerId) ?? null),
    recentContacts: touches.get(phone) ?? 0,
  });
}

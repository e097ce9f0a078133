import { z } from 'zod';
import { tiers } from './customer.ts';
import { sql, type Sql } from './sql.ts';
import { dayText, instant } from '../text/field.ts';

const plain = z.union([z.string().max(500), z.number(), z.boolean()]);
const bound = z.union([z.number(), dayText()]);
const Condition = z
  .strictObject({
    eq: plain.optional(),
    in: z.array(plain).min(1).max(1_000).optional(),
    gte: bound.optional(),
    lte: bound.optional(),
  })
  .refine((condition) => Object.keys(condition).length > 0, 'Say eq, in, gte or lte.');

/**
 * Who is in an open audience; everything named must hold, and {} is every customer. `eq` and `in` compare as text. `gte`
 * and `lte` compare numbers, or the calendar day when given `YYYY-MM-DD`; a value that is neither does not match.
 * `topic` asks for a subscription. `registeredAfter` is included, `registeredBefore` is not.
 */
export const AudienceFilter = z.strictObject({
  tiers: z.array(z.enum(tiers)).min(1).optional(),
  attributes: z.record(z.string().min(1).max(64), Condition).optional(),
  topic: z.string().min(1).max(64).optional(),
  consent: z.literal('marketing').optional(),
  registeredAfter: instant().optional(),
  registeredBefore: instant().optional(),
});
export type AudienceFilter = z.infer<typeof AudienceFilter>;

/** The filter as a condition on a customer row named `c`. */
export function filterCondition(filter: AudienceFilter): Sql {
  const conditions: Sql[] = [];
  if (filter.tiers) conditions.push(sql`c.tier = any(${filter.tiers})`);
  for (const [name, condition] of Object.entries(filter.attributes ?? {}))
    conditions.push(...attributeConditions(name, condition));
  if (filter.topic) {
    conditions.push(
      sql`exists (select from topic_subscription s where s.customer_id = c.id and s.topic = ${filter.topic} and s.subscribed)`,
    );
  }
  if (filter.consent) {
    conditions.push(
      sql`exists (select from consent k where k.customer_id = c.id and k.purpose = ${filter.consent} and k.granted)`,
    );
  }
  if (filter.registeredAfter) conditions.push(sql`c.created_at >= ${filter.registeredAfter}::timestamptz`);
  if (filter.registeredBefore) conditions.push(sql`c.created_at < ${filter.registeredBefore}::timestamptz`);
  return conditions.reduce((all, each) => sql`${all} and ${each}`, sql`true`);
}

function attributeConditions(name: string, condition: z.infer<typeof Condition>): Sql[] {
  const value = sql`c.attributes ->> ${name}::text`;
  const conditions: Sql[] = [];
  if (condition.eq !== undefined) conditions.push(sql`${value} = ${String(condition.eq)}`);
  if (condition.in) conditions.push(sql`${value} = any(${condition.in.map(String)})`);
  if (condition.gte !== undefined) conditions.push(compare(value, sql`>=`, condition.gte));
  if (condition.lte !== undefined) conditions.push(compare(value, sql`<=`, condition.lte));
  return conditions;
}

// Attributes are free text: `case` keeps the cast away from what is no number.
const compare = (value: Sql, operator: Sql, limit: number | string): Sql =>
  typeof limit === 'number'
    ? sql`case when ${value} ~ '^-?\\d{1,30}(\\.\\d{1,30})?$' then (${value})::numeric ${operator} ${limit}::numeric else false end`
    : sql`case when ${value} ~ '^\\d{4}-\\d{2}-\\d{2}' then left(${value}, 10) collate "C" ${operator} ${limit} else false end`;

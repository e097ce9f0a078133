import { z } from 'zod';
import { tiers } from '../customer/customer.db.ts';
import { sql, type Sql } from '../kernel/sql.db.ts';
import { dayText, instant } from '../kernel/field.rule.ts';

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
 * Who is in an open audience; everything named must hold, and {} is every customer. `eq` and `in` compare as text, or as
 * `gte` and `lte` do when given a number or `YYYY-MM-DD`: numbers and calendar days as people write them (1,000 · １００ ·
 * 2026/12/1 · 2026年12月1日). A value that is neither does not match, and the count says how many have one.
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
  if (condition.eq !== undefined) conditions.push(equals(value, condition.eq));
  if (condition.in) {
    const each = condition.in.filter(isTyped).map((wanted) => equals(value, wanted));
    const texts = sql`${value} = any(${condition.in.map(String)})`;
    conditions.push(sql`(${each.reduce((all, one) => sql`${all} or ${one}`, texts)})`);
  }
  if (condition.gte !== undefined) conditions.push(compare(value, sql`>=`, condition.gte));
  if (condition.lte !== undefined) conditions.push(compare(value, sql`<=`, condition.lte));
  return conditions;
}

const day = /^\d{4}-\d{2}-\d{2}$/;
const isTyped = (wanted: z.infer<typeof plain>): wanted is number | string =>
  typeof wanted === 'number' || (typeof wanted === 'string' && day.test(wanted));

// A number given as text is a code, and 007 is not 7.
const equals = (value: Sql, wanted: z.infer<typeof plain>): Sql =>
  isTyped(wanted) ? compare(value, sql`=`, wanted) : sql`${value} = ${String(wanted)}`;

/** The functions of migration 0023, which read as src/kernel/written-value.rule.ts does. What most files hold is compared without a call. */
const compare = (value: Sql, operator: Sql, limit: number | string): Sql =>
  typeof limit === 'number'
    ? sql`coalesce(case when ${value} ~ '^-?\\d{1,30}(\\.\\d{1,30})?$' then (${value})::numeric else written_number(${value}) end
        ${operator} ${limit}::numeric, false)`
    : sql`coalesce(case when ${value} ~ '^\\d{4}-\\d{2}-\\d{2}' then left(${value}, 10) collate "C" ${operator} ${limit}
        else written_date(${value}) ${operator} ${limit}::date end, false)`;

/**
 * What a filter compares as a number or a day, by attribute: people whose value can be read as neither are left out, and
 * `condition` finds them among those whom the rest of the filter names.
 */
export function unreadConditions(filter: AudienceFilter): { attribute: string; condition: Sql }[] {
  return Object.entries(filter.attributes ?? {}).flatMap(([attribute, each]) => {
    const limit = each.gte ?? each.lte;
    if (limit === undefined) return [];
    const { [attribute]: _, ...others } = filter.attributes ?? {};
    const value = sql`c.attributes ->> ${attribute}::text`;
    // What `compare` reads without a call needs none here either.
    const read =
      typeof limit === 'number'
        ? sql`${value} !~ '^-?\\d{1,30}(\\.\\d{1,30})?$' and written_number(${value}) is null`
        : sql`${value} !~ '^\\d{4}-\\d{2}-\\d{2}' and written_date(${value}) is null`;
    const rest = filterCondition({ ...filter, attributes: others });
    return [{ attribute, condition: sql`${rest} and coalesce(btrim(${value}), '') <> '' and ${read}` }];
  });
}

import { z } from 'zod';
import { inRange, type IdPlace, type RowRange } from '../person-change.db.ts';
import { execute, one, sql, type Sql, type Tx } from '../../kernel/sql.db.ts';
import { hold } from '../../kernel/lock.db.ts';
import { troubleWithNumbers } from './further.db.ts';

/** UUIDv7 (migrations/0095_import_in_steps.sql). */
export const newId: Sql = sql`new_id()`;

/** Steps of imports write one after another: two at once would wait for each other's customer ids in opposite orders. */
export const holdImports = (tx: Tx): Promise<unknown> => hold(tx, 'imports');

/** The line at which the next so many staged rows end, so many held ones among them at most; null when none is left. */
export const endOfStep = async (
  tx: Tx,
  { importId, after }: { importId: string; after: number },
  most: { rows: number; held: number },
): Promise<number | null> =>
  (
    await one(
      tx,
      z.object({ line: z.number().nullable() }),
      sql`select max(line) as line from (
          select line, count(*) filter (where person_change) over (order by line) as held from (
            select line, person_change from import_row where import_id = ${importId} and line > ${after}
            order by line limit ${most.rows}) step) counted
        where held <= ${most.held}`,
    )
  ).line;

/**
 * What a step joins is looked up row by row (`offset 0` keeps that), and what it joins with itself is hashed: the planner
 * knows neither how many of a million rows were written by the steps before nor how many this one has. What it would compile
 * for such costs (`jit`) takes longer than the step.
 */
const planStep = (tx: Tx): Promise<unknown> =>
  execute(tx, sql`select set_config('enable_nestloop', 'off', true), set_config('jit', 'off', true)`);

/** Of the file: where its rows have the customer id, under which heading it and the number stand, and whether rows bring further ones. */
export type Headings = IdPlace & { phoneColumn: string; bringsNumbers: boolean };

/** The rows of a step beside who has their numbers now, and why a row is left out after all: the file was checked earlier. */
const staged = (range: RowRange, { key, bringsNumbers }: Headings, ofCustomers: boolean): Sql =>
  sql`select r.line, r.phone, r.payload, c.id as known, c.external_id, c.name, c.tier, c.time_zone, c.attributes, r.person_change,
      case when c.external_id <> given.id then 'person-changed' when taken.id is not null then 'external-id-taken'
        when other.phone is not null then 'number-further' else ${bringsNumbers ? sql`trouble.reason` : sql`null`} end as reason,
      ${bringsNumbers ? sql`trouble.column_name` : sql`null::text`} as trouble_column,
      ${bringsNumbers ? sql`trouble.phone` : sql`null::text`} as trouble_phone
    from import_row r
    cross join lateral (select nullif(r.payload ->> ${key}::text, '') as id offset 0) given
    left join lateral (select * from customer c where c.phone = r.phone offset 0) c on true
    left join lateral (select c.id from customer c where c.external_id = given.id and c.phone <> r.phone offset 0) taken on true
    left join lateral (
      select n.phone from phone_number n
      where ${ofCustomers} and n.phone = r.phone and n.place > 1 and n.customer_id is not null offset 0) other on true
    ${bringsNumbers ? sql`left join lateral (${troubleWithNumbers}) trouble on r.payload ? 'numbers'` : sql``}
    where ${inRange(range)}`;

const ofNumbers = ['number-of-another', 'too-many-numbers'];

/** Keeps the rows that are left out as faults. */
const leftOut = ({ importId }: RowRange, { key, column, phoneColumn }: Headings): Sql =>
  sql`insert into import_error (import_id, line, column_name, masked_value, reason)
    select ${importId}, line,
      case when reason = 'number-further' then ${phoneColumn} when reason = any(${ofNumbers}) then trouble_column else ${column} end,
      case when reason = 'number-further' then substr(phone, 4, 3) || '****' || right(phone, 4)
        when reason = any(${ofNumbers}) then substr(trouble_phone, 4, 3) || '****' || right(trouble_phone, 4)
        else coalesce(left(payload ->> ${key}::text, 1), '') || '**' end, reason
    from staged where reason is not null returning line`;

const CustomersRow = z.object({
  rows: z.number(),
  leftOut: z.number(),
  written: z.number(),
  consents: z.number(),
  subscriptions: z.number(),
  heldConsents: z.number(),
  members: z.number(),
});
export type StepOfCustomers = z.infer<typeof CustomersRow>;

/** Removes the rows of a step; those with further numbers wait for `takeNumbers`, unless they are left out. */
const ended = (range: RowRange, waiting: Sql | null): Sql =>
  sql`delete from import_row r where ${inRange(range)}
    ${waiting === null ? sql`` : sql`and not (r.payload ? 'numbers' and r.line in ${waiting})`}`;

/**
 * Writes the staged rows of a step into customers, by phone. What a row does not say stays as it is; attributes are merged.
 * A no to marketing or to a topic that did not come from an import is the person's own word (a reply, a call, a form):
 * an import never turns it into a yes. A no of an import may be turned by a later import, and a no always counts.
 * `audience` numbers those taken over from there as its members. The caller holds `holdImports`, and has taken over the
 * numbers of held rows: the moves name the new customers' ids.
 */
export async function acceptCustomers(
  tx: Tx,
  range: RowRange,
  { audience, now, headings }: { audience: { id: string; size: number } | null; now: Date; headings: Headings },
): Promise<StepOfCustomers> {
  await planStep(tx);
  const source = `import:${range.importId}`;
  return one(
    tx,
    CustomersRow,
    sql`with staged as materialized (${staged(range, headings, true)}),
      left_out as (${leftOut(range, headings)}),
      put as (
        insert into customer as c (id, external_id, phone, name, tier, time_zone, attributes, created_at, updated_at)
        select coalesce(v.to_customer, ${newId}), payload ->> 'externalId', s.phone, payload ->> 'name', payload ->> 'tier',
          payload ->> 'timeZone', coalesce(payload -> 'attributes', '{}'), ${now}, ${now}
        from staged s left join lateral (
          select to_customer from phone_number_move v
          where s.person_change and v.phone = s.phone and v.source = ${source} and v.from_customer is not null offset 0) v on true
        where s.reason is null and (s.known is null
          or (coalesce(payload ->> 'externalId', s.external_id), coalesce(payload ->> 'name', s.name),
              coalesce(payload ->> 'tier', s.tier), coalesce(payload ->> 'timeZone', s.time_zone),
              s.attributes || coalesce(payload -> 'attributes', '{}'))
            is distinct from (s.external_id, s.name, s.tier, s.time_zone, s.attributes))
        order by s.phone
        on conflict (phone) do update set
          external_id = coalesce(excluded.external_id, c.external_id), name = coalesce(excluded.name, c.name),
          tier = coalesce(excluded.tier, c.tier), time_zone = coalesce(excluded.time_zone, c.time_zone),
          attributes = c.attributes || excluded.attributes, updated_at = excluded.updated_at
        where coalesce(excluded.external_id = c.external_id, true)
        returning id, phone),
      people as materialized (
        select s.line, s.phone, s.payload, s.known, coalesce(p.id, s.known) as id
        from staged s left join put p on p.phone = s.phone where s.reason is null and coalesce(p.id, s.known) is not null),
      answers as materialized (
        select p.id, (p.payload -> 'consent')::boolean as granted, k.granted as before, k.source
        from people p left join lateral (
          select granted, source from consent k where k.customer_id = p.known and k.purpose = 'marketing' offset 0) k on true
        where p.payload ? 'consent'),
      consented as (
        insert into consent as k (customer_id, purpose, granted, source, changed_at)
        select id, 'marketing', granted, ${source}, ${now} from answers
        where before is null or (before is distinct from granted and (before or source like 'import:%')) order by id
        on conflict (customer_id, purpose) do update
          set granted = excluded.granted, source = excluded.source, changed_at = excluded.changed_at
        where k.granted is distinct from excluded.granted and (k.granted or k.source like 'import:%') returning 1),
      subscribed as (
        insert into topic_subscription as s (customer_id, topic, subscribed, source, changed_at)
        select p.id, wanted.code, true, ${source}, ${now}
        from people p cross join lateral jsonb_array_elements_text(p.payload -> 'topics') as wanted (code)
        where p.payload ? 'topics' order by p.id, wanted.code
        on conflict (customer_id, topic) do update
          set subscribed = true, source = excluded.source, changed_at = excluded.changed_at
        where not s.subscribed and s.source like 'import:%' returning 1),
      listed as (
        insert into audience_member (audience_id, seq, customer_id, phone, variables)
        select ${audience?.id ?? null}::uuid, ${audience?.size ?? 0}::int + row_number() over (order by line), id, phone, '{}'
        from people where ${audience !== null} returning 1),
      gone as (${ended(range, headings.bringsNumbers ? sql`(select line from people)` : null)})
      select (select count(*) from staged) as rows, (select count(*) from left_out) as "leftOut",
        (select count(*) from put) as written,
        (select count(*) from consented) as consents, (select count(*) from subscribed) as subscriptions,
        (select count(*) from answers where granted and not before and source not like 'import:%') as "heldConsents",
        (select count(*) from listed) as members`,
  );
}

const MembersRow = CustomersRow.pick({ rows: true, leftOut: true, members: true });

/** Numbers the staged rows of a step, in the order of the file, as members of the audience. */
export async function acceptMembers(
  tx: Tx,
  range: RowRange,
  { audience, headings }: { audience: { id: string; size: number }; headings: Headings },
): Promise<z.infer<typeof MembersRow>> {
  await planStep(tx);
  return one(
    tx,
    MembersRow,
    sql`with staged as materialized (${staged(range, headings, false)}),
      left_out as (${leftOut(range, headings)}),
      listed as (
        insert into audience_member (audience_id, seq, customer_id, phone, variables)
        select ${audience.id}, ${audience.size}::int + row_number() over (order by line), known, phone, payload
        from staged where reason is null returning 1),
      gone as (${ended(range, null)})
      select (select count(*) from staged) as rows, (select count(*) from left_out) as "leftOut",
        (select count(*) from listed) as members`,
  );
}

import { z } from 'zod';
import type { IdPlace } from '../person-change.db.ts';
import { numbersAtMost } from '../number.rule.ts';
import { execute, one, sql, type Sql, type Tx } from '../../kernel/sql.db.ts';

/** The numbers that a staged row `r` brings besides the first: (said, nth). */
export const said: Sql = sql`jsonb_array_elements(r.payload -> 'numbers') with ordinality as f (said, nth)`;

/** What stands of a further number `f.said`, as `n`; looked up by its key, whatever the planner thinks of joins. */
export const standing: Sql = sql`left join lateral (select * from phone_number n where n.phone = f.said ->> 'phone' offset 0) n on true`;

/** The masked value of a number, for a list of faults. */
const masked = (phone: Sql): Sql => sql`substr(${phone}, 4, 3) || '****' || right(${phone}, 4)`;

/**
 * Why a staged row `r` of a customer `c` (absent where the row is somebody new) cannot be taken for its further numbers, at most
 * one row (phone, column_name, reason): only a person takes a number from another customer, and nobody has more than ten.
 */
export const troubleWithNumbers: Sql = sql`
  select said ->> 'phone' as phone, said ->> 'column' as column_name,
    case when another then 'number-of-another' else 'too-many-numbers' end as reason
  from (
    select f.said, f.nth, n.customer_id is not null and n.customer_id is distinct from c.id as another,
      n.customer_id is null as fresh, count(*) filter (where n.customer_id is null) over (order by f.nth) as added
    from ${said} ${standing}) numbers
  where another or (fresh and added + 1
    + (select count(*) from phone_number s where s.customer_id = c.id and s.place > 1) > ${numbersAtMost})
  order by another desc, nth limit 1`;

/**
 * Refuses rows with a further number that another row has too, or another customer on record: whose it is cannot be told, as of a
 * first number. A row that gives another customer id to its first number is of nobody on record here.
 */
export async function refuseNumbersOfOthers(
  tx: Tx,
  importId: string,
  phoneColumn: string,
  place: IdPlace | null,
): Promise<number> {
  const { rowCount } = await execute(
    tx,
    sql`with given as materialized (
        select r.line, f.said ->> 'phone' as phone, f.said ->> 'column' as column_name
        from import_row r cross join lateral ${said} where r.import_id = ${importId} and r.payload ? 'numbers'),
      places as materialized (
        select * from given union all
        select r.line, r.phone, ${phoneColumn} from import_row r
        where r.import_id = ${importId} and r.phone in (select phone from given)),
      -- Of a number that somebody on record has it is known whose it is.
      shared as (
        select p.line, p.phone, p.column_name,
          'number-of-two:' || case when p.line = s.first then s.last else s.first end as reason
        from places p join (
          select phone, min(line) as first, max(line) as last from places group by phone having min(line) <> max(line)) s
          on s.phone = p.phone
        where not exists (select from phone_number n where n.phone = p.phone and n.customer_id is not null)),
      of_others as (
        select r.line, t.phone, t.column_name, t.reason
        from import_row r
        left join customer c on c.phone = r.phone
          and coalesce(c.external_id = nullif(r.payload ->> ${place?.key ?? ''}::text, ''), true)
        cross join lateral (${troubleWithNumbers}) t
        where r.import_id = ${importId} and r.payload ? 'numbers'),
      doomed as (
        select distinct on (line) * from (select * from shared union all select * from of_others) faults order by line, reason),
      gone as (
        delete from import_row r using doomed d where r.import_id = ${importId} and r.line = d.line
        returning d.line, d.column_name, d.phone, d.reason)
      insert into import_error (import_id, line, column_name, masked_value, reason)
      select ${importId}, line, column_name, ${masked(sql`phone`)}, reason from gone`,
  );
  return rowCount ?? 0;
}

/** Of a further number `f.said` of customer `c` and what stands of it as `n`: whether a file that says so changes anything. */
export const changes: Sql = sql`(n.customer_id is distinct from c.id or coalesce(f.said ->> 'kind' <> n.kind, false)
  or (f.said ? 'until' and (f.said ->> 'until')::date is distinct from n.valid_until))`;

/** Of a staged row `r` with payload `p` and its customer `c`: whether its further numbers stand as it says. */
export const numbersStand: Sql = sql`(not p ? 'numbers' or not exists (
  select from ${said} ${standing} where ${changes}))`;

const CountRow = z.object({ numbers: z.number(), people: z.number() });
export type FurtherNumbers = z.infer<typeof CountRow>;

/** How many numbers an acceptance would write down, and of how many people. */
export const countNumbers = (tx: Tx, importId: string): Promise<FurtherNumbers> =>
  one(
    tx,
    CountRow,
    sql`select count(*) as numbers, count(distinct r.line) as people
      from import_row r cross join lateral ${said} ${standing}
      where r.import_id = ${importId} and r.payload ? 'numbers' and not r.person_change and n.customer_id is null`,
  );

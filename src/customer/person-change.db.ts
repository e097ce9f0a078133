import { z } from 'zod';
import { endedStates } from '../kernel/campaign-state.rule.ts';
import { execute, many, one, sql, type Db, type Sql, type Tx } from '../kernel/sql.db.ts';
import { ofTheNumber } from './number.rule.ts';
import { isActive } from './silence.db.ts';

/** Where the customer id of a staged row stands: under `key` of its payload, in the `column` of that name. */
export type IdPlace = { key: string; column: string };

const idOf = (row: string, { key }: IdPlace): Sql => {
  const payload: Sql = { text: `${row}.payload`, values: [] };
  return sql`nullif(${payload} ->> ${key}::text, '')`;
};

/** Moves the rows that `doomed` gives as (line, reason) to the faults; gives how many. */
async function refuse(tx: Tx, importId: string, place: IdPlace, doomed: Sql): Promise<number> {
  const { rowCount } = await execute(
    tx,
    sql`with doomed as (${doomed}),
      gone as (
        delete from import_row r using doomed
        where r.import_id = ${importId} and r.line = doomed.line returning r.line, ${idOf('r', place)} as id, doomed.reason)
      insert into import_error (import_id, line, column_name, masked_value, reason)
      select ${importId}, line, ${place.column}, coalesce(left(id, 1) || '**', ''), reason from gone`,
  );
  return rowCount ?? 0;
}

/**
 * Refuses the later of several rows with one number. With other customer ids in them nobody knows whose it is: then the
 * first is refused as well (`refuseDoubtfulIds`).
 */
export async function refuseRepeatedNumbers(
  tx: Tx,
  importId: string,
  phoneColumn: string,
  place: IdPlace | null,
): Promise<number> {
  const id = place === null ? sql`null::text` : idOf('r', place);
  const { rowCount } = await execute(
    tx,
    sql`with repeated as (select phone from import_row where import_id = ${importId} group by phone having count(*) > 1),
      places as (
        select line, id, first_value(line) over same as first_line, first_value(id) over same as first_id
        from (select r.line, r.phone, ${id} as id from import_row r join repeated on repeated.phone = r.phone
          where r.import_id = ${importId}) found
        window same as (partition by phone order by line)),
      gone as (
        delete from import_row r using places p
        where r.import_id = ${importId} and r.line = p.line and p.line <> p.first_line
        returning r.line, r.phone,
          case when p.id <> p.first_id then 'number-of-two:' else 'duplicate:' end || p.first_line as reason)
      insert into import_error (import_id, line, column_name, masked_value, reason)
      select ${importId}, line, ${phoneColumn}, substr(phone, 4, 3) || '****' || right(phone, 4), reason from gone`,
  );
  return rowCount ?? 0;
}

/**
 * Refuses what cannot be told apart: a customer id in several rows, a number of which the file says that two people have it
 * (the later rows are faults already, the first goes as well), and an id that a customer with another number has.
 */
export async function refuseDoubtfulIds(tx: Tx, importId: string, place: IdPlace): Promise<number> {
  const repeated = await refuse(
    tx,
    importId,
    place,
    sql`select line, 'duplicate-external-id:' || case when line = first_line then second_line else first_line end as reason from (
        select line, min(line) over same as first_line, nth_value(line, 2) over same as second_line
        from (select r.line, ${idOf('r', place)} as id from import_row r where r.import_id = ${importId}
            and ${idOf('r', place)} in (
              select ${idOf('r', place)} from import_row r where r.import_id = ${importId} group by 1 having count(*) > 1)) ids
        window same as (partition by id order by line rows between unbounded preceding and unbounded following)) places
      where second_line is not null`,
  );
  const shared = await refuse(
    tx,
    importId,
    place,
    sql`select split_part(reason, ':', 2)::int as line, 'number-of-two:' || min(line) as reason from import_error
      where import_id = ${importId} and reason like 'number-of-two:%' group by 1, import_error.reason`,
  );
  const taken = await refuse(
    tx,
    importId,
    place,
    sql`select r.line, 'external-id-taken' as reason from import_row r join customer c on c.external_id = ${idOf('r', place)}
      where r.import_id = ${importId} and c.phone <> r.phone`,
  );
  return shared + repeated + taken;
}

/** Numbers that are not the first of whoever has them; few people have several. */
const further = sql`(select phone from phone_number where place > 1 and customer_id is not null)`;

/**
 * Refuses rows whose number is a further one of a customer: a file knows people by their first, and a person must not come to
 * stand in the house twice. Whose number it is, and whether it passed on, is decided on the customer's page.
 */
export async function refuseFurtherNumbers(tx: Tx, importId: string, column: string): Promise<number> {
  const { rowCount } = await execute(
    tx,
    sql`with gone as (
        delete from import_row r using ${further} n where r.import_id = ${importId} and n.phone = r.phone returning r.line, r.phone)
      insert into import_error (import_id, line, column_name, masked_value, reason)
      select ${importId}, line, ${column}, substr(phone, 4, 3) || '****' || right(phone, 4), 'number-further' from gone`,
  );
  return rowCount ?? 0;
}

/** Rows of a file that give another customer id to a number on record. */
const changed = (importId: string, place: IdPlace): Sql =>
  sql`import_row r join customer c on c.phone = r.phone where r.import_id = ${importId} and c.external_id <> ${idOf('r', place)}`;

/** Refuses them: of an audience nobody can be taken over, since its rows are no customers. */
export const refusePersonChanges = (tx: Tx, importId: string, place: IdPlace): Promise<number> =>
  refuse(tx, importId, place, sql`select r.line, 'person-changed' as reason from ${changed(importId, place)}`);

/** Holds them: they are faults until somebody says, at the acceptance, that the numbers have passed on. */
export async function holdPersonChanges(tx: Tx, importId: string, place: IdPlace): Promise<number> {
  const { rowCount } = await execute(
    tx,
    sql`with held as (
        update import_row h set person_change = true from (select r.line from ${changed(importId, place)}) found
        where h.import_id = ${importId} and h.line = found.line returning h.line, ${idOf('h', place)} as id)
      insert into import_error (import_id, line, column_name, masked_value, reason)
      select ${importId}, line, ${place.column}, left(id, 1) || '**', 'person-changed' from held`,
  );
  return rowCount ?? 0;
}

const CountRow = z.object({ n: z.number() });

/** The rows of an acceptance that are taken over together: lines after `after`, up to `upTo`. */
export type RowRange = { importId: string; after: number; upTo: number };
export const inRange = ({ importId, after, upTo }: RowRange): Sql =>
  sql`r.import_id = ${importId} and r.line > ${after} and r.line <= ${upTo}`;

/** Whether campaigns that have not ended may still write to the number of `r`; a list that is being frozen counts for all. */
const awaited: Sql = sql`exists (
  select from campaign k where k.state = 'freezing' or (k.state <> 'draft' and k.state <> all(${endedStates})
    and exists (select from audience_member m where m.audience_id = k.frozen_audience_id and m.phone = r.phone)))`;

/** How many of the held numbers campaigns that have not ended may still write to. */
export const countAwaited = async (tx: Tx, importId: string): Promise<number> =>
  (
    await one(
      tx,
      CountRow,
      sql`select count(*) as n from import_row r where r.import_id = ${importId} and r.person_change and ${awaited}`,
    )
  ).n;

/** No's in force of who has the held numbers: they stay with those people when the numbers pass on. */
export const heldNos = async (db: Db, importId: string, now: Date): Promise<number> =>
  (
    await one(
      db,
      CountRow,
      sql`select count(*) as n from import_row r join suppression s on s.phone = r.phone and s.customer_id is null
        where r.import_id = ${importId} and r.person_change and ${isActive(now)} and s.kind <> all(${[...ofTheNumber]}::text[])`,
    )
  ).n;

/** Drops held rows, which stay faults: all, or those whose numbers campaigns have come to await meanwhile. */
export async function dropHeld(tx: Tx, range: RowRange, which: 'all' | 'awaited'): Promise<number> {
  const { rowCount } = await execute(
    tx,
    sql`delete from import_row r where ${inRange(range)} and r.person_change and (${which === 'all'} or ${awaited})`,
  );
  return rowCount ?? 0;
}

/** Keeps the records of customers who end as such, as evidence. `ending` gives them as (id, new_id): who has the number now. */
export async function keepFormer(tx: Tx, ending: Sql, { at, source }: { at: Date; source: string }): Promise<number> {
  const { rowCount } = await execute(
    tx,
    sql`insert into former_customer (id, phone, external_id, name, tier, attributes, consents, topics, reveals, created_at,
        replaced_by, replaced_at, source)
      select c.id, c.phone, c.external_id, c.name, c.tier, c.attributes,
        coalesce((select jsonb_agg(to_jsonb(k) - 'customer_id') from consent k where k.customer_id = c.id), '[]'),
        coalesce((select jsonb_agg(to_jsonb(t) - 'customer_id') from topic_subscription t where t.customer_id = c.id), '[]'),
        coalesce((select jsonb_agg(to_jsonb(v) - 'customer_id') from reveal v where v.customer_id = c.id), '[]'),
        c.created_at, e.new_id, ${at}, ${source}
      from ${ending} e join customer c on c.id = e.id`,
  );
  return rowCount ?? 0;
}

/** Takes numbers out of the lists that came from files and are not frozen: what the file says of them is about whoever had them. */
export async function leaveOpenLists(tx: Tx, phones: Sql): Promise<number> {
  const { n } = await one(
    tx,
    CountRow,
    sql`with gone as (
        delete from audience_member m using audience a
        where a.state in ('open', 'filling') and m.audience_id = a.id and m.phone in ${phones} returning m.audience_id),
      sized as (
        update audience a set size = a.size - n from (select audience_id, count(*) as n from gone group by 1) counted
        where a.id = counted.audience_id)
      select count(*) as n from gone`,
  );
  return n;
}

const Passing = z.object({ phone: z.string(), formerId: z.uuid() });

/**
 * The held numbers that pass to other people, with who has them; those customers are held, in the order of their numbers. A row
 * whose number or customer id became somebody else's since the check passes nothing on.
 */
export const holdPassing = (tx: Tx, range: RowRange, place: IdPlace): Promise<z.infer<typeof Passing>[]> =>
  many(
    tx,
    Passing,
    sql`select r.phone, c.id as "formerId" from import_row r join customer c on c.phone = r.phone
      where ${inRange(range)} and r.person_change and c.external_id <> ${idOf('r', place)}
        and not exists (select from customer o where o.external_id = ${idOf('r', place)})
      order by r.phone for no key update of c`,
  );

/** The held rows of a step are faults no more: what they say is done. */
export const forgetPersonChanges = (tx: Tx, range: RowRange) =>
  execute(
    tx,
    sql`delete from import_error e using import_row r
      where ${inRange(range)} and r.person_change and e.import_id = r.import_id and e.line = r.line and e.reason = 'person-changed'`,
  );

import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { from as copyFrom } from 'pg-copy-streams';
import { z } from 'zod';
import { stagedColumns } from './batch.rule.ts';
import { numbersStand } from './further.db.ts';
import { execute, many, one, sql, type Db, type PoolClient, type Tx } from '../../kernel/sql.db.ts';

/** Of a duplicate, `firstLine` tells where the first stands; stored as `<reason>:<line>`. */
export type StoredFault = {
  line: number;
  column: string;
  value: string;
  reason: string;
  firstLine?: number | undefined;
};

/** Stages the rows of a batch (batch.rule.ts). */
export async function stageRows(connection: PoolClient, lines: string): Promise<void> {
  await pipeline(
    Readable.from([Buffer.from(lines)]),
    connection.query(copyFrom(`copy import_row (${stagedColumns.join(', ')}) from stdin`)),
  );
}

export async function insertFaults(db: Db, importId: string, faults: readonly StoredFault[]): Promise<void> {
  const reasons = faults.map(({ reason, firstLine }) => (firstLine === undefined ? reason : `${reason}:${firstLine}`));
  await execute(
    db,
    sql`insert into import_error (import_id, line, column_name, masked_value, reason)
      select ${importId}, * from unnest(${faults.map((fault) => fault.line)}::int[], ${faults.map((fault) => fault.column)}::text[],
        ${faults.map((fault) => fault.value)}::text[], ${reasons}::text[])`,
  );
}

const FaultRow = z
  .object({ line: z.number(), column: z.string(), value: z.string(), reason: z.string(), position: z.string() })
  .transform(({ reason, ...rest }) => {
    const [code = '', first] = reason.split(':');
    return { ...rest, reason: code, ...(first === undefined ? {} : { firstLine: Number(first) }) };
  });

/** In the order of the file. `after` is the `position` of the last row seen. */
export const listFaults = (
  db: Db,
  importId: string,
  after: string | null,
  limit: number,
): Promise<z.infer<typeof FaultRow>[]> => {
  const [line = 0, column = '', reason = ''] = after === null ? [] : (JSON.parse(after) as [number, string, string]);
  return many(
    db,
    FaultRow,
    sql`select line, column_name as "column", masked_value as value, reason,
        json_build_array(line, column_name, reason)::text as position
      from import_error
      where import_id = ${importId} and (${after === null}
        or line >= ${line}::int and (line, column_name collate "C", reason collate "C") > (${line}::int, ${column}::text, ${reason}::text))
      order by line, column_name collate "C", reason collate "C" limit ${limit}`,
  );
};

/**
 * Tells the planner that the rows of this import exist, before the whole of it is compared: with the statistics of an
 * earlier import a million rows pass for one, and the comparison ran for more than seven minutes instead of seconds.
 */
export const refreshStatistics = (db: Db): Promise<unknown> => execute(db, sql`analyze import_row`);

/**
 * A million rows are compared with a million customers a handful of times, one file at a time: in the usual 4 MB each of
 * these comparisons goes by way of the disk.
 */
export const compareInMemory = (tx: Tx): Promise<unknown> => execute(tx, sql`set local work_mem = '64MB'`);

const DryRunRow = z.object({
  newRows: z.number(),
  changedRows: z.number(),
  sameRows: z.number(),
  heldConsents: z.number(),
});
export type DryRun = z.infer<typeof DryRunRow>;

/** What accepting would do, by today's customers; further numbers are looked at where the file brings some. */
export const compareCustomers = (tx: Tx, importId: string, bringsNumbers: boolean): Promise<DryRun> =>
  one(
    tx,
    DryRunRow,
    sql`with compared as (
        select c.id is null as fresh,
          held.consent as held,
          (coalesce(p ->> 'externalId', c.external_id), coalesce(p ->> 'name', c.name), coalesce(p ->> 'tier', c.tier),
              coalesce(p ->> 'timeZone', c.time_zone),
              c.attributes || coalesce(p -> 'attributes', '{}'))
            is not distinct from (c.external_id, c.name, c.tier, c.time_zone, c.attributes)
          and (not p ? 'consent' or held.consent or k.granted is not distinct from (p -> 'consent')::boolean)
          and (not p ? 'topics' or not exists (
            select from jsonb_array_elements_text(p -> 'topics') as wanted (code)
            left join topic_subscription t on t.customer_id = c.id and t.topic = wanted.code
            where t.subscribed is null or (not t.subscribed and t.source like 'import:%')))
          ${bringsNumbers ? sql`and ${numbersStand}` : sql``} as same
        from import_row r
        cross join lateral (select r.payload as p) payload
        left join customer c on c.phone = r.phone
        left join consent k on k.customer_id = c.id and k.purpose = 'marketing'
        cross join lateral (
          select coalesce((p -> 'consent')::boolean and not k.granted and k.source not like 'import:%', false) as consent) held
        where r.import_id = ${importId} and not r.person_change)
      select count(*) filter (where fresh) as "newRows", count(*) filter (where not fresh and not same) as "changedRows",
        count(*) filter (where not fresh and same) as "sameRows", count(*) filter (where held) as "heldConsents"
      from compared`,
  );

/** Of an audience: members that are customers already count as `same`, the others as `new`. */
export const compareMembers = (tx: Tx, importId: string): Promise<DryRun> =>
  one(
    tx,
    DryRunRow,
    sql`select count(*) filter (where c.id is null) as "newRows", 0 as "changedRows", count(c.id) as "sameRows", 0 as "heldConsents"
      from import_row r left join customer c on c.phone = r.phone where r.import_id = ${importId}`,
  );

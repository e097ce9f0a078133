import { z } from 'zod';
import { takeOver, type TakenOver } from '../person-change.db.ts';
import { execute, one, sql, type Sql, type Tx } from '../../kernel/sql.db.ts';
import { locks } from '../../kernel/locks.ts';

// PostgreSQL before 18 makes no UUIDv7: the first 48 bits of a random one become milliseconds, its version bits 7.
const uuidV7: Sql = sql`encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
  placing substring(int8send((extract(epoch from clock_timestamp()) * 1000)::bigint) from 3) from 1 for 6), 52, 1), 53, 1), 'hex')::uuid`;

export type AcceptedCustomers = {
  written: number;
  consents: number;
  subscriptions: number;
  heldConsents: number;
  takenOver: TakenOver;
};

/** Imports write one after another: two at once would wait for each other's customer ids in opposite orders. */
export const holdImports = (tx: Tx): Promise<unknown> =>
  execute(tx, sql`select pg_advisory_xact_lock(${locks.imports})`);

/**
 * Writes the staged rows into customers, by phone. What a row does not say stays as it is; attributes are merged.
 * A no to marketing or to a topic that did not come from an import is the person's own word (a reply, a call, a form):
 * an import never turns it into a yes. A no of an import may be turned by a later import, and a no always counts.
 * Rows held as a person change are left out, or taken over as new people. The caller holds `holdImports`.
 */
export async function acceptCustomers(
  tx: Tx,
  importId: string,
  { takesOver, now }: { takesOver: boolean; now: Date },
): Promise<AcceptedCustomers> {
  const takenOver = takesOver ? await takeOver(tx, importId, uuidV7, now) : { people: 0, leftAudiences: 0 };
  const staged = sql`(select * from import_row where import_id = ${importId} and (${takesOver} or not person_change))`;
  const written = await execute(
    tx,
    sql`insert into customer as c (id, external_id, phone, name, tier, attributes, created_at, updated_at)
      select coalesce(f.replaced_by, ${uuidV7}), payload ->> 'externalId', r.phone, payload ->> 'name', payload ->> 'tier',
        coalesce(payload -> 'attributes', '{}'), ${now}, ${now}
      from ${staged} r left join former_customer f on f.phone = r.phone and f.source = ${`import:${importId}`} order by r.phone
      on conflict (phone) do update set
        external_id = coalesce(excluded.external_id, c.external_id), name = coalesce(excluded.name, c.name),
        tier = coalesce(excluded.tier, c.tier), attributes = c.attributes || excluded.attributes, updated_at = excluded.updated_at
      where coalesce(excluded.external_id = c.external_id, true)
        and (coalesce(excluded.external_id, c.external_id), coalesce(excluded.name, c.name), coalesce(excluded.tier, c.tier),
          c.attributes || excluded.attributes)
        is distinct from (c.external_id, c.name, c.tier, c.attributes)`,
  );
  const source = `import:${importId}`;
  const { held } = await one(
    tx,
    z.object({ held: z.number() }),
    sql`select count(*) as held from ${staged} r join customer c on c.phone = r.phone
        join consent k on k.customer_id = c.id and k.purpose = 'marketing'
      where (r.payload -> 'consent')::boolean and not k.granted and k.source not like 'import:%'`,
  );
  const consents = await execute(
    tx,
    sql`insert into consent as k (customer_id, purpose, granted, source, changed_at)
      select c.id, 'marketing', (r.payload -> 'consent')::boolean, ${source}, ${now}
      from ${staged} r join customer c on c.phone = r.phone
      where r.payload ? 'consent' order by c.id
      on conflict (customer_id, purpose) do update set granted = excluded.granted, source = excluded.source, changed_at = excluded.changed_at
      where k.granted is distinct from excluded.granted and (k.granted or k.source like 'import:%')`,
  );
  const subscriptions = await execute(
    tx,
    sql`insert into topic_subscription as s (customer_id, topic, subscribed, source, changed_at)
      select c.id, wanted.code, true, ${source}, ${now}
      from ${staged} r join customer c on c.phone = r.phone
      cross join lateral jsonb_array_elements_text(r.payload -> 'topics') as wanted (code)
      where r.payload ? 'topics' order by c.id, wanted.code
      on conflict (customer_id, topic) do update set subscribed = true, source = excluded.source, changed_at = excluded.changed_at
      where not s.subscribed and s.source like 'import:%'`,
  );
  return {
    written: written.rowCount ?? 0,
    consents: consents.rowCount ?? 0,
    subscriptions: subscriptions.rowCount ?? 0,
    heldConsents: held,
    takenOver,
  };
}

/** Numbers the staged rows 1..n in the order of the file as members of the audience. */
export async function acceptMembers(tx: Tx, importId: string, audienceId: string): Promise<number> {
  const { rowCount } = await execute(
    tx,
    sql`insert into audience_member (audience_id, seq, customer_id, phone, variables)
      select ${audienceId}, row_number() over (order by r.line), c.id, r.phone, r.payload
      from import_row r left join customer c on c.phone = r.phone where r.import_id = ${importId}`,
  );
  return rowCount ?? 0;
}

const takenRows = (importId: string, takesOver: boolean): Sql =>
  sql`import_row r join customer c on c.phone = r.phone where r.import_id = ${importId} and (${takesOver} or not r.person_change)`;

/** How many of the staged customers have been taken over. */
export async function countTaken(tx: Tx, importId: string, { takesOver }: { takesOver: boolean }): Promise<number> {
  const { n } = await one(
    tx,
    z.object({ n: z.number() }),
    sql`select count(*)::int as n from ${takenRows(importId, takesOver)}`,
  );
  return n;
}

/** The customers that were just taken over, in the order of the file, as members of the audience: their data stand with them. */
export const acceptTaken = (tx: Tx, importId: string, audienceId: string, { takesOver }: { takesOver: boolean }) =>
  execute(
    tx,
    sql`insert into audience_member (audience_id, seq, customer_id, phone, variables)
      select ${audienceId}, row_number() over (order by r.line), c.id, r.phone, '{}'
      from ${takenRows(importId, takesOver)}`,
  );

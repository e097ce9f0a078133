import { z } from 'zod';
import { members, type MemberOrigin } from '../../audience/audience.db.ts';
import { many, one, sql, type Sql, type Tx } from '../../kernel/sql.db.ts';
import { tierWeights } from '../task.rule.ts';

const weightOf = (tier: Sql): Sql =>
  sql`case ${tier} when 'diamond' then ${tierWeights.diamond}::int when 'gold' then ${tierWeights.gold} when 'silver' then ${tierWeights.silver}
    when 'bronze' then ${tierWeights.bronze} else 0 end`;

/** A task whose person has left a source is there still: they come back as the same task. */
const ofSource = 'customer:';

const Filled = z.object({
  people: z.number(),
  added: z.number(),
  returned: z.number(),
  left: z.number(),
  strangers: z.number(),
});

/**
 * Brings a list to what its filter or audience says now: who is new is added, who came back waits again, and who has left it and waits is
 * removed; whoever was spoken to stays as they are. Numbers that nobody has become customers, as a file's do.
 */
export async function fillFrom(
  tx: Tx,
  list: { id: string; kind: string },
  source: MemberOrigin,
  when: { now: Date; dueAt: Date },
): Promise<z.infer<typeof Filled>> {
  const strangers = await addStrangers(tx, members(source, when.now), when.now);
  return one(
    tx,
    Filled,
    sql`with people as materialized (
        select distinct on (m.customer_id) m.customer_id, m.tier from (${members(source, when.now)}) m
        where m.customer_id is not null and not m.twice),
      put as (
        insert into call_task as t (id, list_id, customer_id, kind, source_key, weight, due_at, not_before, state_at, created_at)
        select new_id(), ${list.id}, p.customer_id, ${list.kind}, ${ofSource} || p.customer_id, ${weightOf(sql`p.tier`)}, ${when.dueAt},
          ${when.now}, ${when.now}, ${when.now}
        from people p order by p.customer_id
        on conflict (list_id, source_key) do update set state = 'waiting', state_reason = null, state_at = ${when.now}, due_at = ${when.dueAt}
          where t.state = 'removed' and t.state_reason = 'left-filter'
        returning xmax = 0 as is_new),
      gone as (
        update call_task t set state = 'removed', state_reason = 'left-filter', state_at = ${when.now}
        where t.list_id = ${list.id} and t.state = 'waiting' and t.source_key like ${`${ofSource}%`}
          and not exists (select from people p where p.customer_id = t.customer_id) returning 1)
      select (select count(*) from people) as people, (select count(*) from put where is_new) as added,
        (select count(*) from put where not is_new) as returned, (select count(*) from gone) as left, ${strangers}::int as strangers`,
  );
}

/** Customers for numbers that nobody has; what was ever said of the number stays with it. */
async function addStrangers(tx: Tx, source: Sql, now: Date): Promise<number> {
  const made = await many(
    tx,
    z.object({ id: z.uuid() }),
    sql`insert into customer (id, phone, attributes, created_at, updated_at)
      select new_id(), s.phone, '{}', ${now}, ${now}
      from (select distinct m.phone from (${source}) m where m.customer_id is null) s order by s.phone
      on conflict (phone) do nothing returning id`,
  );
  return made.length;
}

export type NewCase = {
  /** Of the customer; null where the number says who it is. */
  externalId: string | null;
  phone: string | null;
  kind: string;
  reason: string;
  sourceKey: string;
  promisedAt: Date | null;
  promisedBy: string | null;
  dueAt: Date;
};

const Added = z.object({
  place: z.number(),
  customerId: z.uuid().nullable(),
  taskId: z.uuid().nullable(),
  isNew: z.boolean(),
});

/** Adds cases, each once by its source key; `customerId` null: there is no such customer, and no number to make one of. */
export async function addCases(
  tx: Tx,
  listId: string,
  cases: readonly NewCase[],
  now: Date,
): Promise<z.infer<typeof Added>[]> {
  const column = <K extends keyof NewCase>(key: K): NewCase[K][] => cases.map((each) => each[key]);
  const given = sql`unnest(${column('externalId')}::text[], ${column('phone')}::text[], ${column('kind')}::text[], ${column('reason')}::text[],
    ${column('sourceKey')}::text[], ${column('promisedAt')}::timestamptz[], ${column('promisedBy')}::uuid[], ${column('dueAt')}::timestamptz[])
    with ordinality as g (external_id, phone, kind, reason, source_key, promised_at, promised_by, due_at, place)`;
  const holder = sql`(select n.customer_id from phone_number n where n.phone = g.phone)`;
  await addStrangers(
    tx,
    sql`select g.phone, null::uuid as customer_id from ${given} where g.external_id is null and g.phone is not null and ${holder} is null`,
    now,
  );
  return many(
    tx,
    Added,
    sql`with found as materialized (
        select g.*, c.id as customer_id, c.tier from ${given} left join customer c
          on c.id = case when g.external_id is null then ${holder} else (select e.id from customer e where e.external_id = g.external_id) end),
      put as (
        insert into call_task (id, list_id, customer_id, kind, reason, source_key, promised_at, promised_by, promise_is_personal, due_at, weight,
          not_before, state_at, created_at)
        select new_id(), ${listId}, f.customer_id, f.kind, f.reason, f.source_key, f.promised_at, f.promised_by, f.promised_by is not null
          and f.promised_at is not null, f.due_at, ${weightOf(sql`f.tier`)}, ${now}, ${now}, ${now}
        from found f where f.customer_id is not null order by f.place
        on conflict (list_id, source_key) do nothing returning id, source_key)
      select f.place, f.customer_id as "customerId", coalesce(p.id, t.id) as "taskId",
        p.id is not null and f.place = (select min(o.place) from found o where o.source_key = f.source_key) as "isNew"
      from found f left join put p on p.source_key = f.source_key
        left join call_task t on t.list_id = ${listId} and t.source_key = f.source_key order by f.place`,
  );
}

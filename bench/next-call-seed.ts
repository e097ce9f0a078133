import { randomUUIDv7 } from 'node:crypto';
import type { Pool } from 'pg';
import { calendarCn } from '../src/kernel/calendar-cn.rule.ts';
import { storeCalendar } from '../src/kernel/calendar.db.ts';
import { transaction } from '../src/kernel/sql.db.ts';
import { makeCallList, makeVoiceAccount } from '../test/kit/call.ts';
import { makeStaff } from '../test/kit/people.ts';
import { names } from './people.ts';

/** A Friday, half past ten in the morning in China. */
export const morning = new Date('2026-11-27T02:30:00Z');
/** Kind and purpose of each list. */
const lists = [
  ['callback', 'callback'],
  ['complaint', 'callback'],
  ['missed-delivery', 'service'],
  ['early-repayment', 'service'],
  ['welcome', 'care'],
  ['survey', 'survey'],
  ['vip', 'care'],
  ['care', 'care'],
] as const;
const tasksOfOne = 4;

export type Floor = { agents: readonly string[]; listIds: readonly string[] };

/** Eight open preview lists with so many waiting tasks in all, four a customer, each on another list; and agents who are ready. */
export async function seedTasks(pool: Pool, { tasks, agents }: { tasks: number; agents: number }): Promise<Floor> {
  await transaction(pool, (tx) => storeCalendar(tx, calendarCn, 'bench'));
  const { id: createdBy } = await makeStaff(pool, ['supervisor']);
  const accountId = await makeVoiceAccount(pool);
  const listIds: string[] = [];
  for (const [kind, purpose] of lists) {
    const { listId } = await makeCallList(pool, accountId, { purpose, createdBy });
    await pool.query('update call_list set kind = $2, name = $2 where id = $1', [listId, kind]);
    listIds.push(listId);
  }
  const floor = { agents: Array.from({ length: agents }, () => randomUUIDv7()), listIds };
  await seedAgents(pool, floor, accountId);
  const people = Math.ceil(tasks / tasksOfOne);
  await seedPeople(pool, people);
  await withoutIndexes(pool, () => insertTasks(pool, floor, { tasks, people }));
  await pool.query('vacuum analyze');
  return floor;
}

/** Every second agent works on all lists, the others on three of them. */
async function seedAgents(pool: Pool, { agents, listIds }: Floor, accountId: string): Promise<void> {
  await pool.query(
    `insert into staff (id, name, email, unit) select id, '坐席 ' || n, id || '@example.test', '外呼组'
     from unnest($1::uuid[]) with ordinality as t (id, n)`,
    [agents],
  );
  await pool.query(`insert into staff_role (staff_id, role) select unnest($1::uuid[]), 'agent'`, [agents]);
  await pool.query(
    `insert into agent_session (staff_id, account_id, extension, state, leg_state, signed_in_at, list_ids)
     select id, $2, 'PJSIP/' || (1000 + n), 'ready', 'up', $4,
       case when n % 2 = 0 then '{}'::uuid[] else array(select ($3::uuid[])[((n / 2 + k) % 8 + 1)::int] from unnest('{0,1,3}'::int[]) k) end
     from unnest($1::uuid[]) with ordinality as t (id, n)`,
    [agents, accountId, listIds, morning],
  );
}

const uuidOf = (group: string, n: string): string =>
  `('00000000-0000-7000-${group}-' || lpad(to_hex(${n}), 12, '0'))::uuid`;
/** One in a hundred has the highest tier, one in five none. */
const byTier = (n: string, [four, three, two, one, none]: readonly [string, string, string, string, string]): string =>
  `case when ${n} / 7 % 100 = 0 then ${four} when ${n} / 7 % 100 < 6 then ${three} when ${n} / 7 % 100 < 26 then ${two}
     when ${n} / 7 % 100 < 80 then ${one} else ${none} end`;

/** One in ten has a second number, one in two hundred wants no calls and has not been taken off the lists. */
async function seedPeople(pool: Pool, people: number): Promise<void> {
  await pool.query(
    `insert into customer (id, external_id, phone, name, tier)
     select ${uuidOf('8000', 'n')}, 'C' || lpad(n::text, 9, '0'), '+86138' || lpad(n::text, 8, '0'), ($2::text[])[n % 400 + 1],
       ${byTier('n', [`'diamond'`, `'gold'`, `'silver'`, `'bronze'`, 'null'])}
     from generate_series(0, $1::int - 1) n`,
    [people, names],
  );
  await pool.query(
    `insert into phone_number (phone, customer_id, place, source)
     select '+86139' || lpad(n::text, 8, '0'), ${uuidOf('8000', 'n')}, 2, 'bench' from generate_series(0, $1::int - 1, 10) n`,
    [people],
  );
  await pool.query(
    `insert into suppression (id, phone, kind, channels, purposes, source, created_at)
     select uuidv7(), '+86138' || lpad(n::text, 8, '0'), 'opt-out', '{call}'::text[], '{service,survey,callback,care}'::text[], 'bench', $2::timestamptz
     from generate_series(0, $1::int - 1, 200) n`,
    [people, morning],
  );
}

/** Indexes of a filled table are made by sorting, in a fraction of the time that a million insertions into them take. */
async function withoutIndexes(pool: Pool, fill: () => Promise<void>): Promise<void> {
  const { rows } = await pool.query<{ name: string; definition: string }>(
    `select indexname as name, indexdef as definition from pg_indexes
     where tablename = 'call_task' and indexname not in (select conname from pg_constraint)`,
  );
  for (const { name } of rows) await pool.query(`drop index ${name}`);
  await fill();
  for (const { definition } of rows) await pool.query(definition);
}

/**
 * Of a thousand tasks 150 were tried in vain and wait for a later moment of these two days, whatever their promise or clock says; half of
 * their clocks are past. Of each thousand 30 have a promise (one in five hundred of those is due, a third is personal), 600 a clock (one in
 * three thousand is past or about to break), the rest neither; they have waited for up to a week. What is divided by one hash does not
 * hang together with what is divided by another, and two runs have the same.
 */
async function insertTasks(pool: Pool, { agents, listIds }: Floor, size: { tasks: number; people: number }) {
  const client = await pool.connect();
  try {
    // The rows name nothing that is not there: looking up three million foreign keys would take longer than all the rest.
    await client.query('set session_replication_role = replica');
    await client.query(
      `insert into call_task (id, list_id, customer_id, kind, reason, source_key, weight, attempts, last_disposition,
         not_before, promised_at, promised_by, promise_is_personal, due_at, created_at, state_at)
       select ${uuidOf('9000', 'n')}, ($3::uuid[])[l + 1], ${uuidOf('8000', 'c')}, ($4::text[])[l + 1], '按约定回访', n::text,
         ${byTier('c', ['4', '3', '2', '1', '0'])}, case when tried then 1 + b % 3 else 0 end, case when tried then 'no-answer' end,
         case when tried then $5::timestamptz + make_interval(mins => 1 + b % 2880)
           when promised then $5::timestamptz + make_interval(mins => b - 20)
           else $5::timestamptz - make_interval(mins => 1 + b) end,
         case when promised then $5::timestamptz + make_interval(mins => b - 20) end,
         case when promised then ($6::uuid[])[b % cardinality($6::uuid[]) + 1] end, promised and b % 3 = 0,
         case when clock and tried then $5::timestamptz + make_interval(mins => b - 5000)
           when clock and b < 3 then $5::timestamptz + make_interval(mins => b * 20 - 20)
           when clock then $5::timestamptz + make_interval(mins => 61 + b) end,
         $5::timestamptz - interval '8 days', $5::timestamptz - interval '1 day'
       from (select n, n % $2 as c, (n % 8 + n / $2) % 8 as l, (abs(hashint8extended(n, 1)) % 10000)::int as b,
           abs(hashint8extended(n, 2)) % 1000 < 150 as tried, abs(hashint8extended(n, 3)) % 1000 < 30 as promised,
           abs(hashint8extended(n, 3)) % 1000 between 30 and 629 as clock
         from generate_series(0, $1::int - 1) n) t`,
      [size.tasks, size.people, listIds, lists.map(([kind]) => kind), morning, agents],
    );
  } finally {
    await client.query('set session_replication_role = origin');
    client.release();
  }
}

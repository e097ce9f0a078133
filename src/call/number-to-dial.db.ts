import { z } from 'zod';
import { isUsable } from '../customer/number.rule.ts';
import { many, sql, type Tx } from '../kernel/sql.db.ts';
import { chinaDateAt } from '../kernel/working-day.rule.ts';
import type { Candidate } from './candidate.db.ts';

const Row = z.object({
  taskId: z.uuid(),
  phone: z.string(),
  validUntil: z.string().nullable(),
  deadSince: z.date().nullable(),
  wasInvalid: z.boolean(),
});

/**
 * Which number of each customer is dialled: the first in their order that is theirs today, is not known to be dead, and that no try of
 * this task has found not to exist. Null where none is left.
 */
export async function numbersToDial(
  tx: Tx,
  tasks: readonly Pick<Candidate, 'id' | 'customerId'>[],
  now: Date,
): Promise<ReadonlyMap<string, string | null>> {
  const rows = await many(
    tx,
    Row,
    sql`select t.id as "taskId", n.phone, n.valid_until::text as "validUntil",
        (select min(s.created_at) from suppression s where s.phone = n.phone and s.kind = 'dead-number' and s.lifted_at is null
          and (s.expires_at is null or s.expires_at > ${now})) as "deadSince",
        exists (select from call_attempt a where a.task_id = t.id and a.phone = n.phone and a.disposition = 'invalid') as "wasInvalid"
      from unnest(${tasks.map(({ id }) => id)}::uuid[], ${tasks.map(({ customerId }) => customerId)}::uuid[]) as t (id, customer_id)
      cross join lateral (
        select f.* from customer c join phone_number f on f.phone = c.phone and f.customer_id = c.id where c.id = t.customer_id
        union
        select f.* from phone_number f where f.place > 1 and f.customer_id = t.customer_id) n
      order by t.id, n.place, n.phone`,
  );
  const byTask = Map.groupBy(rows, ({ taskId }) => taskId);
  const today = chinaDateAt(now);
  return new Map(
    tasks.map(({ id }) => {
      const first = (byTask.get(id) ?? []).find((each) => !each.wasInvalid && isUsable(each, today));
      return [id, first?.phone ?? null];
    }),
  );
}

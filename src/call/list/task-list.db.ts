import { z } from 'zod';
import { many, sql, type Db } from '../../kernel/sql.db.ts';
import { taskKinds } from '../kind.rule.ts';
import { rankedColumns, RankedRow } from '../candidate.db.ts';
import type { Ranked } from '../priority.rule.ts';
import { results, taskStates, type TaskState } from '../task.rule.ts';

const Row = RankedRow.extend({
  id: z.uuid(),
  customerId: z.uuid(),
  name: z.string().nullable(),
  phone: z.string(),
  kind: z.enum(taskKinds),
  reason: z.string(),
  state: z.enum(taskStates),
  stateReason: z.string().nullable(),
  agent: z.string().nullable(),
  attempts: z.number(),
  lastDisposition: z.string().nullable(),
  result: z.enum(results).nullable(),
  createdAt: z.date(),
}) satisfies z.ZodType<Ranked>;
export type TaskLine = z.infer<typeof Row>;

/** Newest first, before the id `before`. */
export const listTasks = (
  db: Db,
  listId: string,
  state: TaskState | null,
  before: string | null,
  limit: number,
): Promise<TaskLine[]> =>
  many(
    db,
    Row,
    sql`select t.id, t.customer_id as "customerId", c.name, c.phone, t.kind, t.reason, t.state, t.state_reason as "stateReason",
        ${rankedColumns}, s.name as agent, t.attempts, t.last_disposition as "lastDisposition", t.result, t.created_at as "createdAt"
      from call_task t join customer c on c.id = t.customer_id left join staff s on s.id = t.agent_id
      where t.list_id = ${listId} and (${before}::uuid is null or t.id < ${before}) and (${state}::text is null or t.state = ${state})
      order by t.id desc limit ${limit}`,
  );

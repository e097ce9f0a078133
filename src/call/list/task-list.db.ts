import { z } from 'zod';
import { many, sql, type Db } from '../../kernel/sql.db.ts';
import { taskKinds } from '../kind.rule.ts';
import type { Ranked } from '../priority.rule.ts';
import { results, taskStates, type TaskState } from '../task.rule.ts';

const Row = z.object({
  id: z.uuid(),
  customerId: z.uuid(),
  name: z.string().nullable(),
  phone: z.string(),
  kind: z.enum(taskKinds),
  reason: z.string(),
  state: z.enum(taskStates),
  stateReason: z.string().nullable(),
  promisedAt: z.date().nullable(),
  promisedBy: z.uuid().nullable(),
  promiseIsPersonal: z.boolean(),
  dueAt: z.date().nullable(),
  weight: z.number(),
  notBefore: z.date(),
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
        t.promised_at as "promisedAt", t.promised_by as "promisedBy", t.promise_is_personal as "promiseIsPersonal", t.due_at as "dueAt", t.weight,
        t.not_before as "notBefore", s.name as agent, t.attempts, t.last_disposition as "lastDisposition", t.result, t.created_at as "createdAt"
      from call_task t join customer c on c.id = t.customer_id left join staff s on s.id = t.agent_id
      where t.list_id = ${listId} and (${before}::uuid is null or t.id < ${before}) and (${state}::text is null or t.state = ${state})
      order by t.id desc limit ${limit}`,
  );

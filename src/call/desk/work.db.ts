import { z } from 'zod';
import { contactPurposes } from '../../kernel/reach.rule.ts';
import { execute, many, maybe, sql, type Db, type Sql, type Tx } from '../../kernel/sql.db.ts';
import { rankedColumns, RankedRow } from '../candidate.db.ts';
import { results, taskStates } from '../task.rule.ts';

const Work = RankedRow.extend({
  taskId: z.string(),
  state: z.enum(taskStates),
  stateAt: z.date(),
  kind: z.string(),
  reason: z.string(),
  listId: z.string(),
  listName: z.string(),
  purpose: z.enum(contactPurposes),
  unit: z.string(),
  mode: z.enum(['preview', 'progressive', 'predictive']),
  wrapUpSeconds: z.number(),
  scriptId: z.string(),
  accountId: z.string(),
  customerId: z.string(),
  name: z.string().nullable(),
  tier: z.string().nullable(),
  phone: z.string(),
  leaseUntil: z.date().nullable(),
  attempts: z.number(),
  attemptId: z.string().nullable(),
  attemptState: z.string().nullable(),
  answeredAt: z.date().nullable(),
  endedAt: z.date().nullable(),
  hangUpWantedAt: z.date().nullable(),
});
/** A task in an agent's hands, with its call: the one that lives, else the last. */
export type Work = z.infer<typeof Work>;

/** The write-ups first, so that nothing of yesterday is forgotten for today's offer. */
export const heldWork = (db: Db, staffId: string): Promise<Work[]> =>
  many(
    db,
    Work,
    sql`select t.id as "taskId", t.state, t.state_at as "stateAt", t.kind, t.reason, l.id as "listId", l.name as "listName",
        l.purpose, l.unit, l.mode, l.wrap_up_seconds as "wrapUpSeconds", coalesce(k.script_id, l.script_id) as "scriptId",
        l.account_id as "accountId", c.id as "customerId", c.name, c.tier, coalesce(k.phone, c.phone) as phone,
        ${rankedColumns}, t.lease_until as "leaseUntil", t.attempts, k.id as "attemptId",
        k.state as "attemptState", k.answered_at as "answeredAt", k.ended_at as "endedAt", k.hang_up_wanted_at as "hangUpWantedAt"
      from call_task t join call_list l on l.id = t.list_id join customer c on c.id = t.customer_id
        left join lateral (select * from call_attempt a where a.task_id = t.id and t.state <> 'offered'
          order by a.wanted_at desc limit 1) k on true
      where t.agent_id = ${staffId} and t.state in ('offered', 'calling', 'wrap-up')
      order by t.state = 'calling' desc, t.state = 'wrap-up' desc, t.state_at, t.id`,
  );

const Waiting = RankedRow.extend({
  taskId: z.string(),
  name: z.string().nullable(),
  tier: z.string().nullable(),
  phone: z.string(),
  kind: z.string(),
  reason: z.string(),
  listName: z.string(),
});
export type Waiting = z.infer<typeof Waiting>;

/** Who waits on these lists: promises by their time, then clocks, then the rest. */
export const waitingOn = (db: Db, listIds: readonly string[], limit: number): Promise<Waiting[]> => {
  const first = (where: Sql, order: Sql): Sql => firstWaiting({ listIds, limit, where, order });
  return many(
    db,
    Waiting,
    sql`(${first(sql`t.promised_at is not null`, sql`t.promised_at, t.id`)})
      union all (${first(sql`t.promised_at is null and t.due_at is not null`, sql`t.due_at, t.id`)})
      union all (${first(sql`t.promised_at is null and t.due_at is null`, sql`t.weight desc, t.not_before, t.id`)})
      limit ${limit}`,
  );
};

type First = { listIds: readonly string[]; limit: number; where: Sql; order: Sql };
/** The first of each list in the order of an index, and of those the first: all that wait, of a million, are never sorted. */
const firstWaiting = ({ listIds, limit, where, order }: First): Sql =>
  sql`select t.id as "taskId", c.name, c.tier, c.phone, t.kind, t.reason, l.name as "listName",
      ${rankedColumns}
    from call_list l cross join lateral (
        select * from call_task t where t.list_id = l.id and t.state = 'waiting' and ${where} order by ${order} limit ${limit}) t
      join customer c on c.id = t.customer_id
    where l.id = any(${[...listIds]}::uuid[]) order by ${order} limit ${limit}`;

const ListChoice = z.object({ id: z.string(), number: z.string(), name: z.string(), mode: z.string() });
export type ListChoice = z.infer<typeof ListChoice>;
/** Lists that are open at that account. */
export const openLists = (db: Db, accountId: string): Promise<ListChoice[]> =>
  many(
    db,
    ListChoice,
    sql`select id, number, name, mode from call_list where account_id = ${accountId} and state = 'open' order by name, id`,
  );

const Account = z.object({ id: z.string(), name: z.string() });
export const accountsToWorkWith = (db: Db): Promise<z.infer<typeof Account>[]> =>
  many(db, Account, sql`select id, name from voice_account where state = 'active' order by name`);

const Held = z.object({
  taskId: z.string(),
  state: z.enum(taskStates),
  agentId: z.string().nullable(),
  customerId: z.string(),
  purpose: z.enum(contactPurposes),
  unit: z.string(),
  scriptId: z.string(),
  attemptId: z.string().nullable(),
  phone: z.string(),
});
export type HeldTask = z.infer<typeof Held>;
/** Held until the transaction ends. */
export const lockTask = (tx: Tx, taskId: string): Promise<HeldTask | null> =>
  maybe(
    tx,
    Held,
    sql`select t.id as "taskId", t.state, t.agent_id as "agentId", t.customer_id as "customerId", l.purpose, l.unit,
        coalesce(k.script_id, l.script_id) as "scriptId", k.id as "attemptId", coalesce(k.phone, c.phone) as phone
      from call_task t join call_list l on l.id = t.list_id join customer c on c.id = t.customer_id
        left join lateral (select * from call_attempt a where a.task_id = t.id order by a.wanted_at desc limit 1) k on true
      where t.id = ${taskId} for no key update of t`,
  );

export const wantHangUp = async (tx: Tx, attemptId: string, now: Date): Promise<boolean> =>
  (
    await execute(
      tx,
      sql`update call_attempt set hang_up_wanted_at = coalesce(hang_up_wanted_at, ${now}) where id = ${attemptId} and state <> 'ended'`,
    )
  ).rowCount === 1;

export const DraftContent = z.strictObject({
  result: z.enum(results).nullable().default(null),
  branches: z
    .string()
    .regex(/^[A-D]{0,8}$/)
    .default(''),
  interest: z.int().min(1).max(5).nullable().default(null),
  note: z.string().max(2_000).default(''),
  promisedAt: z.iso.datetime({ offset: true }).nullable().default(null),
  promiseIsPersonal: z.boolean().default(true),
});
export type DraftContent = z.output<typeof DraftContent>;
const Draft = z.object({ content: DraftContent, savedAt: z.date() });

export const findDraft = (db: Db, taskId: string, staffId: string): Promise<z.infer<typeof Draft> | null> =>
  maybe(
    db,
    Draft,
    sql`select content, saved_at as "savedAt" from desk_draft where task_id = ${taskId} and agent_id = ${staffId}`,
  );

/** False: the task is not in this agent's hands (any more). */
export async function storeDraft(
  db: Db,
  draft: { taskId: string; staffId: string; content: DraftContent; at: Date },
): Promise<boolean> {
  const { rowCount } = await execute(
    db,
    sql`insert into desk_draft (task_id, agent_id, content, saved_at)
      select id, ${draft.staffId}, ${JSON.stringify(draft.content)}::jsonb, ${draft.at} from call_task
        where id = ${draft.taskId} and agent_id = ${draft.staffId} and state in ('calling', 'wrap-up')
      on conflict (task_id) do update set agent_id = excluded.agent_id, content = excluded.content, saved_at = excluded.saved_at`,
  );
  return rowCount === 1;
}
export const deleteDraft = (tx: Tx, taskId: string) =>
  execute(tx, sql`delete from desk_draft where task_id = ${taskId}`);

export type NewCallNote = {
  id: string;
  taskId: string;
  attemptId: string | null;
  customerId: string;
  agentId: string;
  at: Date;
  result: string;
  branches: string;
  interest: number | null;
  note: string;
  promisedAt: Date | null;
  promiseIsPersonal: boolean;
  identity: string;
};
export const insertCallNote = (tx: Tx, note: NewCallNote) =>
  execute(
    tx,
    sql`insert into call_note (id, task_id, attempt_id, customer_id, agent_id, at, result, branches, interest, note, promised_at,
        promise_is_personal, identity)
      values (${note.id}, ${note.taskId}, ${note.attemptId}, ${note.customerId}, ${note.agentId}, ${note.at}, ${note.result},
        ${note.branches}, ${note.interest}, ${note.note}, ${note.promisedAt}, ${note.promiseIsPersonal}, ${note.identity})`,
  );

const OpenPromise = z.object({ listName: z.string(), promisedAt: z.date(), by: z.string().nullable() });
/** What else was promised to the person and is not kept yet. */
export const openPromises = (
  db: Db,
  customerId: string,
  exceptTaskId: string,
): Promise<z.infer<typeof OpenPromise>[]> =>
  many(
    db,
    OpenPromise,
    sql`select l.name as "listName", t.promised_at as "promisedAt", s.name as by
      from call_task t join call_list l on l.id = t.list_id left join staff s on s.id = t.promised_by
      where t.customer_id = ${customerId} and t.id <> ${exceptTaskId} and t.state = 'waiting' and t.promised_at is not null
      order by t.promised_at limit 5`,
  );

import { z } from 'zod';
import { AudienceFilter } from '../../audience/filter.db.ts';
import { hold } from '../../kernel/lock.db.ts';
import { contactPurposes } from '../../kernel/reach.rule.ts';
import { execute, many, maybe, sql, type Db, type Sql, type Tx } from '../../kernel/sql.db.ts';
import { taskKinds } from '../kind.rule.ts';
import { taskStates, type TaskCounts, type TaskState } from '../task.rule.ts';
import { callModes } from './callable.db.ts';
import { listMoves, listStates, type ListState } from './state.rule.ts';
import { RetryFields } from './retry.db.ts';

/** Where its people come from besides files and single cases. */
export const ListSource = z.union([z.strictObject({ filter: AudienceFilter }), z.strictObject({ audience: z.uuid() })]);
export type ListSource = z.output<typeof ListSource>;

const Row = z.object({
  id: z.uuid(),
  number: z.string(),
  name: z.string(),
  unit: z.string(),
  kind: z.enum(taskKinds),
  purpose: z.enum(contactPurposes),
  state: z.enum(listStates),
  stateReason: z.record(z.string(), z.unknown()).nullable(),
  mode: z.enum(callModes),
  scriptId: z.uuid(),
  accountId: z.uuid(),
  callerNumber: z.string(),
  ringSeconds: z.number(),
  wrapUpSeconds: z.number(),
  abandonCap: z.coerce.number(),
  source: ListSource.nullable(),
  retry: RetryFields,
  opensAt: z.date().nullable(),
  closesAt: z.date().nullable(),
  clonedFrom: z.uuid().nullable(),
  createdBy: z.uuid(),
  createdAt: z.date(),
  openedAt: z.date().nullable(),
  closedAt: z.date().nullable(),
});
export type CallList = z.infer<typeof Row>;
const columns = sql`l.id, l.number, l.name, l.unit, l.kind, l.purpose, l.state, l.state_reason as "stateReason", l.mode,
  l.script_id as "scriptId", l.account_id as "accountId", l.caller_number as "callerNumber", l.ring_seconds as "ringSeconds",
  l.wrap_up_seconds as "wrapUpSeconds", l.abandon_cap as "abandonCap", l.source, l.retry, l.opens_at as "opensAt", l.closes_at as "closesAt",
  l.cloned_from as "clonedFrom", l.created_by as "createdBy", l.created_at as "createdAt", l.opened_at as "openedAt", l.closed_at as "closedAt"`;

/** By its id or its number. */
export const findList = (db: Db, idOrNumber: string): Promise<CallList | null> =>
  maybe(db, Row, sql`select ${columns} from call_list l where l.id::text = ${idOrNumber} or l.number = ${idOrNumber}`);

/** What is decided on its state holds until the transaction ends. */
export const lockList = (tx: Tx, id: string): Promise<CallList | null> =>
  maybe(tx, Row, sql`select ${columns} from call_list l where l.id = ${id} for update`);

/** Newest first, before the id `before`. */
export const listLists = (
  db: Db,
  filter: { state: ListState | null; units: '*' | readonly string[] },
  before: string | null,
  limit: number,
): Promise<CallList[]> =>
  many(
    db,
    Row,
    sql`select ${columns} from call_list l
      where (${before}::uuid is null or l.id < ${before}) and (${filter.state}::text is null or l.state = ${filter.state})
        and ${filter.units === '*' ? sql`true` : sql`l.unit = any(${[...filter.units]}::text[])`}
      order by l.id desc limit ${limit}`,
  );

const zero = Object.fromEntries(taskStates.map((state) => [state, 0])) as Record<TaskState, number>;

/** Each list's ledger: how many of its tasks stand in each state. */
export async function countTasks(db: Db, ids: readonly string[]): Promise<ReadonlyMap<string, TaskCounts>> {
  const rows = await many(
    db,
    z.object({ id: z.uuid(), state: z.enum(taskStates), count: z.number() }),
    sql`select list_id as id, state, count(*) from call_task where list_id = any(${[...ids]}::uuid[]) group by 1, 2`,
  );
  const byList = Map.groupBy(rows, ({ id }) => id);
  return new Map(
    ids.map((id) => [
      id,
      { ...zero, ...Object.fromEntries((byList.get(id) ?? []).map(({ state, count }) => [state, count])) },
    ]),
  );
}

export type NewList = Pick<
  CallList,
  | 'id'
  | 'name'
  | 'unit'
  | 'kind'
  | 'purpose'
  | 'mode'
  | 'scriptId'
  | 'accountId'
  | 'callerNumber'
  | 'ringSeconds'
  | 'wrapUpSeconds'
  | 'abandonCap'
  | 'source'
  | 'retry'
  | 'opensAt'
  | 'closesAt'
  | 'clonedFrom'
  | 'createdBy'
  | 'createdAt'
>;

const day = (at: Date): string => new Date(at.getTime() + 8 * 3_600_000).toISOString().slice(0, 10).replaceAll('-', '');
const json = (value: unknown): string | null => (value === null ? null : JSON.stringify(value));

/** Adds a draft and gives its number, `CL-20261128-0001`, counted by China day. */
export async function insertList(tx: Tx, list: NewList): Promise<string> {
  await hold(tx, 'callListNumbers');
  const prefix = `CL-${day(list.createdAt)}-`;
  const { rows } = await execute(
    tx,
    sql`insert into call_list (id, number, name, unit, kind, purpose, mode, script_id, account_id, caller_number, ring_seconds, wrap_up_seconds,
        abandon_cap, source, retry, opens_at, closes_at, cloned_from, created_by, created_at)
      select ${list.id}, ${prefix} || lpad((count(*) + 1)::text, 4, '0'), ${list.name}, ${list.unit}, ${list.kind}, ${list.purpose}, ${list.mode},
        ${list.scriptId}, ${list.accountId}, ${list.callerNumber}, ${list.ringSeconds}, ${list.wrapUpSeconds}, ${list.abandonCap},
        ${json(list.source)}::jsonb, ${json(list.retry)}::jsonb, ${list.opensAt}, ${list.closesAt}, ${list.clonedFrom}, ${list.createdBy},
        ${list.createdAt}
      from call_list where number like ${`${prefix}%`} returning number`,
  );
  return (rows[0] as { number: string }).number;
}

/** What may be set otherwise while nobody is called from it. */
export const rewriteList = (tx: Tx, list: Omit<NewList, 'unit' | 'clonedFrom' | 'createdBy' | 'createdAt'>) =>
  execute(
    tx,
    sql`update call_list set name = ${list.name}, kind = ${list.kind}, purpose = ${list.purpose}, mode = ${list.mode},
        script_id = ${list.scriptId}, account_id = ${list.accountId}, caller_number = ${list.callerNumber}, ring_seconds = ${list.ringSeconds},
        wrap_up_seconds = ${list.wrapUpSeconds}, abandon_cap = ${list.abandonCap}, source = ${json(list.source)}::jsonb,
        retry = ${json(list.retry)}::jsonb, opens_at = ${list.opensAt}, closes_at = ${list.closesAt}
      where id = ${list.id} and state in ('draft', 'paused')`,
  );

/** Moves the list if that is legal from where it stands, tells who holds the line, and says whether it moved. */
export async function moveList(
  tx: Tx,
  id: string,
  to: ListState,
  reason: Record<string, unknown> | null,
  now: Date,
): Promise<boolean> {
  const { rowCount } = await execute(
    tx,
    sql`with moved as (
        update call_list set state = ${to}, state_reason = ${json(reason)}::jsonb,
          opened_at = case when ${to} = 'open' then coalesce(opened_at, ${now}) else opened_at end,
          closed_at = case when ${to} = 'closed' then ${now}::timestamptz else closed_at end
        where id = ${id} and state = any(${[...listMoves[to]]}) returning account_id)
      select pg_notify('waihu_calls', account_id::text) from moved`,
  );
  return rowCount === 1;
}

/** Whoever waits is removed: nobody is called from a closed list. Gives how many. */
export async function removeWaiting(tx: Tx, id: string, now: Date): Promise<number> {
  const { rowCount } = await execute(
    tx,
    sql`update call_task set state = 'removed', state_reason = 'list-closed', state_at = ${now}
      where list_id = ${id} and state = 'waiting'`,
  );
  return rowCount ?? 0;
}

const Open = z.object({ live: z.number(), promises: z.number(), waiting: z.number() });
/** What a closing must look at: calls and write-ups that go on, and promises that nobody has kept. */
export const openTasks = (db: Db, id: string): Promise<z.infer<typeof Open> | null> =>
  maybe(
    db,
    Open,
    sql`select count(*) filter (where state in ('offered', 'calling', 'wrap-up')) as live,
        count(*) filter (where state = 'waiting' and promised_at is not null) as promises,
        count(*) filter (where state = 'waiting') as waiting
      from call_task where list_id = ${id}`,
  );

/** Of a voice account what a list wants to know. */
export const findCaller = (db: Db, id: string) =>
  maybe(
    db,
    z.object({ name: z.string(), state: z.enum(['active', 'stopped']), callerNumbers: z.array(z.string()) }),
    sql`select name, state, caller_numbers as "callerNumbers" from voice_account where id = ${id}`,
  );

/** Every number that calls can be made with: those of the accounts that work. */
export const callersOf = (db: Db) =>
  many(
    db,
    z.object({ id: z.uuid(), name: z.string(), callerNumber: z.string() }),
    sql`select a.id, a.name, n as "callerNumber" from voice_account a cross join unnest(a.caller_numbers) as n
      where a.state = 'active' order by a.name, n limit 200`,
  );

/** Tasks of kinds that nobody is owed, past their outer limit, are given up: the call has no sense any more. */
export async function expireTasks(
  tx: Tx,
  id: string,
  bounds: readonly { kind: string; before: Date }[],
  now: Date,
): Promise<number> {
  const limit: Sql = sql`unnest(${bounds.map(({ kind }) => kind)}::text[], ${bounds.map(({ before }) => before)}::timestamptz[]) as b (kind, before)`;
  const { rowCount } = await execute(
    tx,
    sql`update call_task t set state = 'given-up', state_reason = 'expired', state_at = ${now}
      from ${limit} where t.list_id = ${id} and t.state = 'waiting' and t.promised_at is null and t.kind = b.kind and t.due_at < b.before`,
  );
  return rowCount ?? 0;
}

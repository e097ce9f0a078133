import { z } from 'zod';
import { many, sql, type Sql, type Tx } from '../kernel/sql.db.ts';
import { personalMinutes, soonFrom, type Ranked } from './priority.rule.ts';
import { taskWeights } from './task.rule.ts';

/** What the order of calls goes by, of a task `t`. */
export const RankedRow = z.object({
  promisedAt: z.date().nullable(),
  promisedBy: z.uuid().nullable(),
  promiseIsPersonal: z.boolean(),
  dueAt: z.date().nullable(),
  weight: z.number(),
  notBefore: z.date(),
}) satisfies z.ZodType<Omit<Ranked, 'id'>>;
export const rankedColumns = sql`t.promised_at as "promisedAt", t.promised_by as "promisedBy", t.promise_is_personal as "promiseIsPersonal",
  t.due_at as "dueAt", t.weight, t.not_before as "notBefore"`;

export const CandidateRow = RankedRow.extend({
  id: z.uuid(),
  listId: z.uuid(),
  customerId: z.uuid(),
  attempts: z.number(),
}) satisfies z.ZodType<Ranked>;
export type Candidate = z.infer<typeof CandidateRow>;
export const candidateColumns = sql`t.id, t.list_id as "listId", t.customer_id as "customerId", ${rankedColumns}, t.attempts`;

export type Asked = { listIds: readonly string[]; now: Date; limit: number; skip: readonly string[] } & (
  | { by: 'agent'; agentId: string }
  /** Dialled for whoever is free: a personal promise only while its promiser is among them. */
  | { by: 'line'; readyAgents: readonly string[] }
);

/**
 * One probe: the first tasks of each list in the order of one index, held. Whatever somebody else holds is passed over, so that a
 * thousand who ask at one moment wait for nobody. `order` must be that of the index, or all its rows would be read.
 */
const probe = ({ listIds, limit, skip }: Asked, where: Sql, order: Sql): Sql =>
  sql`select t.* from unnest(${[...listIds]}::uuid[]) as l (id) cross join lateral (
      select ${candidateColumns} from call_task t
      where t.list_id = l.id and t.state = 'waiting' and ${where} and t.id <> all(${[...skip]}::uuid[])
      order by ${order} limit ${limit} for update of t skip locked) t`;

/** Promises that are due: whose they are until a quarter of an hour after them, then anybody's. */
const promised = (asked: Asked): Sql =>
  sql`select * from (${probe(
    asked,
    sql`t.promised_at is not null and t.promised_at <= ${asked.now} and t.not_before <= ${asked.now}
      and (not t.promise_is_personal or t.promised_by = any(${asked.by === 'agent' ? [asked.agentId] : [...asked.readyAgents]}::uuid[])
        or t.promised_at <= ${new Date(asked.now.getTime() - personalMinutes * 60_000)})`,
    sql`t.promised_at, t.id`,
  )}) t order by t."promisedAt", t.id limit ${asked.limit}`;

const clocks = (asked: Asked): Sql =>
  sql`select * from (${probe(
    asked,
    sql`t.promised_at is null and t.due_at is not null and t.due_at <= ${soonFrom(asked.now)} and t.not_before <= ${asked.now}`,
    sql`t.due_at, t.id`,
  )}) t order by t."dueAt", t.id limit ${asked.limit}`;

/** One weight after the other: within one the index is in the order of waiting, and whoever is to be called later stands at its end. */
const inTurn = (asked: Asked, weight: number): Sql =>
  sql`select * from (${probe(
    asked,
    sql`t.promised_at is null and t.weight = ${weight} and t.not_before <= ${asked.now}
      and (t.due_at is null or t.due_at > ${soonFrom(asked.now)})`,
    sql`t.weight desc, t.not_before, t.id`,
  )}) t order by t."notBefore", t.id limit ${asked.limit}`;

/** The next tasks of these lists in the order of src/call/priority.rule.ts, held until the transaction ends. */
export async function nextCandidates(tx: Tx, asked: Asked): Promise<Candidate[]> {
  const found: Candidate[] = [];
  for (const query of [promised, clocks, ...taskWeights.map((weight) => (of: Asked) => inTurn(of, weight))]) {
    found.push(...(await many(tx, CandidateRow, query({ ...asked, limit: asked.limit - found.length }))));
    if (found.length >= asked.limit) break;
  }
  return found;
}

import { z } from 'zod';
import { many, maybe, sql, type Db } from '../../kernel/sql.db.ts';
import { inUnits } from '../../kernel/units.db.ts';
import { agentStates } from '../desk/agent-session.rule.ts';

type Units = '*' | readonly string[];

const Agent = z.object({
  staffId: z.string(),
  name: z.string(),
  unit: z.string(),
  extension: z.string(),
  state: z.enum(agentStates),
  reason: z.string().nullable(),
  since: z.date(),
  legState: z.string(),
  seenAt: z.date(),
  afterState: z.string().nullable(),
  attemptId: z.string().nullable(),
  listName: z.string().nullable(),
  writeUps: z.number(),
});
export type FloorAgent = z.infer<typeof Agent>;

const agents = sql`select a.staff_id as "staffId", s.name, s.unit, a.extension, a.state, a.reason, a.since, a.leg_state as "legState",
    a.seen_at as "seenAt", a.after_state as "afterState", a.attempt_id as "attemptId", l.name as "listName",
    (select count(*)::int from call_task t where t.agent_id = a.staff_id and t.state = 'wrap-up') as "writeUps"
  from agent_session a join staff s on s.id = a.staff_id
    left join call_attempt k on k.id = a.attempt_id left join call_list l on l.id = k.list_id`;

/** Everybody at work, by state and how long they have been in it. */
export const agentsAtWork = (db: Db, units: Units): Promise<FloorAgent[]> =>
  many(
    db,
    Agent,
    sql`${agents} where a.state <> 'away' and ${inUnits(units, sql`s.unit`)}
      order by array_position(array['talking','calling','wrap-up','ready','busy'], a.state), a.since, a.staff_id`,
  );

export const findFloorAgent = (db: Db, staffId: string): Promise<FloorAgent | null> =>
  maybe(db, Agent, sql`${agents} where a.staff_id = ${staffId}`);

const ListFigures = z.object({
  listId: z.string(),
  number: z.string(),
  name: z.string(),
  state: z.string(),
  mode: z.string(),
  cap: z.coerce.number(),
  waiting: z.number(),
  held: z.number(),
  ended: z.number(),
  dialled: z.number(),
  answered: z.number(),
  liveAnswers: z.number(),
  abandoned: z.number(),
  ringing: z.number(),
  talking: z.number(),
});
export type ListFigures = z.infer<typeof ListFigures>;

/** Open and paused lists of those units with their ledgers, and what was dialled since `from`. */
export const listFigures = (db: Db, units: Units, from: Date): Promise<ListFigures[]> =>
  many(
    db,
    ListFigures,
    sql`select l.id as "listId", l.number, l.name, l.state, l.mode, l.abandon_cap as cap, t.waiting, t.held, t.ended,
        k.dialled + o.live as dialled, k.answered + o.talking as answered, k.live as "liveAnswers", k.abandoned, o.ringing, o.talking
      from call_list l
        cross join lateral (select count(*) filter (where state = 'waiting')::int as waiting,
            count(*) filter (where state in ('offered', 'calling', 'wrap-up'))::int as held,
            count(*) filter (where state in ('done', 'given-up', 'removed'))::int as ended
          from call_task where list_id = l.id) t
        cross join lateral (select count(*) filter (where is_charged)::int as dialled,
            count(*) filter (where answered_at is not null)::int as answered,
            count(*) filter (where answered_at is not null and disposition <> 'machine')::int as live,
            count(*) filter (where disposition = 'abandoned')::int as abandoned
          from call_attempt where list_id = l.id and state = 'ended' and ended_at > ${from}) k
        cross join lateral (select count(*)::int as live, count(*) filter (where answered_at is null)::int as ringing,
            count(*) filter (where answered_at is not null)::int as talking
          from call_attempt where account_id = l.account_id and list_id = l.id and state <> 'ended') o
      where l.state in ('open', 'paused') and ${inUnits(units, sql`l.unit`)}
      order by l.state, l.name, l.id`,
  );

const AtRisk = z.object({
  taskId: z.string(),
  name: z.string().nullable(),
  tier: z.string().nullable(),
  phone: z.string(),
  listName: z.string(),
  state: z.string(),
  promisedAt: z.date().nullable(),
  dueAt: z.date().nullable(),
  agentName: z.string().nullable(),
});
export type TaskAtRisk = z.infer<typeof AtRisk>;

/** Promises and clocks that run out before `until`, or have run out, the most urgent first. */
export const tasksAtRisk = (db: Db, units: Units, until: Date, limit: number): Promise<TaskAtRisk[]> =>
  many(
    db,
    AtRisk,
    sql`select t.id as "taskId", c.name, c.tier, c.phone, l.name as "listName", t.state, t.promised_at as "promisedAt",
        t.due_at as "dueAt", s.name as "agentName"
      from call_task t join call_list l on l.id = t.list_id join customer c on c.id = t.customer_id
        left join staff s on s.id = coalesce(t.agent_id, t.promised_by)
      where t.state in ('waiting', 'offered', 'calling') and l.state in ('open', 'paused') and ${inUnits(units, sql`l.unit`)}
        and (t.promised_at < ${until} or t.due_at < ${until})
      order by least(t.promised_at, t.due_at), t.id limit ${limit}`,
  );

const WriteUp = z.object({
  taskId: z.string(),
  name: z.string().nullable(),
  phone: z.string(),
  listName: z.string(),
  unit: z.string(),
  since: z.date(),
});
/** Calls that an agent has still to write up. */
export const writeUpsOf = (db: Db, staffId: string): Promise<z.infer<typeof WriteUp>[]> =>
  many(
    db,
    WriteUp,
    sql`select t.id as "taskId", c.name, c.phone, l.name as "listName", l.unit, t.state_at as since
      from call_task t join call_list l on l.id = t.list_id join customer c on c.id = t.customer_id
      where t.agent_id = ${staffId} and t.state = 'wrap-up' order by t.state_at, t.id`,
  );

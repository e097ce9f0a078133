import { z } from 'zod';
import { execute, many, maybe, sql, type Db, type Tx } from '../../kernel/sql.db.ts';
import type { CallEnd } from '../../voice/dialer.ts';
import { attemptStates, wantedGraceMs, type Ending } from './attempt.rule.ts';

const Row = z.object({
  id: z.uuid(),
  taskId: z.uuid(),
  listId: z.uuid(),
  accountId: z.uuid(),
  phone: z.string(),
  callerNumber: z.string(),
  mode: z.enum(['preview', 'progressive', 'predictive', 'ivr']),
  agentId: z.uuid().nullable(),
  state: z.enum(attemptStates),
  wantedAt: z.date(),
  dialledAt: z.date().nullable(),
  ringingAt: z.date().nullable(),
  answeredAt: z.date().nullable(),
  connectedAt: z.date().nullable(),
  bridgedAt: z.date().nullable(),
  hangUpWantedAt: z.date().nullable(),
  ringSeconds: z.number(),
});
export type Attempt = z.infer<typeof Row>;
const columns = sql`a.id, a.task_id as "taskId", a.list_id as "listId", a.account_id as "accountId", a.phone, a.caller_number as "callerNumber",
  a.mode, a.agent_id as "agentId", a.state, a.wanted_at as "wantedAt", a.dialled_at as "dialledAt", a.ringing_at as "ringingAt", a.answered_at as "answeredAt",
  a.connected_at as "connectedAt", a.bridged_at as "bridgedAt", a.hang_up_wanted_at as "hangUpWantedAt", l.ring_seconds as "ringSeconds"`;
const from = sql`from call_attempt a join call_list l on l.id = a.list_id`;

export const findAttempt = (db: Db, id: string): Promise<Attempt | null> =>
  maybe(db, Row, sql`select ${columns} ${from} where a.id = ${id}`);

/** Held until the transaction ends: what is heard of one call is taken in one after another. */
export const lockAttempt = (tx: Tx, id: string): Promise<Attempt | null> =>
  maybe(tx, Row, sql`select ${columns} ${from} where a.id = ${id} for no key update of a`);

/** All calls of an account that have not ended. */
export const openAttempts = (db: Db, accountId: string): Promise<Attempt[]> =>
  many(
    db,
    Row,
    sql`select ${columns} ${from} where a.account_id = ${accountId} and a.state <> 'ended' order by a.wanted_at, a.id`,
  );

/**
 * The last step before the engine is asked, committed first: who comes back from a crash finds it and never asks a second time. Nothing
 * when the line has another keeper by now, when list, account or script are not as they must be, or when the wish is old or taken back.
 */
export const beginDial = (tx: Tx, id: string, holder: string, now: Date): Promise<Attempt | null> =>
  maybe(
    tx,
    Row,
    sql`with keeper as (
        select k.account_id from line_keeper k where k.holder = ${holder}
          and k.account_id = (select account_id from call_attempt where id = ${id}) for share),
      begun as (
        update call_attempt a set state = 'dialling', dialled_at = ${now} from keeper k, call_list l, voice_account v
        where a.id = ${id} and a.state = 'wanted' and a.hang_up_wanted_at is null and k.account_id = a.account_id
          and a.wanted_at > ${new Date(now.getTime() - wantedGraceMs)}
          and l.id = a.list_id and l.state = 'open' and v.id = a.account_id and v.state = 'active'
          and exists (select from script s where s.id = a.script_id and s.state = 'signed')
        returning a.*)
      select ${columns} from begun a join call_list l on l.id = a.list_id`,
  );

export const noteRinging = (tx: Tx, id: string, at: Date) =>
  execute(tx, sql`update call_attempt set state = 'ringing', ringing_at = ${at} where id = ${id}`);

export const noteAnswered = (tx: Tx, id: string, at: Date) =>
  execute(tx, sql`update call_attempt set state = 'answered', answered_at = ${at} where id = ${id}`);

export const noteKey = (db: Db, id: string, digit: string) =>
  execute(db, sql`update call_attempt set keys = right(keys || ${digit}, 200) where id = ${id}`);

export const noteConnected = (tx: Tx, id: string, agentId: string, at: Date) =>
  execute(
    tx,
    sql`update call_attempt set state = 'connected', agent_id = ${agentId}, connected_at = ${at} where id = ${id}`,
  );

export const giveTask = (tx: Tx, taskId: string, agentId: string) =>
  execute(tx, sql`update call_task set agent_id = ${agentId} where id = ${taskId} and state = 'calling'`);

export const noteBridged = (db: Db, id: string, at: Date) =>
  execute(
    db,
    sql`update call_attempt set bridged_at = coalesce(bridged_at, ${at}) where id = ${id} and state = 'connected'`,
  );

export const wishHangUp = (tx: Tx, id: string, at: Date) =>
  execute(
    tx,
    sql`update call_attempt set hang_up_wanted_at = coalesce(hang_up_wanted_at, ${at}) where id = ${id} and state <> 'ended'`,
  );

export const noteEnded = (
  tx: Tx,
  id: string,
  { disposition, isCharged }: Ending,
  end: Omit<CallEnd, 'disposition'>,
  at: Date,
) =>
  execute(
    tx,
    sql`update call_attempt set state = 'ended', ended_at = ${at}, disposition = ${disposition}, is_charged = ${isCharged},
        sip_code = ${end.sipCode}, cause = ${end.cause}, engine_text = left(${end.engineText}::text, 500), hung_up_by = ${end.hungUpBy}
      where id = ${id}`,
  );

const Agent = z.object({ staffId: z.uuid(), legId: z.uuid() });
export type FreeAgent = z.infer<typeof Agent>;

/**
 * Who takes the call that was just answered: whoever it was dialled for, else the one who has waited longest; nobody who is kept for
 * another call, whose phone is away or whose page is gone. Locked, unless another call is taking them at this moment.
 */
export const takeFreeAgent = (tx: Tx, attempt: Attempt, seenSince: Date): Promise<FreeAgent | null> =>
  maybe(
    tx,
    Agent,
    sql`select s.staff_id as "staffId", s.leg_id as "legId" from agent_session s
      where s.account_id = ${attempt.accountId} and s.leg_state = 'up' and s.leg_id is not null
        and ((s.state = 'calling' and s.attempt_id = ${attempt.id})
          or (s.state = 'ready' and s.seen_at > ${seenSince} and (s.list_ids = '{}' or ${attempt.listId}::uuid = any(s.list_ids))
            and not exists (select from call_attempt o where o.agent_id = s.staff_id and o.account_id = s.account_id
              and o.state <> 'ended' and o.id <> ${attempt.id})))
      order by (s.staff_id = ${attempt.agentId}::uuid) desc nulls last, s.since, s.staff_id
      limit 1 for no key update skip locked`,
  );

/** Legs of the engine that are calls of ours, with whether they have ended in our books. */
export const knownLegs = (db: Db, legs: readonly string[]): Promise<{ id: string; ended: boolean }[]> =>
  many(
    db,
    z.object({ id: z.uuid(), ended: z.boolean() }),
    sql`select id, state = 'ended' as ended from call_attempt where id = any(${[...legs]}::uuid[])
      union all select leg_id, false from agent_session where leg_id = any(${[...legs]}::uuid[])
      union all select id, state = 'ended' from supervision where id = any(${[...legs]}::uuid[])`,
  );

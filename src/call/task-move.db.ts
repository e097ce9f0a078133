import { z } from 'zod';
import { dispositions } from '../voice/disposition.rule.ts';
import { execute, maybe, one, sql, type Tx } from '../kernel/sql.db.ts';
import { RetryFields } from './list/retry.db.ts';
import type { AfterRefusal } from './refusal.rule.ts';
import { afterTry, type Retry } from './retry.rule.ts';
import { movesInto, type GivenUpReason, type Result } from './task.rule.ts';

/** The only statements that change where a task stands; each compares with the table of moves. */

/** An agent sees it and nobody is dialled yet; the lease is renewed by the agent's page. */
export const offerTask = async (tx: Tx, id: string, agentId: string, leaseUntil: Date, now: Date): Promise<boolean> =>
  moved(
    await execute(
      tx,
      sql`update call_task set state = 'offered', state_reason = null, state_at = ${now}, agent_id = ${agentId}, lease_until = ${leaseUntil}
        where id = ${id} and state = any(${movesInto('offered')})`,
    ),
  );

const moved = ({ rowCount }: { rowCount: number | null }): boolean => rowCount === 1;

/** An attempt of it lives. */
export const startCalling = async (tx: Tx, ids: readonly string[], now: Date): Promise<void> => {
  await execute(
    tx,
    sql`update call_task set state = 'calling', state_reason = null, state_at = ${now}, lease_until = null
      where id = any(${[...ids]}::uuid[]) and state = any(${movesInto('calling')})`,
  );
};

/** The agent gives it back unseen, or is gone: it waits at its old place. False when it is not theirs any more. */
export const releaseTask = async (
  tx: Tx,
  { taskId, agentId }: { taskId: string; agentId: string },
  now: Date,
): Promise<boolean> =>
  moved(
    await execute(
      tx,
      sql`update call_task set state = 'waiting', state_at = ${now}, agent_id = null, lease_until = null
        where id = ${taskId} and agent_id = ${agentId} and state = 'offered'`,
    ),
  );

/** Offered ones whose agent has not been heard of since the lease ended wait again. Gives how many. */
export const releaseLost = async (tx: Tx, now: Date): Promise<number> => {
  const { rowCount } = await execute(
    tx,
    sql`update call_task set state = 'waiting', state_at = ${now}, agent_id = null, lease_until = null
      where id in (select id from call_task where state = 'offered' and lease_until < ${now} for update skip locked)`,
  );
  return rowCount ?? 0;
};

/** The page of the agent is still there. False when the task is not theirs any more. */
export const renewLease = async (
  tx: Tx,
  { taskId, agentId, leaseUntil }: { taskId: string; agentId: string; leaseUntil: Date },
): Promise<boolean> =>
  moved(
    await execute(
      tx,
      sql`update call_task set lease_until = ${leaseUntil} where id = ${taskId} and agent_id = ${agentId} and state = 'offered'`,
    ),
  );

/** Refused by the contact rule, before anybody was dialled. */
export const applyRefusal = (tx: Tx, id: string, after: AfterRefusal, now: Date) =>
  after.to === 'given-up' ? giveUp(tx, id, after.reason, now) : waitUntil(tx, id, after.notBefore, now);

export const giveUp = (tx: Tx, id: string, reason: GivenUpReason, now: Date) =>
  execute(
    tx,
    sql`update call_task set state = 'given-up', state_reason = ${reason}, state_at = ${now}, agent_id = null, lease_until = null
      where id = ${id} and state = any(${movesInto('given-up')})`,
  );

/** It waits, for whoever comes; a promise that it carries is anybody's from now on when it has been tried. */
export const waitUntil = (tx: Tx, id: string, notBefore: Date, now: Date) =>
  execute(
    tx,
    sql`update call_task set state = 'waiting', state_reason = null, state_at = ${now}, not_before = ${notBefore}, agent_id = null,
        lease_until = null
      where id = ${id} and state in ('waiting', 'offered', 'calling')`,
  );

const Ended = z.object({
  taskId: z.uuid(),
  disposition: z.enum(dispositions),
  isCharged: z.boolean(),
  triedAt: z.date(),
  retry: RetryFields,
  charged: z.number(),
  today: z.number(),
  alike: z.number(),
  inRow: z.number(),
});

export type AfterAttempt = { kind: 'wrap-up' } | Retry | { kind: 'not-calling' };

/**
 * What becomes of the task whose attempt has just ended, which is called in the transaction that ends it, after it. Whoever spoke with the
 * customer writes it up; else the retry rule says when and whether the next try is. Charged is what the attempt's row says.
 */
export async function afterAttempt(
  tx: Tx,
  { attemptId, isConnected }: { attemptId: string; isConnected: boolean },
  now: Date,
): Promise<AfterAttempt> {
  const ended = await one(tx, Ended, endedAttempt(attemptId, now));
  const { taskId, disposition } = ended;
  const counted = sql`attempts = attempts + ${ended.isCharged ? 1 : 0}, last_disposition = ${disposition}`;
  if (isConnected) {
    const written = await execute(
      tx,
      sql`update call_task t set state = 'wrap-up', state_at = ${now}, agent_id = coalesce(a.agent_id, t.agent_id), ${counted}
        from call_attempt a where a.id = ${attemptId} and t.id = a.task_id and t.state = 'calling'`,
    );
    return moved(written) ? { kind: 'wrap-up' } : { kind: 'not-calling' };
  }
  const next = afterTry(disposition, ended, { now, triedAt: ended.triedAt, settings: ended.retry });
  const written = await execute(
    tx,
    next.kind === 'give-up'
      ? sql`update call_task set state = 'given-up', state_reason = ${next.reason}, state_at = ${now}, agent_id = null, ${counted}
          where id = ${taskId} and state = 'calling'`
      : sql`update call_task set state = 'waiting', state_reason = null, state_at = ${now}, agent_id = null, not_before = ${next.notBefore},
            promised_at = case when ${next.promised} then ${next.notBefore}::timestamptz else promised_at end,
            promise_is_personal = promise_is_personal and not ${ended.isCharged}, ${counted}
          where id = ${taskId} and state = 'calling'`,
  );
  return moved(written) ? next : { kind: 'not-calling' };
}

const endedAttempt = (attemptId: string, now: Date) =>
  sql`with this as (
      select a.*, coalesce(a.dialled_at, a.wanted_at) as tried_at from call_attempt a where a.id = ${attemptId} and a.state = 'ended'),
    tries as (
      select a.disposition, a.is_charged, coalesce(a.dialled_at, a.wanted_at) as at,
        count(*) filter (where a.disposition is distinct from this.disposition) over (order by a.wanted_at desc, a.id desc) as others_since
      from call_attempt a join this on a.task_id = this.task_id where a.state = 'ended')
    select this.task_id as "taskId", this.disposition, this.is_charged as "isCharged", this.tried_at as "triedAt", l.retry,
      (select count(*) from tries where is_charged) as charged,
      (select count(*) from tries where is_charged
        and (at at time zone 'Asia/Shanghai')::date = (${now}::timestamptz at time zone 'Asia/Shanghai')::date) as today,
      (select count(*) from tries where disposition = this.disposition) as alike,
      (select count(*) from tries where others_since = 0) as "inRow"
    from this join call_list l on l.id = this.list_id`;

export type Promised = { at: Date; by: string; isPersonal: boolean };

/** What each result makes of the task; the others are done. */
const endsAs: Partial<Record<Result, GivenUpReason>> = { 'do-not-contact': 'opted-out' };

/**
 * What the agent wrote down ends the case, or has it wait for the promise. Gives where it stands now; null when there was nothing to
 * write up (somebody else has done so). `no-contact` is a try that reached nobody: the retry rule says when the next one is.
 */
export async function finishTask(
  tx: Tx,
  { taskId, result, promise }: { taskId: string; result: Result; promise: Promised | null },
  now: Date,
): Promise<'done' | 'waiting' | 'given-up' | null> {
  const reason = endsAs[result] ?? null;
  const retry = result === 'no-contact' && promise === null ? await retryOf(tx, taskId, now) : null;
  const next = promise
    ? 'waiting'
    : reason !== null || retry?.kind === 'give-up'
      ? 'given-up'
      : retry
        ? 'waiting'
        : 'done';
  const notBefore = promise?.at ?? (retry?.kind === 'wait' ? retry.notBefore : null);
  const { rowCount } = await execute(
    tx,
    sql`update call_task set state = ${next}, state_reason = ${reason ?? (retry?.kind === 'give-up' ? retry.reason : null)}, state_at = ${now},
        result = ${result}, agent_id = case when ${next} = 'waiting' then null else agent_id end, lease_until = null,
        not_before = coalesce(${notBefore}::timestamptz, not_before),
        promised_at = case when ${next} = 'waiting' then coalesce(${promise?.at ?? null}::timestamptz, promised_at) else promised_at end,
        promised_by = coalesce(${promise?.by ?? null}::uuid, promised_by),
        promise_is_personal = ${promise?.isPersonal ?? false}
      where id = ${taskId} and state = 'wrap-up'`,
  );
  return rowCount === 1 ? next : null;
}

/** The last attempt of the task, taken for one that nobody answered. */
async function retryOf(tx: Tx, taskId: string, now: Date): Promise<Retry | null> {
  const last = await maybe(
    tx,
    z.object({ id: z.uuid() }),
    sql`select id from call_attempt where task_id = ${taskId} and state = 'ended' order by wanted_at desc, id desc limit 1`,
  );
  if (!last) return null;
  const ended = await one(tx, Ended, endedAttempt(last.id, now));
  return afterTry('no-answer', ended, { now, triedAt: ended.triedAt, settings: ended.retry });
}

import { randomUUIDv7 } from 'node:crypto';
import { z } from 'zod';
import { loadContactAsks } from '../contact/ask.db.ts';
import { verdictFor, type ContactAsk } from '../contact/contact.rule.ts';
import { loadFacts, lockedHolders } from '../contact/facts.db.ts';
import { reserve } from '../contact/reserve.db.ts';
import { execute, many, sql, type Tx } from '../kernel/sql.db.ts';
import { candidateColumns, CandidateRow, nextCandidates, type Asked, type Candidate } from './candidate.db.ts';
import { callableLists, type CallableList } from './list/callable.db.ts';
import { numbersToDial } from './number-to-dial.db.ts';
import { personalUntil, whyNow, type Why } from './priority.rule.ts';
import { afterRefusal } from './refusal.rule.ts';
import { applyRefusal, giveUp, offerTask, startCalling, waitUntil } from './task-move.db.ts';

/** At so many refusals a claim gives the turn to others; the next one goes on behind them. */
const mostRefused = 40;
/** Whoever is on the line with us just now is called again after that, about whatever else there is. */
const busyElsewhereMs = 5 * 60_000;

/** What is asked for a call of any of these lists. */
async function loadAsks(tx: Tx): Promise<(list: CallableList) => ContactAsk> {
  const askFor = await loadContactAsks(tx);
  return ({ purpose }) => askFor({ purpose, channel: 'call', topic: null, sender: null });
}

type Dialable = { task: Candidate; phone: string };

/** Of the candidates those that may be called now, with the number; the others have been moved to where they belong. */
async function dialable(
  tx: Tx,
  candidates: readonly Candidate[],
  askFor: (task: Candidate) => ContactAsk,
  now: Date,
): Promise<Dialable[]> {
  const phones = await numbersToDial(tx, candidates, now);
  const busy = await onTheLine(tx, candidates);
  const found: Dialable[] = [];
  const met = new Set<string>();
  for (const task of candidates) {
    const phone = phones.get(task.id) ?? null;
    if (phone === null) await giveUp(tx, task.id, 'no-number', now);
    else if (busy.has(task.customerId) || met.has(task.customerId))
      await waitUntil(tx, task.id, new Date(now.getTime() + busyElsewhereMs), now);
    else {
      met.add(task.customerId);
      found.push({ task, phone });
    }
  }
  const people = found.map(({ task, phone }) => ({ phone, customerId: task.customerId }));
  const may: Dialable[] = [];
  for (const [purpose, alike] of Map.groupBy(found, ({ task }) => askFor(task).purpose)) {
    const facts = await loadFacts(tx, people, { purpose, topic: null }, now);
    for (const each of alike) {
      const verdict = verdictFor(
        facts({ phone: each.phone, customerId: each.task.customerId }),
        askFor(each.task),
        now,
      );
      if (verdict.may) may.push(each);
      else await applyRefusal(tx, each.task.id, afterRefusal(verdict.why, verdict.until, now), now);
    }
  }
  return may.toSorted((a, b) => found.indexOf(a) - found.indexOf(b));
}

/** Of these customers those with whom a call lives. */
async function onTheLine(tx: Tx, tasks: readonly { customerId: string }[]): Promise<ReadonlySet<string>> {
  const rows = await many(
    tx,
    z.object({ id: z.uuid() }),
    sql`select customer_id as id from call_attempt
      where state <> 'ended' and customer_id = any(${tasks.map(({ customerId }) => customerId)}::uuid[])`,
  );
  return new Set(rows.map(({ id }) => id));
}

export type Offered = { taskId: string; listId: string; customerId: string; phone: string; why: Why };

/**
 * The next task for that agent, offered to them until `leaseUntil`; null when there is none. Whoever may not be called now has been moved
 * out of the way, and nothing is reserved yet: `wantOffered` does that when the agent dials.
 */
export async function claimNext(
  tx: Tx,
  wanted: { agentId: string; listIds: readonly string[]; leaseUntil: Date; now: Date },
): Promise<Offered | null> {
  const { agentId, now } = wanted;
  const lists = (await callableLists(tx, wanted.listIds, now)).filter(({ mode }) => mode === 'preview');
  if (lists.length === 0) return null;
  const askFor = await loadAsks(tx);
  const asks = new Map(lists.map((list) => [list.id, askFor(list)]));
  const asked: Asked = { by: 'agent', agentId, listIds: lists.map(({ id }) => id), now, limit: 1, skip: [] };
  for (let seen = 0; seen < mostRefused;) {
    const candidates = await nextCandidates(tx, { ...asked, limit: seen === 0 ? 1 : 8 });
    if (candidates.length === 0) return null;
    seen += candidates.length;
    const [first] = await dialable(tx, candidates, ({ listId }) => asks.get(listId) as ContactAsk, now);
    if (!first) continue;
    const { task, phone } = first;
    await offerTask(tx, task.id, agentId, wanted.leaseUntil, now);
    return {
      taskId: task.id,
      listId: task.listId,
      customerId: task.customerId,
      phone,
      why: whyNow(task, now, agentId),
    };
  }
  return null;
}

export type Wanted = { attemptId: string; taskId: string; customerId: string; phone: string; agentId: string | null };

/** Reserves the contacts, the people held first, and writes the attempts down: from here on somebody may be dialled. */
async function wantAttempts(
  tx: Tx,
  list: CallableList,
  people: readonly (Dialable & { agentId: string | null })[],
  ask: ContactAsk,
  now: Date,
): Promise<Wanted[]> {
  const addressed = people.map((each) => ({ ...each, customerId: each.task.customerId }));
  // Held before it is asked who is on the line: of two lists that have the same person one waits here for the other.
  await execute(tx, lockedHolders(addressed));
  const busy = await onTheLine(tx, addressed);
  const free = addressed.filter(({ customerId }) => !busy.has(customerId));
  for (const { task } of addressed.filter(({ customerId }) => busy.has(customerId)))
    await waitUntil(tx, task.id, new Date(now.getTime() + busyElsewhereMs), now);
  const { may, refused } = await reserve(tx, free, ask, now);
  for (const { person, why, until } of refused)
    await applyRefusal(tx, person.task.id, afterRefusal(why, until, now), now);
  const wanted = may.map(({ task, phone, agentId }): Wanted => {
    const { id: taskId, customerId } = task;
    return { attemptId: randomUUIDv7(), taskId, customerId, phone, agentId };
  });
  await startCalling(
    tx,
    wanted.map(({ taskId }) => taskId),
    now,
  );
  await insertAttempts(tx, list, wanted, now);
  return wanted;
}

const insertAttempts = (tx: Tx, list: CallableList, wanted: readonly Wanted[], now: Date) =>
  execute(
    tx,
    sql`insert into call_attempt (id, task_id, list_id, customer_id, account_id, phone, caller_number, mode, agent_id, script_id, wanted_at)
      select w.id, w.task_id, ${list.id}, w.customer_id, ${list.accountId}, w.phone, ${list.callerNumber}, ${list.mode}, w.agent_id,
        ${list.scriptId}, ${now}
      from unnest(${wanted.map(({ attemptId }) => attemptId)}::uuid[], ${wanted.map(({ taskId }) => taskId)}::uuid[],
        ${wanted.map(({ customerId }) => customerId)}::uuid[], ${wanted.map(({ phone }) => phone)}::text[],
        ${wanted.map(({ agentId }) => agentId)}::uuid[]) as w (id, task_id, customer_id, phone, agent_id)`,
  );

/**
 * Up to `count` people of a list to be dialled for whoever is free, each with a reserved contact and an attempt `wanted`. `agentId`: the
 * ready one who promised the call, and whom it is reserved for. Fewer than asked may come, though more wait: ask again.
 */
export async function claimForDial(
  tx: Tx,
  { listId, count, readyAgents, now }: { listId: string; count: number; readyAgents: readonly string[]; now: Date },
): Promise<Wanted[]> {
  const [list] = await callableLists(tx, [listId], now);
  if (!list || list.mode === 'preview' || count < 1) return [];
  const ask = (await loadAsks(tx))(list);
  const claimed: Dialable[] = [];
  for (let seen = 0; seen < mostRefused + count && claimed.length < count;) {
    const candidates = await nextCandidates(tx, {
      by: 'line',
      readyAgents,
      listIds: [listId],
      now,
      limit: count - claimed.length,
      skip: claimed.map(({ task }) => task.id),
    });
    if (candidates.length === 0) break;
    seen += candidates.length;
    claimed.push(...(await dialable(tx, candidates, () => ask, now)));
  }
  const people = oncePerCustomer(claimed).map(({ task, phone }) => ({
    task,
    phone,
    agentId: reservedFor(task, readyAgents, now),
  }));
  return people.length === 0 ? [] : wantAttempts(tx, list, people, ask, now);
}

/** Two tasks of one person in one claim: the second comes another time, it has not moved. */
const oncePerCustomer = (claimed: readonly Dialable[]): Dialable[] =>
  [...new Map(claimed.toReversed().map((each) => [each.task.customerId, each])).values()].toReversed();

const reservedFor = (task: Candidate, readyAgents: readonly string[], now: Date): string | null => {
  const { promisedAt, promisedBy } = task;
  const isTheirs =
    promisedAt !== null && promisedBy !== null && task.promiseIsPersonal && personalUntil(promisedAt) > now;
  return isTheirs && readyAgents.includes(promisedBy) ? promisedBy : null;
};

export type WantedOrNot =
  | ({ kind: 'wanted'; accountId: string } & Wanted)
  /** The task has been moved to where it belongs; `list`: it may not be called from any more. */
  | { kind: 'refused'; why: 'list' | 'no-number' | 'not-now' }
  /** It is not offered to this agent any more. */
  | { kind: 'gone' };

/** The agent dials what was offered: the contact is reserved and the attempt wanted, in this transaction, or the task goes where it belongs. */
export async function wantOffered(
  tx: Tx,
  { taskId, agentId, now }: { taskId: string; agentId: string; now: Date },
): Promise<WantedOrNot> {
  const [task] = await many(
    tx,
    CandidateRow,
    sql`select ${candidateColumns} from call_task t where t.id = ${taskId} and t.state = 'offered' and t.agent_id = ${agentId} for update`,
  );
  if (!task) return { kind: 'gone' };
  const [list] = await callableLists(tx, [task.listId], now);
  if (!list) {
    await waitUntil(tx, taskId, task.notBefore, now);
    return { kind: 'refused', why: 'list' };
  }
  const phone = (await numbersToDial(tx, [task], now)).get(taskId) ?? null;
  if (phone === null) {
    await giveUp(tx, taskId, 'no-number', now);
    return { kind: 'refused', why: 'no-number' };
  }
  const ask = (await loadAsks(tx))(list);
  const [wanted] = await wantAttempts(tx, list, [{ task, phone, agentId }], ask, now);
  return wanted ? { kind: 'wanted', accountId: list.accountId, ...wanted } : { kind: 'refused', why: 'not-now' };
}

import { randomUUIDv7 } from 'node:crypto';
import { z } from 'zod';
import { loadContactAsk } from '../../contact/ask.db.ts';
import { objectionsTo } from '../../contact/contact.rule.ts';
import { loadFacts } from '../../contact/facts.db.ts';
import { applyOptOut } from '../../contact/suppression.command.ts';
import { numbersOf } from '../../customer/number.db.ts';
import { demand, mutate, type Context } from '../../house/context.ts';
import { AppError } from '../../kernel/app-error.rule.ts';
import type { ContactPurpose } from '../../kernel/reach.rule.ts';
import type { Db, Tx } from '../../kernel/sql.db.ts';
import { findScript } from '../script/script.db.ts';
import { finishTask } from '../task-move.db.ts';
import { results } from '../task.rule.ts';
import { lockAgentSession, releaseAgent } from './agent-session.db.ts';
import { promiseDaysOf, reachOfDeskNo, type PromiseDay } from './promise.rule.ts';
import { triedItems } from './verification.db.ts';
import { identityOf } from './verification.rule.ts';
import { notYours } from './work.command.ts';
import * as db from './work.db.ts';

const Draft = z.object({ taskId: z.uuid(), content: db.DraftContent });

/** Keeps what was typed so far for whoever holds the task; a browser that dies takes nothing with it. Throws `desk.not-yours`. */
export async function saveDraft(ctx: Context, input: z.input<typeof Draft>): Promise<{ savedAt: Date }> {
  demand(ctx, 'desk:work');
  const read = Draft.safeParse(input);
  if (!read.success) throw new AppError('invalid', 'desk.draft-unreadable', 'What was typed cannot be kept as it is.');
  const { taskId, content } = read.data;
  const at = ctx.now();
  if (!(await db.storeDraft(ctx.pool, { taskId, staffId: ctx.staff.id, content, at }))) throw notYours();
  return { savedAt: at };
}

type Person = { customerId: string; phone: string; purpose: ContactPurpose };

/** Whether the policy would let this person be called for that purpose at a moment to come, as things stand. */
async function callableAt(database: Db, { customerId, phone, purpose }: Person, now: Date) {
  const ask = await loadContactAsk(database, { purpose, channel: 'call', topic: null, sender: null });
  const person = { phone, customerId };
  const facts = (await loadFacts(database, [person], ask, now))(person);
  return (at: Date): boolean => objectionsTo(facts, ask, at).length === 0;
}

/** The days and half hours for which a callback may be promised; a day without any is closed for this person. */
export async function promiseTimes(ctx: Context, person: Person): Promise<PromiseDay[]> {
  demand(ctx, 'desk:work');
  return promiseDaysOf(await callableAt(ctx.pool, person, ctx.now()), ctx.now());
}

const Finish = z.object({
  taskId: z.uuid(),
  result: z.enum(results),
  branches: z
    .string()
    .regex(/^[A-D]{0,8}$/)
    .default(''),
  interest: z.int().min(1).max(5).nullable().default(null),
  note: z.string().trim().max(2_000).default(''),
  promise: z.object({ at: z.date(), isPersonal: z.boolean() }).nullable().default(null),
});

/**
 * Writes down what came of a call and frees the agent: the record of the contact (B9), the task's end or its promise, and with
 * `do-not-contact` the opt-out, all or nothing. Throws `desk.not-yours`, `desk.call-lasts`, `desk.result-not-offered`,
 * `desk.promise-missing`, `desk.promise-closed` for a time at which the policy lets nobody call this person.
 */
export async function finishCall(ctx: Context, input: z.input<typeof Finish>): Promise<void> {
  const wanted = Finish.parse(input);
  const { taskId, result, promise } = wanted;
  if (result === 'callback' && !promise)
    throw new AppError('invalid', 'desk.promise-missing', 'Say when the customer is called back.', {
      field: 'promisedAt',
    });
  await mutate(ctx, 'desk:work', async (tx) => {
    const now = ctx.now();
    const staffId = ctx.staff.id;
    const own = (await db.heldWork(tx, staffId)).find((each) => each.taskId === taskId);
    if (!own) throw notYours();
    // Numbers are held before tasks, in one order: the one order of everybody.
    if (result === 'do-not-contact') await optOut(tx, own, now);
    const task = await db.lockTask(tx, taskId);
    if (!task || task.agentId !== staffId) throw notYours();
    if (task.state !== 'wrap-up')
      throw new AppError('conflict', 'desk.call-lasts', 'The call is not over yet; hang up first.');
    const { scriptId, attemptId, customerId } = task;
    const script = await findScript(tx, scriptId);
    if (!script?.content.results.includes(result))
      throw new AppError('invalid', 'desk.result-not-offered', 'The script does not offer this result.', {
        field: 'result',
      });
    const kept = result === 'callback' ? promise : null;
    if (kept) await demandOpen(tx, task, kept.at, now);
    const tried = attemptId === null ? [] : await triedItems(tx, attemptId);
    const asked = script.content.verification.map(
      (item) => tried.find((each) => each.item === item) ?? { item, tries: 0, matched: false },
    );
    await db.insertCallNote(tx, {
      ...wanted,
      id: randomUUIDv7(),
      attemptId,
      customerId,
      agentId: staffId,
      at: now,
      promisedAt: kept?.at ?? null,
      promiseIsPersonal: kept?.isPersonal ?? false,
      identity: identityOf(asked),
    });
    await db.deleteDraft(tx, taskId);
    await finishTask(
      tx,
      { taskId, result, promise: kept && { at: kept.at, by: staffId, isPersonal: kept.isPersonal } },
      now,
    );
    const session = await lockAgentSession(tx, staffId);
    if (session?.state === 'wrap-up' && session.attemptId === attemptId) await releaseAgent(tx, staffId, now);
    return {
      result: undefined,
      audit: {
        action: 'call-task.written-up',
        objectKind: 'call-task',
        objectId: taskId,
        details: { result, attemptId, ...(kept && { promisedAt: kept.at.toISOString() }) },
      },
    };
  });
}

async function demandOpen(tx: Tx, task: Person, at: Date, now: Date): Promise<void> {
  if (at <= now)
    throw new AppError('invalid', 'desk.promise-past', 'A callback is promised for a time to come.', {
      field: 'promisedAt',
    });
  if ((await callableAt(tx, task, now))(at)) return;
  throw new AppError(
    'invalid',
    'desk.promise-closed',
    'The contact policy lets nobody call this person at that time.',
    {
      field: 'promisedAt',
    },
  );
}

/** The person's no, for every number by which they could be met again. */
async function optOut(tx: Tx, { customerId, phone, purpose }: Person, now: Date): Promise<void> {
  const numbers = (await numbersOf(tx, customerId, now)).map((each) => each.phone);
  const reach = reachOfDeskNo(purpose);
  for (const each of [...new Set([phone, ...numbers])].toSorted())
    await applyOptOut(tx, { phone: each, reach, source: 'staff', now });
}

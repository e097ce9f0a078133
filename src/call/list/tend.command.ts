import { record } from '../../house/audit/audit.db.ts';
import { AppError } from '../../kernel/app-error.rule.ts';
import { findCalendar } from '../../kernel/calendar.db.ts';
import { transaction, type Pool, type Tx } from '../../kernel/sql.db.ts';
import { defaultKinds, taskKinds, outerOverrun } from '../kind.rule.ts';
import { releaseLost } from '../task-move.db.ts';
import { auditOfList } from './list.command.ts';
import * as db from './list.db.ts';
import { closeHeld } from './state.command.ts';

export type ListStep = { kind: 'wait'; untilMs: number } | { kind: 'end' };

/** Leases that have run out and clocks that have broken for good are looked for as often. */
const longestWaitMs = 300_000;
/** A list whose time is over and that somebody is still called from. */
const closeAgainMs = 60_000;

/** What an open list needs now, done; a list that is paused or closed needs nothing. */
export const tendList = (pool: Pool, listId: string, now: Date): Promise<ListStep> =>
  transaction(pool, async (tx): Promise<ListStep> => {
    const list = await db.lockList(tx, listId);
    if (list?.state !== 'open') return { kind: 'end' };
    await releaseLost(tx, now);
    await expire(tx, list, now);
    if (list.closesAt !== null && list.closesAt <= now) return closeOver(tx, list, now);
    const ends = [list.opensAt, list.closesAt].flatMap((at) =>
      at !== null && at > now ? [at.getTime() - now.getTime() + 1] : [],
    );
    return { kind: 'wait', untilMs: Math.min(longestWaitMs, ...ends) };
  });

async function expire(tx: Tx, list: db.CallList, now: Date): Promise<void> {
  const calendar = await findCalendar(tx);
  const bounds = taskKinds
    .filter((kind) => defaultKinds[kind].endsAtOuter)
    .map((kind) => ({ kind, before: outerOverrun(defaultKinds[kind], now, calendar) }));
  const expired = await db.expireTasks(tx, list.id, bounds, now);
  if (expired > 0) await record(tx, { actor: 'system', ...auditOfList('call-list.expire', list, { expired }) }, now);
}

/** Its time is over. Who was promised a call is not dropped by a clock: then somebody decides. */
async function closeOver(tx: Tx, list: db.CallList, now: Date): Promise<ListStep> {
  const { promises, live } = (await db.openTasks(tx, list.id)) ?? { promises: 0, live: 0 };
  if (live > 0) return { kind: 'wait', untilMs: closeAgainMs };
  if (promises > 0) {
    await db.moveList(tx, list.id, 'paused', { code: 'call-list.promises-left', promises }, now);
    await record(tx, { actor: 'system', ...auditOfList('call-list.pause', list, { promises }) }, now);
    return { kind: 'end' };
  }
  try {
    await tx.query('savepoint closing');
    const removed = await closeHeld(tx, list, false, now);
    await record(tx, { actor: 'system', ...auditOfList('call-list.close', list, { removed }) }, now);
    return { kind: 'end' };
  } catch (error) {
    // Somebody was just being called: the list closes when that is written up.
    if (!(error instanceof AppError)) throw error;
    await tx.query('rollback to savepoint closing');
    return { kind: 'wait', untilMs: closeAgainMs };
  }
}

import { findForm } from '../../form/form.db.ts';
import { mutate, type Context } from '../../house/context.ts';
import { AppError } from '../../kernel/app-error.rule.ts';
import { canonicalJson, sha256Hex } from '../../kernel/digest.rule.ts';
import { stopReason } from '../../kernel/field.rule.ts';
import type { Db, Tx } from '../../kernel/sql.db.ts';
import { buildScript } from '../script/script-1.rule.ts';
import { findSignedScript } from '../script/script.db.ts';
import * as db from './list.db.ts';
import { auditOfList, holdList, wrongState } from './list.command.ts';

/** Throws `call-list.script-unsigned` unless two people have signed this very script: its digest is computed anew from what would be read out. */
export async function demandSignedScript(at: Db, scriptId: string): Promise<void> {
  const script = await findSignedScript(at, scriptId);
  const form = script && (await findForm(at, { kind: 'script', id: scriptId }));
  if (script && form && sha256Hex(canonicalJson(buildScript(form.format, script))) === form.digest) return;
  throw new AppError(
    'conflict',
    'call-list.script-unsigned',
    'The script of this list is not signed by both, or was changed after it was signed: nobody is called with it.',
  );
}

async function demandReady(tx: Tx, list: db.CallList, now: Date): Promise<void> {
  await demandSignedScript(tx, list.scriptId);
  const account = await db.findCaller(tx, list.accountId);
  if (account?.state !== 'active')
    throw new AppError('conflict', 'call-list.account-stopped', 'The voice account of this list is stopped.');
  if (!account.callerNumbers.includes(list.callerNumber))
    throw new AppError(
      'conflict',
      'call-list.foreign-caller',
      'The caller number of this list is no number of its account any more.',
    );
  if (list.closesAt !== null && list.closesAt <= now)
    throw new AppError(
      'conflict',
      'call-list.over',
      'The time of this list is over; change when it closes, or clone it.',
    );
}

/** Opens a draft, or goes on with a paused list. From `opens_at` on agents and dialler take people from it. */
export async function openList(ctx: Context, { list: which }: { list: string }): Promise<void> {
  const id = await mutate(ctx, 'call-list:run', async (tx) => {
    const list = await holdList(ctx, tx, which, 'call-list:run');
    const now = ctx.now();
    await demandReady(tx, list, now);
    if (!(await db.moveList(tx, list.id, 'open', null, now))) throw wrongState(list, 'open');
    const action = list.state === 'paused' ? 'call-list.resume' : 'call-list.open';
    return { result: list.id, audit: auditOfList(action, list) };
  });
  await ctx.processes.startCallList(id);
}

/** Nobody new is called from it once this has answered; calls that go on are finished and written up. */
export async function pauseList(
  ctx: Context,
  { list: which, reason: said }: { list: string; reason: unknown },
): Promise<{ live: number }> {
  const reason = stopReason(said);
  return mutate(ctx, 'call-list:run', async (tx) => {
    const list = await holdList(ctx, tx, which, 'call-list:run');
    const why = { code: 'call-list.paused', reason, by: ctx.staff.id };
    if (!(await db.moveList(tx, list.id, 'paused', why, ctx.now()))) throw wrongState(list, 'paused');
    const live = (await db.openTasks(tx, list.id))?.live ?? 0;
    return { result: { live }, audit: auditOfList('call-list.pause', list, { reason }) };
  });
}

/**
 * Ends the list for good: whoever waits is removed. Throws `call-list.calls-live` while somebody is called or written up, and
 * `call-list.promises-open` while promises wait, unless `dropPromises` says that they are kept elsewhere.
 */
export async function closeList(
  ctx: Context,
  { list: which, dropPromises = false }: { list: string; dropPromises?: boolean },
): Promise<{ removed: number }> {
  return mutate(ctx, 'call-list:run', async (tx) => {
    const list = await holdList(ctx, tx, which, 'call-list:run');
    const removed = await closeHeld(tx, list, dropPromises, ctx.now());
    return { result: { removed }, audit: auditOfList('call-list.close', list, { removed, dropPromises }) };
  });
}

/** The removal comes first: a claim that holds a task is waited for, and its call is seen then. */
export async function closeHeld(tx: Tx, list: db.CallList, dropPromises: boolean, now: Date): Promise<number> {
  const { promises } = (await db.openTasks(tx, list.id)) ?? { promises: 0 };
  if (promises > 0 && !dropPromises)
    throw new AppError(
      'conflict',
      'call-list.promises-open',
      `${promises} people were promised a call from this list and still wait for it.`,
      { promises },
    );
  const removed = await db.removeWaiting(tx, list.id, now);
  const live = (await db.openTasks(tx, list.id))?.live ?? 0;
  if (live > 0)
    throw new AppError('conflict', 'call-list.calls-live', `${live} calls of this list are not finished yet.`, {
      live,
    });
  if (!(await db.moveList(tx, list.id, 'closed', null, now))) throw wrongState(list, 'closed');
  return removed;
}

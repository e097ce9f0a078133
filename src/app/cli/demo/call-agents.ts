import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { beat, becomeReady, signInToDesk, signOutOfDesk } from '../../../call/desk/agent-session.command.ts';
import { heldWork } from '../../../call/desk/work.db.ts';
import { finishCall } from '../../../call/desk/write-up.command.ts';
import type { Context } from '../../../house/context.ts';
import { AppError } from '../../../kernel/app-error.rule.ts';

const lookEveryMs = 200;

/** An agent that is a program: takes calls at a phone of the sandbox, writes each one up, and goes home when told to. */
export async function playAgent(
  ctx: Context,
  work: { accountId: string; extension: string; listId: string },
  over: AbortSignal,
): Promise<void> {
  const { accountId, extension, listId } = work;
  const browserId = randomUUID();
  await signInToDesk(ctx, { accountId, extension, browserId, listIds: [listId] });
  while (!over.aborted) {
    await look(ctx, browserId).catch(expected);
    await sleep(lookEveryMs, undefined, { signal: over }).catch(() => undefined);
  }
  await signOutOfDesk(ctx).catch(expected);
}

async function look(ctx: Context, browserId: string): Promise<void> {
  const seen = await beat(ctx, { browserId });
  if (seen.kind !== 'here') return;
  const { state, legState } = seen.session;
  if (state === 'busy' && legState === 'up') await becomeReady(ctx);
  if (state !== 'wrap-up') return;
  const written = (await heldWork(ctx.pool, ctx.staff.id)).find((each) => each.state === 'wrap-up');
  if (written) await finishCall(ctx, { taskId: written.taskId, result: 'resolved', note: '已说明，客户认可' });
}

/** The desk says no while something moves at the same moment: the next look sees what became of it. */
function expected(error: unknown): void {
  if (!(error instanceof AppError)) throw error;
}

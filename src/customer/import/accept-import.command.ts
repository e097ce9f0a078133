import { setTimeout as wait } from 'node:timers/promises';
import type { z } from 'zod';
import { AppError } from '../../kernel/app-error.rule.ts';
import { isBeingAccepted, noteFault } from './import.db.ts';
import { permissionFor } from './import.command.ts';
import { acceptImport, Acceptance } from './acceptance.command.ts';
import { loadImport } from './view.command.ts';
import { demand, type Context } from '../../house/context.ts';

// Longer than this nobody should look at a page that does not answer; a million rows take a minute or two.
const patienceMs = 2_000;

/**
 * Accepts as `acceptImport`, but goes on by itself when that takes long: `isAccepting` tells while it does, and a failure is
 * kept as the import's fault, which stays checked. Throws what `acceptImport` throws at once.
 */
export async function beginAccepting(
  ctx: Context,
  input: z.input<typeof Acceptance>,
  onTrouble: (error: unknown) => void,
): Promise<'accepted' | 'running'> {
  const wanted = Acceptance.parse(input);
  const { importId } = wanted;
  const row = await loadImport(ctx, importId);
  demand(ctx, permissionFor[row.kind]);
  if (wanted.asAudience) demand(ctx, 'audience:write');
  if (await isBeingAccepted(ctx.pool, importId)) return 'running';
  if (row.fault && row.state === 'checked') await noteFault(ctx.pool, importId, null);
  const work = acceptImport(ctx, wanted);
  const first = await Promise.race([work, wait(patienceMs, 'running' as const, { ref: false })]);
  if (first !== 'running') return 'accepted';
  void work.catch(async (error: unknown) => {
    onTrouble(error);
    const code = error instanceof AppError ? error.code : 'import.accept-failed';
    await noteFault(ctx.pool, importId, { code }).catch(onTrouble);
  });
  return 'running';
}

/** Whether its rows are being written at this moment, by whatever process. */
export const isAccepting = async (ctx: Context, importId: string): Promise<boolean> =>
  isBeingAccepted(ctx.pool, (await loadImport(ctx, importId)).id);

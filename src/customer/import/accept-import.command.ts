import { setTimeout as wait } from 'node:timers/promises';
import type { z } from 'zod';
import { markAccepted, type Acceptance } from './acceptance.command.ts';
import { goOnAccepting } from './acceptance-steps.command.ts';
import type { Context } from '../../house/context.ts';

// Longer than this nobody should look at a page that does not answer; a million rows take a quarter of a minute or more.
const patienceMs = 2_000;

/** Accepts as `acceptImport`, but goes on by itself when that takes long. Throws what `acceptImport` throws at once. */
export async function beginAccepting(
  ctx: Context,
  input: z.input<typeof Acceptance>,
  onTrouble: (error: unknown) => void,
): Promise<'accepted' | 'running'> {
  const { id } = await markAccepted(ctx, input);
  const work = goOnAccepting(ctx, id).then(() => 'accepted' as const);
  // What goes wrong stands with the import, and the watch goes on with it.
  work.catch(onTrouble);
  return Promise.race([work.catch(() => 'running' as const), wait(patienceMs, 'running' as const, { ref: false })]);
}

import { fork } from 'node:child_process';
import { expect } from 'vitest';
import { loadImport } from '../../../../src/customer/import/view.command.ts';
import type { Context } from '../../../../src/house/context.ts';

/** Accepts the file in a process of its own, which is killed with its first step written and others to come. */
export async function killWhileAccepting(ctx: Context, databaseUrl: string, importId: string): Promise<void> {
  const child = fork(new URL('./accept-child.ts', import.meta.url), [databaseUrl, ctx.staff.id, importId]);
  const ended = new Promise((resolve) => child.once('exit', resolve));
  await expect
    .poll(async () => (await loadImport(ctx, importId)).options.acceptance?.rows ?? 0, { timeout: 30_000, interval: 5 })
    .toBeGreaterThan(0);
  child.kill('SIGKILL');
  await ended;
}

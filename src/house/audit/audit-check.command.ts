import { randomUUIDv7 } from 'node:crypto';
import { lastAuditSeq } from './audit.db.ts';
import {
  finishAuditCheck,
  insertAuditCheck,
  latestAuditCheck,
  touchAuditCheck,
  type AuditCheck,
} from './audit-check.db.ts';
import { checkAuditChain } from './audit.command.ts';
import { demand, mutate, type Context } from '../context.ts';

// A check that has not moved for this long has lost the process that ran it.
const lostAfterMs = 30_000;
const isRunning = (check: AuditCheck | null, now: Date): boolean =>
  check !== null && check.finishedAt === null && now.getTime() - check.touchedAt.getTime() < lostAfterMs;

/** The newest check and where it stands. */
export async function showAuditCheck(ctx: Context): Promise<{
  check: AuditCheck | null;
  state: 'none' | 'running' | 'lost' | 'holds' | 'broken';
  done: boolean;
  fault: string;
}> {
  demand(ctx, 'audit:read');
  const check = await latestAuditCheck(ctx.pool);
  const fault = check?.fault ?? 'chain';
  if (check === null) return { check, state: 'none', done: false, fault };
  if (check.finishedAt !== null) return { check, state: check.holds ? 'holds' : 'broken', done: true, fault };
  return { check, state: isRunning(check, ctx.now()) ? 'running' : 'lost', done: false, fault };
}

/**
 * Begins to recompute the whole chain and resolves when that is on record; the work goes on beside the request. `onTrouble`
 * hears when it cannot be finished. A check that runs already is enough: then nothing begins.
 */
export async function startAuditCheck(ctx: Context, onTrouble: (error: unknown) => void): Promise<void> {
  demand(ctx, 'audit:read');
  if (isRunning(await latestAuditCheck(ctx.pool), ctx.now())) return;
  const id = randomUUIDv7();
  const ofRows = await lastAuditSeq(ctx.pool);
  await mutate(ctx, 'audit:read', async (tx) => {
    await insertAuditCheck(tx, { id, staffId: ctx.staff.id, ofRows, now: ctx.now() });
    return {
      result: undefined,
      audit: { action: 'audit.checked', objectKind: 'audit', objectId: id, details: { rows: ofRows } },
    };
  });
  const run = async (): Promise<void> => {
    const verdict = await checkAuditChain(ctx, (rows) => touchAuditCheck(ctx.pool, id, rows, ctx.now()));
    await finishAuditCheck(ctx.pool, id, verdict, ctx.now());
  };
  void run().catch(onTrouble);
}

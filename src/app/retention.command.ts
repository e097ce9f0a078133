import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { demand, mutate, type Context } from '../house/context.ts';
import { record } from '../house/audit/audit.db.ts';
import { holdDuty, leaveDuty } from '../campaign/process-watch.db.ts';
import { AppError } from '../kernel/app-error.rule.ts';
import { transaction, type Pool } from '../kernel/sql.db.ts';
import * as db from './retention.db.ts';
import { cutOff, retained, retentionDays, retentionFault, type Retained, type Retention } from './retention.rule.ts';

// A step holds its rows and the record for as long as it takes: some milliseconds.
const rowsAStep = 5_000;

/** What is kept for how long, how much of it there is, and what was deleted last. */
export async function showRetention(ctx: Context) {
  demand(ctx, 'self:read');
  const [days, deleted] = await Promise.all([db.loadRetention(ctx.pool), db.lastDeleted(ctx.pool)]);
  const lines = [];
  for (const what of retained) {
    const { rows, oldest } = await db.oldestOf(ctx.pool, what);
    lines.push({
      what,
      days: days[what],
      ...retentionDays[what],
      rows,
      oldest,
      last: deleted.find((each) => each.what === what) ?? null,
    });
  }
  return lines;
}

const faultCodes = {
  'not-whole': 'retention.not-whole',
  'too-short': 'retention.too-short',
  'too-long': 'retention.too-long',
} as const;

const Days = z.record(z.enum(retained), z.number());

export type Shorter = { what: Retained; from: number; to: number };

/** What would be kept for less time than now; nothing where a wish cannot be used anyhow. */
export async function shorterThanNow(ctx: Context, wanted: Retention): Promise<Shorter[]> {
  demand(ctx, 'self:read');
  if (retained.some((what) => retentionFault(what, wanted[what]) !== null)) return [];
  const days = await db.loadRetention(ctx.pool);
  return retained.flatMap((what) => (wanted[what] < days[what] ? [{ what, from: days[what], to: wanted[what] }] : []));
}

/** Throws `retention.fields` with a fault a field. What is shorter than before is deleted from the next hour on, for good. */
export async function setRetention(ctx: Context, input: Retention): Promise<void> {
  const wanted = Days.parse(input);
  const faults = retained.flatMap((what) => {
    const fault = retentionFault(what, wanted[what]);
    const { least } = retentionDays[what];
    return fault === null
      ? []
      : [{ field: what, code: faultCodes[fault], message: `Give whole days, at least ${least}.` }];
  });
  if (faults.length > 0) throw new AppError('invalid', 'retention.fields', 'Some times cannot be used.', { faults });
  await mutate(ctx, 'setting:write', async (tx) => {
    const from = await db.loadRetention(tx);
    await db.storeRetention(tx, wanted);
    const audit = {
      action: 'retention.set',
      objectKind: 'setting',
      objectId: 'retention',
      details: { from, to: wanted },
    };
    return { result: undefined, audit };
  });
}

/**
 * Deletes what is older than the house keeps it, a step a transaction with its row on record, and gives how much went of each
 * kind. `over` is asked between the steps.
 */
export async function deleteOld(
  pool: Pool,
  now: Date,
  { over = () => false, limit = rowsAStep }: { over?: () => boolean; limit?: number } = {},
): Promise<Partial<Record<Retained, number>>> {
  const days = await db.loadRetention(pool);
  const gone: Partial<Record<Retained, number>> = {};
  for (const what of retained) {
    const before = cutOff(days[what], now);
    const note = (rows: number): number => (gone[what] = (gone[what] ?? 0) + rows);
    while (what === 'pushes' && !over()) {
      const part = await db.findOldPart(pool, before);
      if (part === null) break;
      note(await step(pool, what, before, now, (tx) => db.dropPart(tx, part)));
    }
    while (!over()) {
      const rows = await step(pool, what, before, now, (tx) => db.deleteSome(tx, what, before, limit));
      if (rows > 0) note(rows);
      if (rows < limit) break;
    }
  }
  return gone;
}

const step = (
  pool: Pool,
  what: Retained,
  before: Date,
  now: Date,
  work: Parameters<typeof transaction<number>>[1],
): Promise<number> =>
  transaction(pool, async (tx) => {
    const rows = await work(tx);
    if (rows > 0) {
      const details = { what, rows, before: before.toISOString() };
      await record(
        tx,
        { actor: 'system', action: 'retention.delete', objectKind: 'setting', objectId: 'retention', details },
        now,
      );
    }
    return rows;
  });

const everyMs = 3_600_000;

/** Once an hour, in one process of the installation: makes the months to come and deletes what is old. */
export function startRetention(pool: Pool, onTrouble: (error: unknown) => void): { stop(): Promise<void> } {
  const owner = randomUUID();
  let stopped = false;
  const look = async (): Promise<void> => {
    try {
      if (!(await holdDuty(pool, 'retention', owner, (everyMs * 1.5) / 1_000))) return;
      await db.makeMonths(pool, new Date());
      await deleteOld(pool, new Date(), { over: () => stopped });
    } catch (error) {
      onTrouble(error);
    }
  };
  let running = look();
  const timer = setInterval(() => {
    running = running.then(look);
  }, everyMs);
  return {
    async stop() {
      stopped = true;
      clearInterval(timer);
      await running;
      await leaveDuty(pool, 'retention', owner).catch(() => undefined);
    },
  };
}

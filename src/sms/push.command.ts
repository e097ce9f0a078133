import { z } from 'zod';
import * as db from './delivery.db.ts';
import { AppError } from '../kernel/app-error.rule.ts';
import { pushesAreLate, secondsWaited } from './push-backlog.rule.ts';
import { paragraph } from '../kernel/field.rule.ts';
import { demand, mutate, type Context } from '../house/context.ts';

const Listing = z.object({
  all: z.boolean().default(false),
  before: z.int().positive().nullish(),
  limit: z.int().min(1).max(500).default(50),
});

export type PushState = 'waiting' | 'set-aside' | 'unread' | 'closed';
export type PushView = db.FaultyDelivery & { state: PushState };

const stateOf = ({ closedAt, setAsideAt, processedAt }: db.FaultyDelivery): PushState =>
  closedAt ? 'closed' : setAsideAt ? 'set-aside' : processedAt ? 'unread' : 'waiting';

/** Pushes that could not be read, wholly or in part, or not be taken in; newest first. Closed ones too when `all`. */
export async function listPushes(
  ctx: Context,
  input: z.input<typeof Listing> = {},
): Promise<{ rows: PushView[]; next: number | null }> {
  demand(ctx, 'gateway:read');
  const { all, before, limit } = Listing.parse(input);
  const found = await db.listFaultyDeliveries(ctx.pool, { all, before: before ?? null, limit: limit + 1 });
  const rows = found.slice(0, limit).map((row) => Object.assign(row, { state: stateOf(row) }));
  return { rows, next: found.length > limit ? (rows.at(-1)?.id ?? null) : null };
}

/** How many pushes wait to be taken in, since when, and how many wait for a person. */
export async function showPushBacklog(ctx: Context): Promise<db.Backlog & { seconds: number; late: boolean }> {
  demand(ctx, 'gateway:read');
  const backlog = await db.deliveryBacklog(ctx.pool);
  return { ...backlog, seconds: secondsWaited(backlog, ctx.now()), late: pushesAreLate(backlog, ctx.now()) };
}

const Which = z.object({ id: z.int().positive() });
const unknown = (id: number) => new AppError('missing', 'push.unknown', 'There is no such push with a fault.', { id });

/** Takes it in again as if it had just come: what is in already is not taken in twice. Throws `push.unknown`. */
export async function retryPush(ctx: Context, input: z.input<typeof Which>): Promise<void> {
  const { id } = Which.parse(input);
  await mutate(ctx, 'gateway:write', async (tx) => {
    if (!(await db.retryDelivery(tx, id))) throw unknown(id);
    return {
      result: undefined,
      audit: { action: 'push.retry', objectKind: 'push', objectId: String(id), details: {} },
    };
  });
}

const Close = Which.extend({ reason: paragraph(500) });

/** Somebody has looked at it; it is kept. Throws `push.unknown` when it is not open. */
export async function closePush(ctx: Context, input: z.input<typeof Close>): Promise<void> {
  const { id, reason } = Close.parse(input);
  await mutate(ctx, 'gateway:write', async (tx) => {
    if (!(await db.closeDelivery(tx, id, ctx.staff.id, ctx.now()))) throw unknown(id);
    return {
      result: undefined,
      audit: { action: 'push.close', objectKind: 'push', objectId: String(id), details: { reason } },
    };
  });
}

import { randomUUIDv7 } from 'node:crypto';
import { z } from 'zod';
import { AppError } from '../kernel/app-error.rule.ts';
import { maskPhone } from '../kernel/phone-mask.rule.ts';
import { mayInUnit } from '../kernel/permission.rule.ts';
import * as db from './reply.db.ts';
import { holdSuppressions, insertSuppression } from '../contact/suppression.db.ts';
import { takeNo } from './opt-out-reply.command.ts';
import { paragraph } from '../kernel/field.rule.ts';
import type { Tx } from '../kernel/sql.db.ts';
import { demand, mutate, unitsFor, type Context } from '../house/context.ts';
import { Page, pageOf } from '../customer/customer.command.ts';

const Listing = Page.extend({
  meaning: z.enum(db.replyMeanings).nullish(),
  state: z.enum(['open', 'decide', 'handled']).nullish(),
  campaign: z.string().max(40).nullish(),
  from: z.date().nullish(),
  until: z.date().nullish(),
});

/** As people see it: `phone` is masked. */
export type ReplyView = db.Reply;
const view = (row: db.Reply): ReplyView => ({ ...row, phone: maskPhone(row.phone) });

/**
 * What customers replied, newest first. Somebody of some units sees the replies to those units' campaigns; replies to no
 * campaign are for people of every unit.
 */
export async function listReplies(
  ctx: Context,
  input: z.input<typeof Listing> = {},
): Promise<{ rows: ReplyView[]; next: string | null }> {
  demand(ctx, 'reply:read');
  const { meaning, state, campaign, from, until, ...page } = Listing.parse(input);
  const filter = {
    units: unitsFor(ctx, 'reply:read'),
    meaning: meaning ?? undefined,
    state: state ?? undefined,
    campaign: campaign ?? undefined,
    from: from ?? undefined,
    until: until ?? undefined,
  };
  const { rows, next } = await pageOf(page, (before, limit) => db.listReplies(ctx.pool, filter, before, limit));
  return { rows: rows.map(view), next };
}

/** Replies that wait for a person, of the caller's units, up to 100; 0 for who may not read them. */
export async function openReplyCount(ctx: Context): Promise<number> {
  const units = unitsFor(ctx, 'reply:read');
  return units.length === 0 ? 0 : db.countOpenReplies(ctx.pool, units);
}

/** How many replied to the campaign, and how many of them said no. The caller has opened the campaign. */
export const repliesOfCampaign = async (ctx: Context, campaign: { id: string; unit: string }) => ({
  ...(await db.countRepliesOf(ctx.pool, campaign.id)),
  mayRead: mayInUnit(ctx.staff.grants, 'reply:read', campaign.unit),
});

const Which = z.object({ id: z.uuid() });

/** The number first, as whoever takes replies in: two of one number cannot wait for each other. */
async function lockReply(tx: Tx, id: string, phone: string) {
  await holdSuppressions(tx, [phone]);
  const reply = await db.lockReply(tx, id);
  if (!reply) throw new AppError('missing', 'reply.unknown', 'There is no such reply.', { id });
  return reply;
}

async function demandReply(ctx: Context, id: string): Promise<db.Reply> {
  const reply = await db.findReply(ctx.pool, unitsFor(ctx, 'reply:write'), id);
  if (!reply) throw new AppError('missing', 'reply.unknown', 'There is no such reply.', { id });
  return reply;
}

/** A person read a no where the rule did not: it does what a reply that says so does. Repeating it changes nothing. */
export async function markOptOut(ctx: Context, input: z.input<typeof Which>): Promise<{ added: boolean }> {
  const { id } = Which.parse(input);
  demand(ctx, 'reply:write');
  const { phone } = await demandReply(ctx, id);
  return mutate(ctx, 'suppression:write', async (tx) => {
    const reply = await lockReply(tx, id, phone);
    if ((await db.writerWhoLeft(tx, id)) !== null)
      throw new AppError('conflict', 'reply.number-moved', 'The number belongs to somebody else by now.', { id });
    const now = ctx.now();
    await db.markReplyOptOut(tx, id, ctx.staff.id);
    const { asks, silenced } = await takeNo(tx, { ...reply, id }, now);
    // Whoever says that it is a no has seen it.
    if (asks !== 'decide' && !reply.handledAt) await db.markReplyHandled(tx, id, ctx.staff.id, now);
    const added = silenced.some((each) => each.added);
    const details = { suppressionId: silenced[0]?.suppressionId ?? null, added };
    return { result: { added }, audit: { action: 'reply.opt-out', objectKind: 'reply', objectId: id, details } };
  });
}

/** Nothing more is to be done about it. Throws `reply.handled` when somebody else was first, `reply.to-decide`. */
export async function markHandled(ctx: Context, input: z.input<typeof Which>): Promise<void> {
  const { id } = Which.parse(input);
  demand(ctx, 'reply:write');
  const { phone } = await demandReply(ctx, id);
  await mutate(ctx, 'reply:write', async (tx) => {
    const reply = await lockReply(tx, id, phone);
    if (reply.handledAt) throw new AppError('conflict', 'reply.handled', 'Somebody dealt with it already.', { id });
    if (reply.asks === 'decide')
      throw new AppError('conflict', 'reply.to-decide', 'Decide whether the notices stop, and why.', { id });
    await db.markReplyHandled(tx, id, ctx.staff.id, ctx.now());
    return { result: undefined, audit: { action: 'reply.handled', objectKind: 'reply', objectId: id, details: {} } };
  });
}

/** Those of the replies that still wait to be looked at, one by one as `markHandled`; what asks for more stays. Gives how many. */
export async function markAllHandled(ctx: Context, ids: readonly string[]): Promise<number> {
  let count = 0;
  for (const id of ids) {
    try {
      await markHandled(ctx, { id });
      count += 1;
    } catch (error) {
      // Somebody else was first, or it has come to be one that a person decides.
      if (!(error instanceof AppError) || error.kind !== 'conflict') throw error;
    }
  }
  return count;
}

const Decision = z.object({ id: z.uuid(), decision: z.enum(db.replyDecisions), reason: paragraph(500) });

/**
 * A person decides about a no to a notice: its kind of text stops, or goes on. It settles every reply of the number that asks
 * the same; what comes later asks anew. Throws `reply.nothing-to-decide`, `reply.handled`,
 * `reply.number-moved`.
 */
export async function decideReply(ctx: Context, input: z.input<typeof Decision>): Promise<{ replies: number }> {
  const { id, decision, reason } = Decision.parse(input);
  demand(ctx, 'reply:write');
  const { phone } = await demandReply(ctx, id);
  return mutate(ctx, decision === 'silence' ? 'suppression:write' : 'reply:write', async (tx) => {
    const { answers, asks, handledAt } = await lockReply(tx, id, phone);
    if (answers === null || asks === null || asks === 'moved')
      throw new AppError('conflict', 'reply.nothing-to-decide', 'This reply asks for no decision.', { id });
    if (handledAt) throw new AppError('conflict', 'reply.handled', 'Somebody dealt with it already.', { id });
    if (decision === 'silence' && (await db.writerWhoLeft(tx, id)) !== null)
      throw new AppError('conflict', 'reply.number-moved', 'The number belongs to somebody else by now.', { id });
    const at = ctx.now();
    const by = ctx.staff.id;
    const reach = { channels: ['sms'] as const, purposes: [answers] };
    const standing =
      decision === 'silence'
        ? await insertSuppression(tx, {
            id: randomUUIDv7(),
            phone,
            kind: 'opt-out',
            ...reach,
            source: 'staff',
            reason,
            createdAt: at,
            createdBy: by,
            expiresAt: null,
          })
        : null;
    const replies = await db.decideReplies(tx, { id, phone, answers }, { decision, reason, by, at });
    const suppressionId = standing?.suppression.id ?? null;
    const details = { decision, purposes: reach.purposes, reason, suppressionId, replies };
    return { result: { replies }, audit: { action: 'reply.decided', objectKind: 'reply', objectId: id, details } };
  });
}

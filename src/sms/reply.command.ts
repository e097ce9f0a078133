import { z } from 'zod';
import { AppError } from '../kernel/app-error.rule.ts';
import { maskPhone } from '../kernel/phone-mask.rule.ts';
import { mayInUnit } from '../kernel/permission.rule.ts';
import * as db from './reply.db.ts';
import { applyOptOut } from '../contact/suppression.command.ts';
import { demand, mutate, unitsFor, type Context } from '../house/context.ts';
import { Page, pageOf } from '../customer/customer.command.ts';

const Listing = Page.extend({
  meaning: z.enum(db.replyMeanings).nullish(),
  state: z.enum(['open', 'handled']).nullish(),
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

async function demandReply(ctx: Context, id: string): Promise<db.Reply> {
  const reply = await db.findReply(ctx.pool, unitsFor(ctx, 'reply:write'), id);
  if (!reply) throw new AppError('missing', 'reply.unknown', 'There is no such reply.', { id });
  return reply;
}

/** A person read a no where the rule did not: silences the number as a reply that says so would. Repeating it changes nothing. */
export async function markOptOut(ctx: Context, input: z.input<typeof Which>): Promise<{ added: boolean }> {
  const { id } = Which.parse(input);
  demand(ctx, 'reply:write');
  await demandReply(ctx, id);
  return mutate(ctx, 'suppression:write', async (tx) => {
    const reply = await db.lockReply(tx, id);
    if (!reply) throw new AppError('missing', 'reply.unknown', 'There is no such reply.', { id });
    const now = ctx.now();
    const { phone, accountId } = reply;
    const { suppressionId, added } = await applyOptOut(tx, { phone, accountId, now });
    await db.markReplyOptOut(tx, id, ctx.staff.id, now);
    const details = { suppressionId, added };
    return { result: { added }, audit: { action: 'reply.opt-out', objectKind: 'reply', objectId: id, details } };
  });
}

/** Nothing more is to be done about it. Throws `reply.handled` when somebody else was first. */
export async function markHandled(ctx: Context, input: z.input<typeof Which>): Promise<void> {
  const { id } = Which.parse(input);
  demand(ctx, 'reply:write');
  await demandReply(ctx, id);
  await mutate(ctx, 'reply:write', async (tx) => {
    const reply = await db.lockReply(tx, id);
    if (!reply) throw new AppError('missing', 'reply.unknown', 'There is no such reply.', { id });
    if (reply.handledAt) throw new AppError('conflict', 'reply.handled', 'Somebody dealt with it already.', { id });
    await db.markReplyHandled(tx, id, ctx.staff.id, ctx.now());
    return { result: undefined, audit: { action: 'reply.handled', objectKind: 'reply', objectId: id, details: {} } };
  });
}

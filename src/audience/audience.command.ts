import { randomUUIDv7 } from 'node:crypto';
import { z } from 'zod';
import { tallyMembers } from './tally.db.ts';
import { loadTextAsk } from '../contact/ask.db.ts';
import { AppError } from '../kernel/app-error.rule.ts';
import { maskPhone } from '../kernel/phone-mask.rule.ts';
import { AudienceFilter } from './filter.db.ts';
import * as db from './audience.db.ts';
import type { Db } from '../kernel/sql.db.ts';
import { countUnread } from './count.db.ts';
import { findTopic } from '../customer/topic.db.ts';
import { demand, mutate, unitsFor, type Context } from '../house/context.ts';
import { Page, pageOf } from '../customer/customer.command.ts';
import { oneLine } from '../kernel/field.rule.ts';

export const AudienceName = oneLine(100);
const NewAudience = z.object({ name: AudienceName, filter: AudienceFilter });

/** An open audience by a filter: who is in it is asked anew each time, until a campaign freezes it. Throws `topic.unknown`. */
export async function createAudience(ctx: Context, input: z.input<typeof NewAudience>): Promise<{ id: string }> {
  const { name, filter } = NewAudience.parse(input);
  return mutate(ctx, 'audience:write', async (tx) => {
    if (filter.topic !== undefined) await demandTopic(tx, filter.topic);
    const id = randomUUIDv7();
    await db.insertAudience(tx, { id, name, filter, size: null, createdBy: ctx.staff.id, createdAt: ctx.now() });
    const details = { conditions: Object.keys(filter) };
    return { result: { id }, audit: { action: 'audience.created', objectKind: 'audience', objectId: id, details } };
  });
}

async function demandTopic(tx: Db, topic: string): Promise<void> {
  if (!(await findTopic(tx, topic)))
    throw new AppError('missing', 'topic.unknown', 'There is no such topic.', { topic });
}

const Listing = Page.extend({ state: z.enum(['open', 'freezing', 'frozen']).nullish() });

export async function listAudiences(
  ctx: Context,
  input: z.input<typeof Listing> = {},
): Promise<{ rows: db.Audience[]; next: string | null }> {
  demand(ctx, 'audience:read');
  const { state, ...page } = Listing.parse(input);
  return pageOf(page, (before, limit) =>
    db.listAudiences(ctx.pool, { state: state ?? undefined, units: unitsFor(ctx, 'campaign:read') }, before, limit),
  );
}

/** Throws `audience.unknown`: also for the frozen list of a campaign that the caller may not read. */
export async function loadAudience(ctx: Context, id: string): Promise<db.Audience> {
  demand(ctx, 'audience:read');
  const found = await db.findAudience(ctx.pool, id);
  if (!found || !(await db.isAudienceOf(ctx.pool, id, unitsFor(ctx, 'campaign:read'))))
    throw new AppError('missing', 'audience.unknown', 'There is no such audience.', { id });
  return found;
}

/** Throws `audience.unknown` for one of a campaign whose unit the caller may not read; one that is not there is named by `demandComplete`. */
export async function refuseForeignAudience(ctx: Context, at: Db, id: string): Promise<void> {
  const units = unitsFor(ctx, 'campaign:read');
  if ((await db.findAudience(at, id)) && !(await db.isAudienceOf(at, id, units)))
    throw new AppError('missing', 'audience.unknown', 'There is no such audience.', { id });
}

const Question = z.object({ id: z.uuid(), kind: z.enum(['marketing', 'notice']), topic: z.string().max(64).nullish() });

export type AudienceCount = {
  /** Everybody in it; `eligible` and the excluded add up to it. */
  total: number;
  eligible: number;
  /** Each person under the first reason that holds; reasons of src/contact/message-state.rule.ts. */
  excluded: Record<string, number>;
  /** People left out because their value of this attribute could not be compared as a number or a day. */
  unread: Record<string, number>;
  /** Up to three of the eligible, masked. */
  sample: string[];
};

/** Whom a message of that kind, on that topic, would reach now. Throws `audience.unknown`, `topic.unknown`. */
export async function countAudience(ctx: Context, input: z.input<typeof Question>): Promise<AudienceCount> {
  const { id, kind, topic } = Question.parse(input);
  const audience = await loadAudience(ctx, id);
  if (topic) await demandTopic(ctx.pool, topic);
  const ask = await loadTextAsk(ctx.pool, { kind, contactPurpose: null, topic: topic ?? null, account: null });
  const tally = await tallyMembers(ctx.pool, audience, ask, ctx.now());
  const eligible = tally.find((row) => row.reason === null);
  return {
    total: tally.reduce((sum, row) => sum + row.count, 0),
    eligible: eligible?.count ?? 0,
    excluded: Object.fromEntries(tally.flatMap((row) => (row.reason === null ? [] : [[row.reason, row.count]]))),
    unread: audience.filter === null ? {} : await countUnread(ctx.pool, audience.filter),
    sample: (eligible?.sample ?? []).map(maskPhone),
  };
}

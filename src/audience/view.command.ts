import { z } from 'zod';
import { AppError } from '../kernel/app-error.rule.ts';
import type { AudienceFilter } from './filter.db.ts';
import type { Audience } from './audience.db.ts';
import { estimateCustomers } from './count.db.ts';
import * as db from './list.db.ts';
import { findCampaign } from '../campaign/campaign.db.ts';
import { findTopic } from '../customer/topic.db.ts';
import { loadAudience } from './audience.command.ts';
import { countKey, masked, type AudienceCounter, type KeptCount } from './count.command.ts';
import { demand, unitsFor, type Context } from '../house/context.ts';
import { Page, pageOf } from '../customer/customer.command.ts';

const Listing = Page.extend({ kind: z.enum(db.audienceKinds).nullish(), name: z.string().max(100).nullish() });

/** `count`: people in it, with the time of the count; null when nobody has counted it yet. */
export type AudienceLine = db.AudienceLine & { count: { people: number; at: Date | null } | null };

export async function listAudienceLines(
  ctx: Context,
  counter: AudienceCounter,
  input: z.input<typeof Listing> = {},
): Promise<{ rows: AudienceLine[]; next: string | null }> {
  demand(ctx, 'audience:read');
  const { kind, name, ...page } = Listing.parse(input);
  const { rows, next } = await pageOf(page, (before, limit) =>
    db.listAudienceLines(
      ctx.pool,
      { kind: kind ?? null, name: name?.trim() || null, units: unitsFor(ctx, 'campaign:read') },
      before,
      limit,
    ),
  );
  const kept = await counter.peek(rows);
  const countOf = (row: db.AudienceLine): AudienceLine['count'] => {
    if (row.size !== null) return { people: row.size, at: null };
    const count = kept.get(countKey(row));
    return typeof count?.total === 'number' ? { people: count.total, at: count.countedAt } : null;
  };
  const counted = (row: db.AudienceLine): AudienceLine => ({ ...row, count: countOf(row) });
  return { rows: rows.map(counted), next };
}

export type AudiencePage = {
  audience: Audience;
  /** Null of a frozen audience, whose people are fixed. */
  count: KeptCount | null;
  /** Of a file or a frozen audience: its first five people, `phone` masked. A filter's are in its count. */
  sample: db.SamplePerson[];
  campaigns: db.CampaignUse[];
  import: { id: string; fileName: string } | null;
  /** The campaign of whose people it was made. */
  origin: { number: string; name: string } | null;
};

/** Throws `audience.unknown`. */
export async function showAudience(ctx: Context, counter: AudienceCounter, id: string): Promise<AudiencePage> {
  const audience = await loadAudience(ctx, id);
  const [count, members, campaigns, file, origin] = await Promise.all([
    audience.state === 'open' ? counter.look(audience) : null,
    audience.filter === null || audience.state !== 'open' ? db.firstMembers(ctx.pool, audience.id, 5) : [],
    db.listCampaignsOnAudience(ctx.pool, id, unitsFor(ctx, 'campaign:read'), 50),
    audience.filter === null ? db.findImportOf(ctx.pool, id) : null,
    audience.fromCampaign === null ? null : findCampaign(ctx.pool, audience.fromCampaign),
  ]);
  return { audience, count, sample: members.map(masked), campaigns, import: file, origin };
}

/** Counts an open audience; `again` even when the kept count is fresh. Throws `audience.unknown`, `audience.not-open`. */
export async function countAgain(
  ctx: Context,
  counter: AudienceCounter,
  id: string,
  again: boolean,
): Promise<{ audience: Audience; count: KeptCount }> {
  const audience = await loadAudience(ctx, id);
  if (audience.state !== 'open')
    throw new AppError('conflict', 'audience.not-open', 'A frozen audience never changes; there is nothing to count.');
  return { audience, count: await counter.look(audience, { again }) };
}

// Counts go by the filter, so one that is not stored yet needs no id of its own.
const unstored = '00000000-0000-0000-0000-000000000000';

/** Whom a filter would find, before it is kept as an audience. Throws `topic.unknown`. */
export async function countFilter(ctx: Context, counter: AudienceCounter, filter: AudienceFilter): Promise<KeptCount> {
  demand(ctx, 'audience:write');
  if (filter.topic !== undefined && !(await findTopic(ctx.pool, filter.topic)))
    throw new AppError('missing', 'topic.unknown', 'There is no such topic.', { topic: filter.topic });
  return counter.look({ id: unstored, filter });
}

/** What a filter can ask for: attributes that customers have, and about how many customers there are. */
export async function filterChoices(ctx: Context): Promise<{ attributes: string[]; customers: number | null }> {
  demand(ctx, 'audience:read');
  const [attributes, customers] = await Promise.all([db.listAttributeNames(ctx.pool), estimateCustomers(ctx.pool)]);
  return { attributes, customers };
}

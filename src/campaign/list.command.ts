import { partsOf, settledOf, submittedOf } from './figure.rule.ts';
import type { CampaignState } from './state.rule.ts';
import { isOpenAt } from '../contact/sending-window.rule.ts';
import { addDays, chinaDateAt, chinaInstant, type Calendar } from '../kernel/working-day.rule.ts';
import { findCalendar } from '../kernel/calendar.db.ts';
import {
  awaitedSignatures,
  countItems,
  itemsOf,
  listChoices,
  listItems,
  optOutsSince,
  signersFor,
  type ListFilter,
  type ListItem,
  type Reader,
} from './list.db.ts';
import { restlessCampaigns, sumOfDay, type FigureGlance } from './figures.db.ts';
import { countsOf } from './message.db.ts';
import type { Figures } from './figures.command.ts';
import { demand, unitsFor, type Context } from '../house/context.ts';

// Small ledgers are counted within this; a large one shows its figures at the next look.
const patienceMs = 40;

/** The tabs of the list, in order; `ended` holds what stopped before its end. */
export const listTabs = [
  'all',
  'mine',
  'draft',
  'signing',
  'scheduled',
  'sending',
  'paused',
  'completed',
  'archived',
  'ended',
] as const;
export type ListTab = (typeof listTabs)[number];

const statesOf: Readonly<Record<ListTab, readonly CampaignState[] | null>> = {
  all: null,
  mine: null,
  draft: ['draft'],
  signing: ['freezing', 'awaiting-liaison', 'awaiting-leader'],
  scheduled: ['scheduled'],
  sending: ['sending', 'settling'],
  paused: ['paused'],
  completed: ['completed'],
  archived: ['archived'],
  ended: ['rejected', 'withdrawn', 'expired', 'voided', 'cancelled'],
};

/** Where the caller may do what, as the list's queries want it. */
export function readerOf(ctx: Context): Reader {
  const signs = (role: 'liaison' | 'leader') => {
    const units = ctx.staff.grants.filter((grant) => grant.role === role).map(({ unit }) => unit);
    return units.includes('*') ? '*' : units;
  };
  return {
    id: ctx.staff.id,
    reads: unitsFor(ctx, 'campaign:read'),
    writes: unitsFor(ctx, 'campaign:write'),
    runs: unitsFor(ctx, 'campaign:run'),
    signs: { liaison: signs('liaison'), leader: signs('leader') },
  };
}

export type ListRow = ListItem & {
  /** Null before anything was sent. */
  progress: { submitted: number; settled: number; delivered: number; failed: number; rate: number | null } | null;
  /** Who owes the signature that is missing. */
  signers: string[];
  /** Signed, and its window is open: it is about to begin. */
  opening: boolean;
};

export type ListQuery = Pick<ListFilter, 'text' | 'kind' | 'unit' | 'ownerId' | 'from' | 'until' | 'after'> & {
  tab: ListTab;
  limit: number;
};

/** One page of the list with what is above it. */
export async function viewCampaigns(ctx: Context, figures: Figures, query: ListQuery) {
  demand(ctx, 'campaign:read');
  const reader = readerOf(ctx);
  const { tab, limit, ...rest } = query;
  const found = await listItems(ctx.pool, reader, {
    ...rest,
    states: statesOf[tab],
    mine: tab === 'mine',
    drafts: tab === 'all' || tab === 'mine' || tab === 'draft',
    limit: limit + 1,
  });
  const items = found.slice(0, limit);
  const last = items.at(-1);
  const { states, mine } = await countItems(ctx.pool, reader);
  const sum = (of: readonly CampaignState[] | null): number =>
    [...states].reduce((total, [state, count]) => total + (of === null || of.includes(state) ? count : 0), 0);
  const tabs = listTabs.map((each) => ({ tab: each, count: each === 'mine' ? mine : sum(statesOf[each]) }));
  return {
    rows: await withProgress(ctx, figures, items),
    next: found.length > limit && last ? { movedAt: last.movedAt, id: last.id } : null,
    tabs,
    total: sum(null),
    summary: await summarize(ctx, figures, reader),
  };
}

/** Units and applicants that the filters offer. */
export const campaignChoices = (ctx: Context) => {
  demand(ctx, 'campaign:read');
  return listChoices(ctx.pool, readerOf(ctx));
};

/** Rows that are on somebody's screen, as they are now. */
export async function viewCampaignRows(ctx: Context, figures: Figures, numbers: readonly string[]) {
  demand(ctx, 'campaign:read');
  const reader = readerOf(ctx);
  return {
    rows: await withProgress(ctx, figures, await itemsOf(ctx.pool, reader, numbers)),
    summary: await summarize(ctx, figures, reader),
  };
}

async function withProgress(ctx: Context, figures: Figures, items: readonly ListItem[]): Promise<ListRow[]> {
  const keys = items.flatMap(({ key, startedAt }) => (key !== null && startedAt !== null ? [key] : []));
  const counted = await figures.glance(keys, patienceMs, 'missing');
  const signers = new Map<string, string[]>();
  for (const role of ['liaison', 'leader'] as const) {
    const units = items.filter(({ state }) => state === `awaiting-${role}`).map(({ unit }) => unit);
    if (units.length === 0) continue;
    for (const { unit, id, name } of await signersFor(ctx.pool, role, units))
      signers.set(`${role} ${unit}`, [...(signers.get(`${role} ${unit}`) ?? []), `${id} ${name}`]);
  }
  const owing = (item: ListItem): string[] =>
    (signers.get(`${item.state.slice('awaiting-'.length)} ${item.unit}`) ?? [])
      .filter((each) => !each.startsWith(item.ownerId))
      .map((each) => each.slice(each.indexOf(' ') + 1));
  const calendar = items.some(({ state }) => state === 'scheduled') ? await findCalendar(ctx.pool) : null;
  return items.map((item) => ({
    ...item,
    opening: item.state === 'scheduled' && isOpening(item, calendar, ctx.now()),
    progress: item.key === null ? null : progressOf(counted.get(item.key)),
    signers: owing(item),
  }));
}

function isOpening(item: ListItem, calendar: Calendar | null, now: Date): boolean {
  const { startsAt, endsAt, dailyFrom, dailyTo, days } = item;
  if (!startsAt || !endsAt || !dailyFrom || !dailyTo || !days) return false;
  return isOpenAt({ startsAt, endsAt, dailyFrom, dailyTo, days }, calendar, now);
}

function progressOf(figures: FigureGlance | undefined): ListRow['progress'] {
  if (!figures || figures.lines.length === 0) return null;
  const counts = countsOf(figures.lines);
  const { delivered, failed } = partsOf(counts);
  const judged = delivered + failed;
  return {
    submitted: submittedOf(counts),
    settled: settledOf(counts),
    delivered,
    failed,
    rate: judged === 0 ? null : delivered / judged,
  };
}

/** Five figures of today and what they are compared with. Sums are as old as the oldest count of a campaign that is sending. */
async function summarize(ctx: Context, figures: Figures, reader: Reader) {
  const today = chinaDateAt(ctx.now());
  const midnight = chinaInstant(today, '00:00');
  const yesterday = addDays(today, -1);
  const restless = await restlessCampaigns(ctx.pool);
  await figures.glance(
    restless.map(({ key }) => key),
    patienceMs,
    'missing',
  );
  const [sums, before, awaited, optOuts] = await Promise.all([
    sumOfDay(ctx.pool, today, midnight, reader.reads),
    sumOfDay(ctx.pool, yesterday, chinaInstant(yesterday, '00:00'), reader.reads),
    awaitedSignatures(ctx.pool, reader),
    optOutsSince(ctx.pool, midnight),
  ]);
  return { today: sums, yesterday: before, awaited, optOuts };
}

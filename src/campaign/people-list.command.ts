import { purposeOfText } from '../kernel/reach.rule.ts';
import { randomUUIDv7 } from 'node:crypto';
import { z } from 'zod';
import { holdImports } from '../customer/import/accept-import.db.ts';
import { insertAudience } from '../audience/audience.db.ts';
import type { Campaign } from './campaign.db.ts';
import { holdPeople, insertPeople, tallyPeople, type PeopleOf } from './people-list.db.ts';
import { limitStatements, transaction, type Db } from '../kernel/sql.db.ts';
import { findTemplate } from '../sms/template/template.db.ts';
import { AppError } from '../kernel/app-error.rule.ts';
import { failureReasons } from '../contact/message-state.rule.ts';
import { passingFailures, peopleOutcomes, type PeopleObstacle, type PeopleOutcome } from './people-list.rule.ts';
import { AudienceName } from '../audience/audience.command.ts';
import { loadCampaign } from './view.command.ts';
import { demandIn, mutate, type Context } from '../house/context.ts';

/** Chosen people of one outcome, of failed ones by reason; `usable` and the obstacles add up to `people`. */
export type PeopleLine = {
  outcome: PeopleOutcome;
  reason: string | null;
  people: number;
  usable: number;
  leftOut: Record<PeopleObstacle, number>;
  /** Whether they come onto the list when nobody says otherwise. */
  usual: boolean;
};

// A list of 500,000 was made in 27 seconds on two busy cores; beyond this something is wrong, and the database has other work.
const longestSeconds = 120;

/** Who of a campaign could be on a new list. Throws `campaign.missing`, `ledger.not-frozen`. */
export async function showPeople(
  ctx: Context,
  idOrNumber: string,
): Promise<{ campaign: Campaign; over: boolean; lines: PeopleLine[] }> {
  const campaign = await demandPeople(ctx, idOrNumber);
  const rows = await transaction(ctx.pool, async (tx) => {
    await limitStatements(tx, longestSeconds);
    return tallyPeople(tx, await peopleOf(tx, campaign, ctx.now()));
  });
  const lines = new Map<string, PeopleLine>();
  for (const { outcome, reason, obstacle, people } of rows) {
    const key = outcome === 'failed' ? `${outcome}:${reason}` : outcome;
    const line = lines.get(key) ?? emptyLine(outcome, outcome === 'failed' ? reason : null);
    line.people += people;
    if (obstacle === null) line.usable += people;
    else line.leftOut[obstacle] += people;
    lines.set(key, line);
  }
  const order = (line: PeopleLine): number => peopleOutcomes.indexOf(line.outcome);
  return {
    campaign,
    over: campaign.finishedAt !== null,
    lines: [...lines.values()].toSorted((a, b) => order(a) - order(b) || b.people - a.people),
  };
}

const emptyLine = (outcome: PeopleOutcome, reason: string | null): PeopleLine => ({
  outcome,
  reason,
  people: 0,
  usable: 0,
  leftOut: { reached: 0, 'taken-over': 0, gone: 0, suppressed: 0 },
  usual: outcome === 'failed' && (passingFailures as readonly string[]).includes(reason ?? ''),
});

export const PeopleWanted = z.object({
  name: AudienceName.optional(),
  outcomes: z.array(z.enum(peopleOutcomes)).min(1).max(peopleOutcomes.length),
  /** Of failed people: only of these reasons. Without them, all but those whose next message would fail as well. */
  reasons: z.array(z.enum(failureReasons)).max(failureReasons.length).optional(),
  /** Some of the unknown may have got the text; somebody has to say that this is known. */
  confirmUnknown: z.boolean().default(false),
});
export type PeopleWanted = z.input<typeof PeopleWanted>;
export type PeopleList = { id: string; name: string; people: number; leftOut: Record<PeopleObstacle, number> };

/**
 * Makes a list of the people of a campaign by what became of their message. Who became silent since, and whose number is not
 * theirs any more, is left out and counted. Throws `people-list.unknown-open`, `people-list.unknown-unconfirmed`,
 * `people-list.empty`, `campaign.missing`, `ledger.not-frozen`.
 */
export async function createPeopleList(ctx: Context, idOrNumber: string, input: PeopleWanted): Promise<PeopleList> {
  const wanted = PeopleWanted.parse(input);
  const campaign = await demandPeople(ctx, idOrNumber);
  const outcomes = peopleOutcomes.filter((each) => wanted.outcomes.includes(each));
  const reasons = outcomes.includes('failed') ? (wanted.reasons ?? passingFailures) : [];
  demandKnown(campaign, outcomes, wanted.confirmUnknown);
  const name = wanted.name ?? `${campaign.number} ${outcomes.join(' + ')}`;
  const id = randomUUIDv7();
  return mutate(ctx, 'audience:write', async (tx) => {
    await limitStatements(tx, longestSeconds);
    // Or a number could pass to another customer between the look and the list.
    await holdImports(tx);
    const now = ctx.now();
    const of = await peopleOf(tx, campaign, now);
    const held = await holdPeople(tx, of, { outcomes, reasons });
    const leftOut = emptyLine('failed', null).leftOut;
    for (const { obstacle, people: count } of held) if (obstacle !== null) leftOut[obstacle] = count;
    const people = held.find(({ obstacle }) => obstacle === null)?.people ?? 0;
    if (people === 0)
      throw new AppError('conflict', 'people-list.empty', 'Nobody is left to be on this list.', { leftOut });
    const from = { campaignId: campaign.id, chosen: { outcomes, reasons, leftOut } };
    await insertAudience(tx, { id, name, filter: null, size: people, createdBy: ctx.staff.id, createdAt: now, from });
    await insertPeople(tx, id, of);
    return {
      result: { id, name, people, leftOut },
      audit: {
        action: 'audience.created-from-campaign',
        objectKind: 'audience',
        objectId: id,
        details: { campaignId: campaign.id, number: campaign.number, outcomes, reasons, people, leftOut },
      },
    };
  });
}

/** The campaign, for who may make lists in its unit. */
async function demandPeople(ctx: Context, idOrNumber: string): Promise<Campaign> {
  const campaign = await loadCampaign(ctx, idOrNumber);
  demandIn(ctx, 'audience:write', campaign.unit);
  if (!campaign.frozenAudienceId)
    throw new AppError('conflict', 'ledger.not-frozen', 'This campaign has no frozen list yet.');
  return campaign;
}

function demandKnown(campaign: Campaign, outcomes: readonly PeopleOutcome[], confirmed: boolean): void {
  if (!outcomes.includes('unknown')) return;
  // Most of them are waiting for a receipt that comes.
  if (campaign.finishedAt === null)
    throw new AppError(
      'conflict',
      'people-list.unknown-open',
      'Receipts are still awaited; who remains unknown is certain once the campaign is finished.',
    );
  if (!confirmed)
    throw new AppError(
      'invalid',
      'people-list.unknown-unconfirmed',
      'Some of the unknown may have got the text; confirm that they may get another.',
      { field: 'confirmUnknown' },
    );
}

async function peopleOf(db: Db, campaign: Campaign, now: Date): Promise<PeopleOf> {
  const template = await findTemplate(db, campaign.templateId);
  return {
    campaignKey: campaign.key,
    audienceId: campaign.frozenAudienceId ?? '',
    sourceId: campaign.audienceId,
    purpose: purposeOfText({ kind: template?.kind ?? 'marketing', contactPurpose: campaign.contactPurpose }),
    over: campaign.finishedAt !== null,
    now,
  };
}

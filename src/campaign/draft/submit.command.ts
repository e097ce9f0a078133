import { randomUUIDv7 } from 'node:crypto';
import { AppError } from '../../kernel/app-error.rule.ts';
import { chinaTimeOf, isReturned, readDraft, yuanOfFen, type DraftBody } from './draft.rule.ts';
import { mayInUnit } from '../../kernel/permission.rule.ts';
import { chinaDateAt } from '../../kernel/working-day.rule.ts';
import { findAudience, isAudienceOf } from '../../audience/audience.db.ts';
import { record } from '../../house/audit/audit.db.ts';
import { findCampaign, insertCampaign, lockCampaign, moveCampaign, rewriteCampaign } from '../campaign.db.ts';
import { campaignOfDraft, deleteDraft, findDraft, lockDraft, type Draft } from './draft.db.ts';
import type { Tx } from '../../kernel/sql.db.ts';
import { demandComplete, newCampaign } from './campaign-draft.command.ts';
import { manyLeftOutOf } from './checks.command.ts';
import { showEstimate } from './estimate.command.ts';
import { submitCampaign } from '../campaign.command.ts';
import { loadCampaign } from '../view.command.ts';
import { demandIn, mutate, unitsFor, type Context } from '../../house/context.ts';
import { demandDraft, keepDraft } from './draft.command.ts';

/**
 * Begins a draft with the contents of a campaign: never its signatures, and no window that has begun. The campaign it is
 * cloned from is remembered: a returned one is then corrected by the new one.
 */
export async function cloneCampaign(ctx: Context, idOrNumber: string): Promise<{ id: string }> {
  const source = await loadCampaign(ctx, idOrNumber);
  const audience = await findAudience(ctx.pool, source.audienceId);
  const own = await isAudienceOf(ctx.pool, source.audienceId, unitsFor(ctx, 'campaign:read'));
  const future = source.startsAt > ctx.now();
  const body: DraftBody = {
    purpose: source.purpose,
    audienceId: audience?.state === 'open' && own ? audience.id : null,
    templateId: source.templateId,
    variableSources: source.variableSources,
    topic: source.topic,
    contactPurpose: source.contactPurpose,
    startsAt: future ? chinaTimeOf(source.startsAt) : '',
    endsAt: future ? chinaTimeOf(source.endsAt) : '',
    dailyFrom: source.dailyFrom,
    dailyTo: source.dailyTo,
    days: source.days,
    ratePerSecond: String(source.ratePerSecond),
    requests: source.requests,
    costCeiling: yuanOfFen(source.costCeilingFen),
    stopFailures: String(source.stopConditions.failurePercent),
    stopOptOuts: String(source.stopConditions.optOutsPerThousand),
    stopComplaints: String(source.stopConditions.complaintsPerThousand),
    signBy: future && source.signBy > ctx.now() ? chinaTimeOf(source.signBy) : '',
  };
  return keepDraft(ctx, { name: source.name, unit: source.unit, body, clonedFrom: source.id });
}

type Submission = { id: string; version: number; leftOutMeant?: boolean };

/**
 * Makes the draft a campaign and hands it in. One transaction takes the draft away and leaves the campaign `freezing`, so a
 * second click, or a repeat after a crash or an answer that got lost, finds the campaign and only sees to its process.
 */
export async function submitDraft(ctx: Context, input: Submission): Promise<{ number: string }> {
  const made = (await takeDraft(ctx, input)) ?? (await campaignOfDraft(ctx.pool, input.id));
  if (!made) throw new AppError('missing', 'draft.missing', 'There is no such draft; it may have been deleted.');
  if (made.applicantId !== ctx.staff.id)
    throw new AppError('conflict', 'draft.handed-in', 'Somebody else has handed this draft in.');
  // Only its process may be missing; in any later state there is nothing to repeat.
  if (made.state === 'freezing') await submitCampaign(ctx, { campaignId: made.id });
  return { number: made.number };
}

/** Throws `draft.left-out-not-confirmed` when the last count leaves out more than the house takes for usual. */
async function demandFewLeftOut(ctx: Context, tx: Tx, draft: Draft): Promise<void> {
  const many = await manyLeftOutOf(tx, await showEstimate(ctx, draft, tx));
  if (!many) return;
  const { candidates, left, percent } = many;
  throw new AppError(
    'invalid',
    'draft.left-out-not-confirmed',
    `${left} of ${candidates} people would be left out; confirm that this is meant.`,
    { field: 'leftOutMeant', candidates, left, percent },
  );
}

type Made = NonNullable<Awaited<ReturnType<typeof campaignOfDraft>>>;

/** Null when the draft is gone already. */
async function takeDraft(ctx: Context, input: Submission): Promise<Made | null> {
  if (!(await findDraft(ctx.pool, input.id))) return null;
  try {
    return await mutate(ctx, 'campaign:submit', async (tx) => {
      const found = await lockDraft(tx, input.id);
      if (!found) throw new Gone();
      const draft = demandDraft(ctx, found);
      demandIn(ctx, 'campaign:submit', draft.unit);
      if (draft.version !== input.version)
        throw new AppError('conflict', 'draft.changed', 'The draft was changed meanwhile; look at it again.', {
          name: draft.savedBy,
          time: chinaTimeOf(draft.updatedAt).slice(11),
        });
      const { made, action } = await becomeCampaign(ctx, tx, draft, input.leftOutMeant === true);
      return {
        result: made,
        audit: {
          action,
          objectKind: 'campaign',
          objectId: made.id,
          details: { number: made.number, draftId: draft.id },
        },
      };
    });
  } catch (error) {
    if (error instanceof Gone) return null;
    throw error;
  }
}

// Two submits at once: the one that waited for the lock finds that there is nothing left to take, and rolls back.
class Gone extends Error {}

async function becomeCampaign(
  ctx: Context,
  tx: Tx,
  draft: Draft,
  leftOutMeant: boolean,
): Promise<{ made: Made; action: string }> {
  const { read, faults } = readDraft(draft);
  if (!read)
    throw new AppError('invalid', 'draft.incomplete', 'Something is missing in this draft; see the checks.', {
      fields: faults.map(({ field }) => field).join(', '),
    });
  const now = ctx.now();
  const source = draft.clonedFrom === null ? null : await lockCampaign(tx, draft.clonedFrom);
  // Sent back by a check at the freeze: the corrected contents go under the number it has.
  const same = source?.state === 'draft' && source.applicantId === ctx.staff.id;
  const campaign = {
    ...newCampaign(
      ctx.staff,
      { ...read, ...(read.signBy === undefined && { signBy: undefined }) },
      same ? source.id : randomUUIDv7(),
      now,
    ),
    draftId: draft.id,
    revises: source && isReturned(source.state) ? source.id : null,
  };
  await demandComplete(tx, campaign, now);
  // Asked last: nobody confirms anything about a draft that has still to be changed.
  if (!leftOutMeant) await demandFewLeftOut(ctx, tx, draft);
  const number = same ? source.number : await insertCampaign(tx, campaign, chinaDateAt(now));
  if (same && !(await rewriteCampaign(tx, campaign)))
    throw new AppError('conflict', 'campaign.wrong-state', 'This campaign is no draft any more.');
  await deleteDraft(tx, draft.id);
  const actor = `staff:${ctx.staff.id}`;
  const { id, templateId, audienceId, revises } = campaign;
  const details = { number, templateId, audienceId, ...(revises !== null && { revises }) };
  const action = same ? 'campaign.rewrite' : 'campaign.create';
  await record(tx, { actor, action, objectKind: 'campaign', objectId: id, details }, now);
  await moveCampaign(tx, id, 'freezing', null, now);
  return { made: { id, number, applicantId: ctx.staff.id, state: 'freezing' }, action: 'campaign.submit' };
}

/** Where a draft that is gone went; null when it was deleted or never was. */
export async function whereDraftWent(ctx: Context, id: string): Promise<string | null> {
  const made = await campaignOfDraft(ctx.pool, id);
  const campaign = made && (await findCampaign(ctx.pool, made.id));
  return campaign && mayInUnit(ctx.staff.grants, 'campaign:read', campaign.unit) ? campaign.number : null;
}

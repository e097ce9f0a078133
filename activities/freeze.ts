import { randomBytes, randomUUIDv7 } from 'node:crypto';
import { AppError } from '../src/kernel/app-error.rule.ts';
import { estimateCost } from '../src/sms/cost.rule.ts';
import { leftOutOf } from '../src/contact/left-out.rule.ts';
import type { FormCheck } from '../src/form/form.rule.ts';
import { findAudience } from '../src/audience/audience.db.ts';
import { askSigners } from '../src/form/ask-signers.db.ts';
import { record } from '../src/house/audit/audit.db.ts';
import { findCalendar } from '../src/kernel/calendar.db.ts';
import { findCampaign, lockCampaign, moveCampaign, storeFreeze, type Campaign } from '../src/campaign/campaign.db.ts';
import { insertForm } from '../src/form/form.db.ts';
import { findCampaignForm, findLiveCampaign, formOf } from '../src/campaign/live-campaign.db.ts';
import { analyzeMembers, beginFreeze, giveUpFreeze, sweepGivenUp } from '../src/campaign/freeze.db.ts';
import { newFormFormat } from '../src/form/formats/formats.rule.ts';
import { findGatewayAccount, type GatewayAccount } from '../src/sms/gateway-account.db.ts';
import { transaction, type Pool, type Tx } from '../src/kernel/sql.db.ts';
import { findTemplate, type Template } from '../src/sms/template/template.db.ts';
import { canonicalJson, sha256Hex } from '../src/kernel/digest.rule.ts';
import { freezeMembers, storeList, type FreezeInput, type Frozen } from './freeze-members.ts';
import { checkGateway } from '../src/sms/gateway-check.ts';
import type { SendDeps } from './send-span.ts';

export type FreezeEnd =
  | { kind: 'formed'; digest: string; applicantId: string; expiresInMs: number }
  | { kind: 'refused'; code: string }
  | { kind: 'gone' };

/**
 * Fixes the people and the text of a submitted campaign and makes its form. The people are written in steps, each committed; the
 * last transaction closes the list and makes the form of it, and until then there is nothing to be signed. Broken off anywhere it
 * begins anew, and what the attempt before has written goes. Whoever may not be contacted or cannot be addressed is left out with
 * the reason. A check that fails sends the campaign back to its draft and says why.
 */
export async function freezeAudience(deps: SendDeps, campaignId: string, beat: () => void): Promise<FreezeEnd> {
  const { pool } = deps;
  const submittedAt = (await findCampaign(pool, campaignId))?.submittedAt ?? null;
  try {
    const asked = await askGateway(deps, campaignId);
    const begun = await begin(pool, campaignId, asked);
    await sweepGivenUp(pool, beat);
    if (begun.kind !== 'begun') return begun;
    const people = await freezeMembers(pool, begun.input, beat);
    await analyzeMembers(pool);
    return await transaction(pool, (tx) => form(deps, tx, begun.input, people));
  } catch (error) {
    if (!(error instanceof AppError) || error.kind === 'unavailable') throw error;
    await refuse(pool, campaignId, submittedAt, error);
    await sweepGivenUp(pool, beat);
    return { kind: 'refused', code: error.code };
  }
}

/** Back to the draft, with the reason; a withdrawn campaign stays what it is, and so does one that was handed in again meanwhile. */
const refuse = (pool: Pool, campaignId: string, submittedAt: Date | null, error: AppError): Promise<void> =>
  transaction(pool, async (tx) => {
    const campaign = await lockCampaign(tx, campaignId);
    if (campaign?.submittedAt?.getTime() !== submittedAt?.getTime()) return;
    await giveUpFreeze(tx, campaignId);
    const reason = { code: error.code, message: error.message, ...error.details };
    if (!(await moveCampaign(tx, campaignId, 'draft', reason, new Date()))) return;
    await record(tx, {
      actor: 'system',
      action: 'campaign.refuse',
      objectKind: 'campaign',
      objectId: campaignId,
      details: { code: error.code },
    });
  });

/** What the gateway was asked about: a slow answer holds no transaction open. Null where there is nothing to freeze. */
async function askGateway({ pool, gatewayOf }: SendDeps, campaignId: string): Promise<string | null> {
  const campaign = await findCampaign(pool, campaignId);
  const template = campaign?.state === 'freezing' ? await findTemplate(pool, campaign.templateId) : null;
  const account = template && (await findGatewayAccount(pool, template.gatewayAccountId));
  if (!template || !account) return null;
  await checkGateway(gatewayOf(account), template);
  return askedAbout(template, account);
}

const askedAbout = (template: Template, { id, settings }: GatewayAccount): string =>
  canonicalJson({ template, account: { id, settings } });

type Begun = { kind: 'begun'; input: FreezeInput } | Exclude<FreezeEnd, { kind: 'refused' }>;

/** What the list is made of, as it stands now, and an empty list for it. */
const begin = (pool: Pool, campaignId: string, asked: string | null): Promise<Begun> =>
  transaction(pool, async (tx): Promise<Begun> => {
    const now = new Date();
    const campaign = await lockCampaign(tx, campaignId);
    const existing = await findCampaignForm(tx, campaignId);
    if (campaign && existing) return formed(existing.digest, campaign, now);
    if (campaign?.state !== 'freezing') return { kind: 'gone' };
    const { template, account } = await textOf(tx, campaign, asked);
    const source = await findAudience(tx, campaign.audienceId);
    const calendar = await findCalendar(tx);
    if (!source || !calendar) throw incomplete();
    const [audienceId, saltKey] = [randomUUIDv7(), randomBytes(32)];
    await beginFreeze(tx, { id: audienceId, campaignId, source, saltKey, createdBy: campaign.applicantId });
    return { kind: 'begun', input: { campaign, template, account, source, audienceId, saltKey, calendar, asked, now } };
  });

/** The text and its account. Throws where they are not those that the gateway was asked about. */
async function textOf(tx: Tx, campaign: Campaign, asked: string | null) {
  const template = await findTemplate(tx, campaign.templateId);
  const account = template && (await findGatewayAccount(tx, template.gatewayAccountId));
  if (!template || !account) throw incomplete();
  if (askedAbout(template, account) !== asked)
    throw new Error('The text or its gateway account was changed while the gateway was asked; it is asked again.');
  return { template, account };
}

const incomplete = (): AppError =>
  new AppError('invalid', 'campaign.incomplete', 'The template, audience, gateway account or calendar is gone.');

/** Closes the list and makes the form of it, if the campaign is still the one that was submitted. */
async function form(deps: SendDeps, tx: Tx, input: FreezeInput, people: Frozen): Promise<FreezeEnd> {
  const { template, account, calendar, audienceId } = input;
  const now = new Date();
  const campaignId = input.campaign.id;
  const campaign = await lockCampaign(tx, campaignId);
  if (campaign?.state !== 'freezing' || campaign.submittedAt?.getTime() !== input.campaign.submittedAt?.getTime()) {
    await giveUpFreeze(tx, campaignId);
    return { kind: 'gone' };
  }
  await textOf(tx, campaign, input.asked);
  if (people.size === 0)
    throw new AppError(
      'invalid',
      'audience.empty',
      'Nobody on this audience may get this message; look at the reasons.',
      { excluded: people.excluded },
    );
  const cost = estimateCost({
    recipientsBySegments: people.bySegments,
    pricePerSegmentMilliYuan: account.priceMilliYuan,
  });
  if (cost.costFen > campaign.costCeilingFen) {
    throw new AppError(
      'invalid',
      'campaign.over-ceiling',
      `The estimate is ${cost.costFen} fen, the ceiling ${campaign.costCeilingFen}: raise the ceiling or shorten the text or list.`,
      {
        estimateFen: cost.costFen,
        ceilingFen: campaign.costCeilingFen,
      },
    );
  }
  const excluded = Object.entries(people.excluded).toSorted(([a], [b]) => a.localeCompare(b));
  const { checked, banned, broken } = textsChecked(people);
  const { candidates, left, percent } = leftOutOf(people.candidates, people.size);
  const checks: FormCheck[] = [
    { code: 'text.rules', passed: true, detail: { kind: template.kind } },
    { code: 'text.rules-each', passed: true, detail: { checked, left: broken } },
    { code: 'text.forbidden-words', passed: true, detail: { checked, left: banned } },
    { code: 'gateway.template', passed: true, detail: { code: template.gatewayCode, state: 'passed' } },
    { code: 'gateway.signature', passed: true, detail: { name: template.signName, state: 'passed' } },
    {
      code: 'audience.excluded',
      passed: true,
      detail: { candidates, left, percent, ...Object.fromEntries(excluded) },
    },
    {
      code: 'text.segments',
      passed: true,
      detail: Object.fromEntries(Object.entries(people.bySegments).map(([segments, n]) => [`of ${segments}`, n])),
    },
    {
      code: 'window.hours',
      passed: true,
      detail: { from: account.settings.hours[template.kind][0], to: account.settings.hours[template.kind][1] },
    },
  ];
  await storeList(tx, { audienceId, campaignId }, people, now);
  await storeFreeze(tx, campaignId, {
    audienceId,
    calendarVersion: calendar.version,
    segments: cost.segments,
    estimateFen: cost.costFen,
    checks,
  });

  const live = await findLiveCampaign(tx, campaignId);
  if (!live) throw new Error('A campaign frozen a moment ago must be live.');
  const canonical = canonicalJson(formOf(live, deps.formFormat ?? newFormFormat));
  const digest = sha256Hex(canonical);
  const { applicantId, signBy: expiresAt } = campaign;
  await insertForm(
    tx,
    {
      id: randomUUIDv7(),
      subjectKind: 'campaign',
      subjectId: campaignId,
      unit: live.campaign.unit,
      applicantId,
      canonical,
      digest,
      expiresAt,
    },
    now,
  );
  await moveCampaign(tx, campaignId, 'awaiting-liaison', null, now);
  await record(
    tx,
    {
      actor: 'system',
      action: 'campaign.freeze',
      objectKind: 'campaign',
      objectId: campaignId,
      details: { digest, size: people.size, merkleRoot: people.merkleRoot },
    },
    now,
    deps.seals.key,
  );
  await askSigners(tx, { kind: 'campaign', id: campaignId }, now);
  return formed(digest, campaign, now);
}

/** People whose text was looked at as they get it, and how many of them were left out for a banned word or for breaking a rule. */
const textsChecked = ({ size, excluded }: Frozen): { checked: number; banned: number; broken: number } => {
  const banned = excluded['variable.forbidden-word'] ?? 0;
  const broken = Object.entries(excluded).reduce((sum, [why, n]) => sum + (why.startsWith('text.') ? n : 0), 0);
  return { checked: size + banned + broken, banned, broken };
};

const formed = (digest: string, campaign: Campaign, now: Date) => ({
  kind: 'formed' as const,
  digest,
  applicantId: campaign.applicantId,
  expiresInMs: Math.max(0, campaign.signBy.getTime() - now.getTime()),
});

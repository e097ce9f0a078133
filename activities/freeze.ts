import { randomBytes, randomUUIDv7 } from 'node:crypto';
import { AppError } from '../src/kernel/app-error.rule.ts';
import { estimateCost } from '../src/sms/cost.rule.ts';
import { leftOutOf } from '../src/contact/left-out.rule.ts';
import type { FormCheck } from '../src/form/form.rule.ts';
import { countSegments } from '../src/sms/segment.rule.ts';
import { samplesOf, tallyLength, type LengthTally } from '../src/sms/text-length.rule.ts';
import { findAudience } from '../src/audience/audience.db.ts';
import { askSigners } from '../src/form/ask-signers.db.ts';
import { record } from '../src/house/audit/audit.db.ts';
import { findCalendar } from '../src/kernel/calendar.db.ts';
import { findCampaign, lockCampaign, moveCampaign, storeFreeze, type Campaign } from '../src/campaign/campaign.db.ts';
import { findForm, findLiveCampaign, formOf, insertForm } from '../src/form/form.db.ts';
import {
  candidatesAfter,
  closeFreeze,
  holdCandidates,
  insertBatches,
  insertExclusions,
  insertFreezing,
  insertMembers,
} from '../src/campaign/freeze.db.ts';
import { newFormFormat } from '../src/form/formats/formats.rule.ts';
import { findGatewayAccount, type GatewayAccount } from '../src/sms/gateway-account.db.ts';
import { loadTextAsk } from '../src/contact/ask.db.ts';
import { loadFacts } from '../src/contact/facts.db.ts';
import { openNumbers } from '../src/contact/reserve.db.ts';
import { storeSamples } from '../src/form/sign-off.db.ts';
import { transaction, type Pool, type Tx } from '../src/kernel/sql.db.ts';
import { findTemplate, type Template } from '../src/sms/template/template.db.ts';
import { batchDigest, batchSize, leafOf, merkleRoot, type Member } from '../src/audience/digest.rule.ts';
import { canonicalJson, sha256Hex } from '../src/kernel/digest.rule.ts';
import { createRecipientJudge } from '../src/campaign/recipient-judge.rule.ts';
import { checkGateway } from '../src/sms/gateway-check.ts';
import type { SendDeps } from './send-span.ts';

export type FreezeEnd =
  | { kind: 'formed'; digest: string; applicantId: string; expiresInMs: number }
  | { kind: 'refused'; code: string }
  | { kind: 'gone' };

/**
 * Fixes the people and the text of a submitted campaign and makes its form, in one transaction. Whoever may not be contacted
 * or cannot be addressed is left out with the reason. A check that fails sends the campaign back to its draft and says why.
 */
export async function freezeAudience(deps: SendDeps, campaignId: string, beat: () => void): Promise<FreezeEnd> {
  try {
    const asked = await askGateway(deps, campaignId);
    return await transaction(deps.pool, (tx) => freeze(deps, tx, campaignId, asked, beat));
  } catch (error) {
    if (!(error instanceof AppError) || error.kind === 'unavailable') throw error;
    await transaction(deps.pool, async (tx) => {
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
    return { kind: 'refused', code: error.code };
  }
}

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

async function freeze(
  deps: SendDeps,
  tx: Tx,
  campaignId: string,
  asked: string | null,
  beat: () => void,
): Promise<FreezeEnd> {
  const now = new Date();
  const campaign = await lockCampaign(tx, campaignId);
  const existing = await findForm(tx, campaignId);
  if (campaign && existing) return formed(existing.digest, campaign, now);
  if (campaign?.state !== 'freezing') return { kind: 'gone' };
  const template = await findTemplate(tx, campaign.templateId);
  const source = await findAudience(tx, campaign.audienceId);
  const account = template && (await findGatewayAccount(tx, template.gatewayAccountId));
  const calendar = await findCalendar(tx);
  if (!template || !source || !account || !calendar)
    throw new AppError(
      'invalid',
      'campaign.incomplete',
      'The template, audience, gateway account or calendar is gone.',
    );
  if (askedAbout(template, account) !== asked)
    throw new Error('The text or its gateway account was changed while the gateway was asked; it is asked again.');

  const audienceId = randomUUIDv7();
  const people = await freezeMembers(deps.pool, tx, { campaign, template, account, source, audienceId, now }, beat);
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
  await insertForm(tx, { id: randomUUIDv7(), campaignId, applicantId, canonical, digest, expiresAt }, now);
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
  await askSigners(tx, campaignId, now);
  return formed(digest, campaign, now);
}

/** People whose text was looked at as they get it, and how many of them were left out for a banned word or for breaking a rule. */
const textsChecked = ({ size, excluded }: Frozen): { checked: number; banned: number; broken: number } => {
  const banned = excluded['variable.forbidden-word'] ?? 0;
  const broken = Object.entries(excluded).reduce((sum, [why, n]) => sum + (why.startsWith('text.') ? n : 0), 0);
  return { checked: size + banned + broken, banned, broken };
};

const formed = (digest: string, campaign: Campaign, now: Date): FreezeEnd => ({
  kind: 'formed',
  digest,
  applicantId: campaign.applicantId,
  expiresInMs: Math.max(0, campaign.signBy.getTime() - now.getTime()),
});

type FreezeInput = {
  campaign: Campaign;
  template: Template;
  account: GatewayAccount;
  source: NonNullable<Awaited<ReturnType<typeof findAudience>>>;
  audienceId: string;
  now: Date;
};
type Frozen = {
  candidates: number;
  size: number;
  excluded: Record<string, number>;
  bySegments: Record<number, number>;
  merkleRoot: string;
};

async function freezeMembers(
  pool: Pool,
  tx: Tx,
  { campaign, template, account, source, audienceId, now }: FreezeInput,
  beat: () => void,
): Promise<Frozen> {
  const { variableSources, topic } = campaign;
  const ask = await loadTextAsk(tx, { kind: template.kind, topic, account });
  const judge = createRecipientJudge({ template, variableSources, ask, now });
  const saltKey = randomBytes(32);
  await insertFreezing(tx, audienceId, source, saltKey, campaign.applicantId);

  const candidates = await holdCandidates(tx, source);
  const excluded: Record<string, number> = {};
  const bySegments: Record<number, number> = {};
  const lengths: LengthTally = new Map();
  const batches: { batch: number; firstSeq: number; size: number; digest: string }[] = [];
  let leaves: Buffer[] = [];
  let size = 0;
  const closeBatch = (): void => {
    if (leaves.length === 0) return;
    const batch = batches.length + 1;
    batches.push({
      batch,
      firstSeq: size - leaves.length + 1,
      size: leaves.length,
      digest: batchDigest(batch, leaves),
    });
    leaves = [];
  };
  for (let place = 0; place < candidates;) {
    const page = await candidatesAfter(tx, place, 5_000);
    const factsFor = await loadFacts(tx, page, ask, now);
    // On a connection of its own: whoever else meets the same strangers must not wait for the end of this transaction.
    const strangers = page.filter(({ customerId }) => customerId === null);
    if (strangers.length > 0)
      await openNumbers(
        pool,
        strangers.map(({ phone }) => phone),
        'list',
      );
    const members: (Member & { customerId: string | null })[] = [];
    const left: { phone: string; reason: string }[] = [];
    for (const each of page) {
      const verdict = judge(each, factsFor(each));
      if (verdict.reason !== null) {
        excluded[verdict.reason] = (excluded[verdict.reason] ?? 0) + 1;
        left.push({ phone: each.phone, reason: verdict.reason });
        continue;
      }
      const { variables, segments, text } = verdict;
      size += 1;
      tallyLength(lengths, countSegments({ signName: template.signName, text }).length, size);
      bySegments[segments] = (bySegments[segments] ?? 0) + 1;
      members.push({ seq: size, phone: each.phone, variables, customerId: each.customerId });
      leaves.push(leafOf(saltKey, { seq: size, phone: each.phone, variables }));
      if (leaves.length === batchSize) closeBatch();
    }
    if (members.length > 0) await insertMembers(tx, audienceId, members);
    if (left.length > 0) await insertExclusions(tx, audienceId, left);
    place = page.at(-1)?.place ?? candidates;
    beat();
  }
  closeBatch();
  await insertBatches(tx, audienceId, batches);
  const root = merkleRoot(batches.map(({ digest }) => digest));
  const samples = samplesOf(lengths);
  if (samples) await storeSamples(tx, audienceId, samples);
  await closeFreeze(tx, audienceId, { size, batchSize, merkleRoot: root, excluded }, now);
  return { candidates, size, excluded, bySegments, merkleRoot: root };
}

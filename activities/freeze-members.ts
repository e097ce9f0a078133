import { batchSize, createBatchCutter, leafOf, merkleRoot } from '../src/audience/digest.rule.ts';
import { freezeCandidates, type Audience, type Candidate } from '../src/audience/audience.db.ts';
import type { Campaign } from '../src/campaign/campaign.db.ts';
import { closeFreeze, insertBatches, writeStep, type Step } from '../src/campaign/freeze.db.ts';
import { createRecipientJudge } from '../src/campaign/recipient-judge.rule.ts';
import { loadTextAsk } from '../src/contact/ask.db.ts';
import { loadFacts } from '../src/contact/facts.db.ts';
import { openNumbers } from '../src/contact/reserve.db.ts';
import { storeSamples } from '../src/audience/frozen.db.ts';
import type { Calendar } from '../src/kernel/working-day.rule.ts';
import { transaction, type Pool, type Tx } from '../src/kernel/sql.db.ts';
import type { GatewayAccount } from '../src/sms/gateway-account.db.ts';
import { countSegments } from '../src/sms/segment.rule.ts';
import type { Template } from '../src/sms/template/template.db.ts';
import { samplesOf, tallyLength, type LengthTally } from '../src/sms/text-length.rule.ts';

/** A list that is being frozen, and what it is made of. `asked`: what the gateway was asked about. */
export type FreezeInput = {
  campaign: Campaign;
  template: Template;
  account: GatewayAccount;
  source: Audience;
  calendar: Calendar;
  audienceId: string;
  saltKey: Buffer;
  asked: string | null;
  now: Date;
};

type Batch = { batch: number; firstSeq: number; size: number; digest: string };

/** What became of the candidates. The list itself is written, and not closed yet. */
export type Frozen = {
  candidates: number;
  size: number;
  excluded: Record<string, number>;
  bySegments: Record<number, number>;
  batches: Batch[];
  merkleRoot: string;
  lengths: LengthTally;
};

const pageSize = 5_000;

/** Judges the candidates page by page, in their order, and writes each page in a transaction of its own. */
export async function freezeMembers(pool: Pool, input: FreezeInput, beat: () => void): Promise<Frozen> {
  const { campaign, template, account, source, audienceId, saltKey, now } = input;
  const { variableSources, topic, contactPurpose } = campaign;
  const ask = await loadTextAsk(pool, { kind: template.kind, contactPurpose, topic, account });
  const judge = createRecipientJudge({ template, variableSources, ask, now });
  const excluded: Record<string, number> = {};
  const bySegments: Record<number, number> = {};
  const lengths: LengthTally = new Map();
  const batches: Batch[] = [];
  const cut = createBatchCutter(batchSize, (each) => {
    batches.push({ ...each, firstSeq: (each.batch - 1) * batchSize + 1 });
  });
  let [candidates, size] = [0, 0];
  for (let after: string | null = null; ;) {
    const page: Candidate[] = await freezeCandidates(pool, source, after, pageSize, now);
    const factsFor = await loadFacts(pool, page, ask, now);
    const strangers = page.filter(({ customerId }) => customerId === null).map(({ phone }) => phone);
    if (strangers.length > 0) await openNumbers(pool, strangers, 'list');
    const step: Step = { members: [], excluded: [] };
    for (const each of page) {
      const verdict = judge(each, factsFor(each));
      candidates += 1;
      if (verdict.reason !== null) {
        excluded[verdict.reason] = (excluded[verdict.reason] ?? 0) + 1;
        step.excluded.push({ phone: each.phone, customerId: each.customerId, reason: verdict.reason });
        continue;
      }
      const { variables, segments, text } = verdict;
      size += 1;
      tallyLength(lengths, countSegments({ signName: template.signName, text }).length, size);
      bySegments[segments] = (bySegments[segments] ?? 0) + 1;
      step.members.push({ seq: size, phone: each.phone, variables, customerId: each.customerId });
      cut.add(leafOf(saltKey, { seq: size, phone: each.phone, variables }));
    }
    await transaction(pool, (tx) => writeStep(tx, audienceId, step));
    beat();
    after = page.at(-1)?.position ?? null;
    if (page.length < pageSize) break;
  }
  cut.finish();
  const root = merkleRoot(batches.map(({ digest }) => digest));
  return { candidates, size, excluded, bySegments, batches, merkleRoot: root, lengths };
}

/** Closes the list: from here on it is what it says it is. */
export async function storeList(
  tx: Tx,
  { audienceId, campaignId }: { audienceId: string; campaignId: string },
  { size, excluded, batches, merkleRoot: root, lengths }: Frozen,
  now: Date,
): Promise<void> {
  await insertBatches(tx, audienceId, batches);
  const samples = samplesOf(lengths);
  if (samples) await storeSamples(tx, audienceId, samples);
  await closeFreeze(tx, { id: audienceId, campaignId }, { size, batchSize, merkleRoot: root, excluded }, now);
}

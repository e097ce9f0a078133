import { AppError } from '../src/kernel/app-error.rule.ts';
import { estimateCost } from '../src/sms/cost.rule.ts';
import { maskPhone } from '../src/kernel/phone-mask.rule.ts';
import { loadTextAsk } from '../src/contact/ask.db.ts';
import { refusalOnList } from '../src/audience/candidate.rule.ts';
import { loadFacts } from '../src/contact/facts.db.ts';
import { findAudience, freezeCandidates } from '../src/audience/audience.db.ts';
import {
  failEstimate,
  findDraft,
  findEstimate,
  noteEstimate,
  roughSize,
  storeEstimate,
  type EstimateResult,
} from '../src/campaign/draft/draft.db.ts';
import { findGatewayAccount } from '../src/sms/gateway-account.db.ts';
import { findTemplate } from '../src/sms/template/template.db.ts';
import { createRecipientJudge, type Judged } from '../src/campaign/recipient-judge.rule.ts';
import { checkGateway, gatewayFault } from '../src/sms/gateway-check.ts';
import type { SendDeps } from './send-span.ts';

type Deps = Pick<SendDeps, 'pool' | 'gatewayOf'>;
type Examples = EstimateResult['examples'];

const pageSize = 2_000;
const sampleSize = 5;

/**
 * Counts whom the draft would reach, by the judge that the freeze asks, without fixing anything. Progress is in the
 * database; a count that nobody wants any more ends at its next page.
 */
export async function estimateDraft(deps: Deps, draftId: string, wanted: string, beat: () => void): Promise<void> {
  const standing = await findEstimate(deps.pool, draftId);
  if (standing?.wanted !== wanted) return;
  try {
    const result = await count(deps, draftId, wanted, beat);
    if (result) await storeEstimate(deps.pool, draftId, wanted, result, new Date());
  } catch (error) {
    if (!(error instanceof AppError) || error.kind === 'unavailable') throw error;
    await failEstimate(deps.pool, draftId, wanted, error.code);
  }
}

async function count(deps: Deps, draftId: string, wanted: string, beat: () => void): Promise<EstimateResult | null> {
  const { pool } = deps;
  const now = new Date();
  const draft = await findDraft(pool, draftId);
  const audience = draft?.body.audienceId ? await findAudience(pool, draft.body.audienceId) : null;
  if (!draft || !audience) return null;
  const template = draft.body.templateId === null ? null : await findTemplate(pool, draft.body.templateId);
  const account = template && (await findGatewayAccount(pool, template.gatewayAccountId));
  const { topic, contactPurpose, variableSources } = draft.body;
  // Until a text is chosen the milder rules of a notice stand in: the page says so.
  const kind = template?.kind ?? 'notice';
  const ask = await loadTextAsk(pool, { kind, contactPurpose, topic, account });
  const judge = template
    ? createRecipientJudge({ template, variableSources, ask, now })
    : (person: { twice: boolean }, facts: Parameters<typeof refusalOnList>[1]): Judged => {
        const reason = refusalOnList(person, facts, ask, now);
        return reason === null ? { reason, variables: {}, text: '', segments: 0 } : { reason };
      };

  const tally = {
    candidates: 0,
    size: 0,
    excluded: {} as Record<string, number>,
    bySegments: {} as Record<string, number>,
  };
  const sample: string[] = [];
  const lengths = new Map<number, { people: number; after: string | null }>();
  if (!(await noteEstimate(pool, draftId, wanted, 0, await roughSize(pool, audience)))) return null;
  for (let after: string | null = null; ;) {
    const page = await freezeCandidates(pool, audience, after, pageSize, now);
    const facts = await loadFacts(pool, page, ask, now);
    for (const person of page) {
      const verdict = judge(person, facts(person));
      tally.candidates += 1;
      if (verdict.reason === null) {
        tally.size += 1;
        if (sample.length < sampleSize) sample.push(maskPhone(person.phone));
        if (template) {
          tally.bySegments[verdict.segments] = (tally.bySegments[verdict.segments] ?? 0) + 1;
          const known = lengths.get(verdict.text.length);
          if (known) known.people += 1;
          else lengths.set(verdict.text.length, { people: 1, after });
        }
      } else tally.excluded[verdict.reason] = (tally.excluded[verdict.reason] ?? 0) + 1;
      after = person.position;
    }
    beat();
    if (!(await noteEstimate(pool, draftId, wanted, tally.candidates, null))) return null;
    if (page.length < pageSize) break;
  }
  const pricePerSegmentMilliYuan = account?.priceMilliYuan ?? 0;
  return {
    kind,
    ...tally,
    ...estimateCost({ recipientsBySegments: tally.bySegments, pricePerSegmentMilliYuan }),
    pricePerSegmentMilliYuan,
    sample,
    examples: examplesOf(lengths),
    gateway: template && account ? await gatewayFault(() => checkGateway(deps.gatewayOf(account), template)) : null,
    ...(template && account && { gatewayAskedAt: new Date().toISOString() }),
  };
}

/** Shortest, usual (the middle person by length) and longest; fewer when they are of one length. */
function examplesOf(lengths: ReadonlyMap<number, { people: number; after: string | null }>): Examples {
  const sorted = [...lengths].toSorted(([a], [b]) => a - b);
  const people = sorted.reduce((sum, [, each]) => sum + each.people, 0);
  let passed = 0;
  const usual = sorted.find(([, each]) => (passed += each.people) * 2 >= people);
  const chosen = [
    { which: 'shortest' as const, at: sorted[0] },
    { which: 'usual' as const, at: usual },
    { which: 'longest' as const, at: sorted.at(-1) },
  ];
  const seen = new Set<number>();
  return chosen.flatMap(({ which, at }) => {
    if (!at || seen.has(at[0])) return [];
    seen.add(at[0]);
    return [{ which, after: at[1].after }];
  });
}

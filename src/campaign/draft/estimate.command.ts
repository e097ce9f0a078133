import { AppError } from '../../kernel/app-error.rule.ts';
import { countSegments } from '../../sms/segment.rule.ts';
import { maskPhone } from '../../kernel/phone-mask.rule.ts';
import { variablesFor } from '../../sms/variable-source.rule.ts';
import { findAudience, freezeCandidates, type Audience } from '../../audience/audience.db.ts';
import {
  failEstimate,
  findEstimate,
  noteGateway,
  wantEstimate,
  type Draft,
  type Estimate,
  type EstimateResult,
} from './draft.db.ts';
import { findGatewayAccount } from '../../sms/gateway-account.db.ts';
import type { Db } from '../../kernel/sql.db.ts';
import { findTemplate } from '../../sms/template/template.db.ts';
import { canonicalJson, sha256Hex } from '../../kernel/digest.rule.ts';
import { findVariableFaults, renderTemplate, variablesSchema } from '../../sms/template/template.rule.ts';
import { demand, demandIn, type Context } from '../../house/context.ts';
import { checkGateway, gatewayFault } from '../../sms/gateway-check.ts';
import type { GatewayOf } from '../../sms/template/view.command.ts';

export type EstimateView = {
  /** `none`: there is no audience yet. `stale`: the count is of other contents and nobody counts anew. */
  state: 'none' | 'running' | 'done' | 'failed' | 'stale';
  seen: number;
  total: number | null;
  /** The last count there is, also while the next one runs. */
  result: EstimateResult | null;
  countedAt: Date | null;
  fault: string | null;
};

// A count that nobody has heard of for so long has no worker: asking again is then no waste.
const patienceMs = 120_000;

/** What a count depends on, as a short name. */
const wantedOf = ({ body: { audienceId, templateId, variableSources, topic, contactPurpose } }: Draft): string =>
  sha256Hex(canonicalJson({ audienceId, templateId, variableSources, topic, contactPurpose })).slice(0, 32);

/** The count as it stands; a look only. */
export async function showEstimate(ctx: Context, draft: Draft, db: Db = ctx.pool): Promise<EstimateView> {
  return viewOf(draft, await findEstimate(db, draft.id));
}

/**
 * Sees to it that the draft's people are counted, in the background, unless that has been done (`again`: even then). Never
 * fails because Temporal is away: the count then says so.
 */
export async function seeToEstimate(ctx: Context, draft: Draft, { again = false } = {}): Promise<EstimateView> {
  demandIn(ctx, 'campaign:write', draft.unit);
  const known = await findEstimate(ctx.pool, draft.id);
  const view = viewOf(draft, known);
  const waiting = view.state === 'running' && known && ctx.now().getTime() - known.wantedAt.getTime() < patienceMs;
  if (view.state === 'none' || (!again && (view.state === 'done' || waiting))) return view;
  const wanted = wantedOf(draft);
  await wantEstimate(ctx.pool, draft.id, wanted, ctx.now());
  try {
    await ctx.processes.estimateDraft(draft.id, wanted);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    await failEstimate(ctx.pool, draft.id, wanted, error.code);
  }
  return viewOf(draft, await findEstimate(ctx.pool, draft.id));
}

/** Asks the gateway about template and signature again, without counting the people anew. */
export async function askDraftGateway(ctx: Context, gatewayOf: GatewayOf, draft: Draft): Promise<void> {
  demandIn(ctx, 'campaign:write', draft.unit);
  const { templateId } = draft.body;
  const template = templateId === null ? null : await findTemplate(ctx.pool, templateId);
  const account = template && (await findGatewayAccount(ctx.pool, template.gatewayAccountId));
  if (!template || !account) return;
  const code = await gatewayFault(async () => checkGateway(gatewayOf(account), template));
  await noteGateway(ctx.pool, draft.id, wantedOf(draft), code, ctx.now());
}

function viewOf(draft: Draft, known: Estimate | null): EstimateView {
  const { seen = 0, total = null, result = null, countedAt = null, fault = null } = known ?? {};
  const rest = { seen, total, result, countedAt, fault };
  if (draft.body.audienceId === null) return { ...rest, result: null, state: 'none' };
  if (known?.wanted !== wantedOf(draft)) return { ...rest, fault: null, state: 'stale' };
  if (fault !== null) return { ...rest, state: 'failed' };
  // Asked again, the last result stays on show with its time; `seen` is what the count has come to.
  const running =
    known.counted !== known.wanted || (known.total !== null && known.seen < known.total) || known.total === null;
  return { ...rest, state: running ? 'running' : 'done' };
}

export type Example = {
  which: 'shortest' | 'usual' | 'longest';
  phone: string;
  variables: Record<string, string>;
  /** With 【signature】, exactly as it arrives. */
  text: string;
  length: number;
  segments: number;
};

/** What three people get, of the last count: the shortest text, the usual and the longest. Read anew each time, never kept. */
export async function examplesOf(ctx: Context, draft: Draft, result: EstimateResult | null): Promise<Example[]> {
  demandIn(ctx, 'campaign:write', draft.unit);
  const { audienceId, templateId, variableSources } = draft.body;
  if (audienceId === null || templateId === null) return [];
  const [audience, template] = [await findAudience(ctx.pool, audienceId), await findTemplate(ctx.pool, templateId)];
  if (!audience || !template) return [];
  const schema = variablesSchema(template.variables);
  const render = renderTemplate(template.source);
  // Before the first count: somebody from the front of the list.
  const places = result?.examples.length ? result.examples : [{ which: 'usual' as const, after: null }];
  const examples: Example[] = [];
  for (const { which, after } of places) {
    const people = await freezeCandidates(ctx.pool, audience, after, 20, ctx.now());
    for (const person of people) {
      const variables = variablesFor(variableSources, person);
      if (findVariableFaults(schema, variables).length > 0) continue;
      const text = render(variables);
      const { length, segments } = countSegments({ signName: template.signName, text });
      const phone = maskPhone(person.phone);
      examples.push({ which, phone, variables, text: `【${template.signName}】${text}`, length, segments });
      break;
    }
  }
  return examples;
}

/** Anybody of the list: their columns and attributes are what can be offered as sources. */
export async function somebodyOf(ctx: Context, draft: Draft) {
  demandIn(ctx, 'campaign:write', draft.unit);
  const audience = draft.body.audienceId === null ? null : await findAudience(ctx.pool, draft.body.audienceId);
  return audience && somebodyIn(ctx, audience);
}

export async function somebodyIn(ctx: Context, audience: Audience) {
  demand(ctx, 'campaign:write');
  const [person = null] = await freezeCandidates(ctx.pool, audience, null, 1, ctx.now());
  return person;
}

import { z } from 'zod';
import { CallScenario } from './asterisk/scenario.ts';

const share = z.number().min(0).max(1);
const millis = z.number().min(0);
const Weights = z
  .record(z.string(), z.number().min(0))
  .refine((weights) => Object.values(weights).some((weight) => weight > 0), 'needs one weight above zero');
const DelaySchema = z.union([
  millis,
  z.strictObject({ minMs: millis, maxMs: millis }).refine((range) => range.minMs <= range.maxMs, 'minMs exceeds maxMs'),
  z.strictObject({ medianMs: millis, sigma: z.number().min(0), maxMs: millis }),
]);
const clock = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'needs the form HH:mm');

/** How a send can end with the client not knowing whether it happened. */
export const WIRE_FAULTS = [
  'accept-then-timeout',
  'accept-then-reset',
  'reset-before-accept',
  'html-502-after-accept',
  'html-502-before-accept',
  'empty-200-after-accept',
] as const;

/** Kinds of template; the number is the gateway's own `TemplateType`. */
export const TEMPLATE_TYPES = { code: 0, notice: 1, promotion: 2, international: 3 } as const;
type TemplateType = keyof typeof TEMPLATE_TYPES;

const typeNames = Object.keys(TEMPLATE_TYPES) as [TemplateType, ...TemplateType[]];
const TypeSchema = z.union([
  z.enum(typeNames),
  z
    .int()
    .min(0)
    .max(3)
    .transform((number) => typeNames[number] ?? 'notice'),
]);

/** Review states, by the gateway's numbers: 0 in review, 1 passed, 2 failed, 10 cancelled. */
const ReviewState = z.union([z.literal(0), z.literal(1), z.literal(2), z.literal(10)]);

/** What an application leaves behind; absent on what was put on file by a scenario or by hand. */
const Review = {
  appliedAt: millis.optional(),
  /** Milliseconds since 1970: the reviewers' verdict is not to be seen earlier. */
  decidedAt: millis.optional(),
  verdict: ReviewState.optional(),
  reason: z.string().optional(),
};

export const TemplateSchema = z.strictObject({
  code: z.string().min(1),
  name: z.string().default(''),
  content: z.string().min(1).max(500),
  type: TypeSchema.default('notice'),
  state: ReviewState.default(1),
  ...Review,
});
export const SignatureSchema = z.strictObject({
  name: z.string().min(1),
  state: ReviewState.default(1),
  ...Review,
});
export type Template = z.infer<typeof TemplateSchema>;
export type Signature = z.infer<typeof SignatureSchema>;

const WireWeights = z
  .partialRecord(z.enum(WIRE_FAULTS), z.number().min(0))
  .refine((weights) => Object.values(weights).some((weight) => weight > 0), 'needs one weight above zero');

const Scenario = z.strictObject({
  seed: z.int().default(1),
  latencyMs: DelaySchema.default(20),
  timeScale: z.number().positive().default(1),
  timeoutHoldMs: millis.default(8000),
  oneBadNumber: z.enum(['refuse-call', 'skip']).default('refuse-call'),
  recipientErrors: z
    .strictObject({ share: share.default(0), weights: Weights.default({ 'isv.MOBILE_NUMBER_ILLEGAL': 1 }) })
    .prefault({}),
  unknownOutcomes: z
    .strictObject({ share: share.default(0), weights: WireWeights.default({ 'accept-then-timeout': 1 }) })
    .prefault({}),
  throttling: z
    .strictObject({
      callsPerSecond: z.number().positive().nullable().default(null),
      share: share.default(0),
      status: z.int().min(400).max(599).default(429),
      retryAfter: z.int().min(0).nullable().default(null),
    })
    .prefault({}),
  flowControl: z
    .strictObject({
      code: z
        .strictObject({ minute: z.int().default(1), hour: z.int().default(5), day: z.int().default(10) })
        .prefault({}),
      noticeAndPromotionPerDay: z.int().default(50),
      whiteList: z.array(z.string()).max(300).default([]),
    })
    .nullable()
    .prefault({}),
  // Off unless asked for: a demo must run at any hour. The real service refuses promotion from 20:00 to 08:00.
  promotionHours: z.tuple([clock, clock]).nullable().default(null),
  promotionHoursCode: z.string().default('isv.BUSINESS_LIMIT_CONTROL'),
  // The real limit (1–35) has only weak evidence, so it is not applied unless asked for.
  maxVariableLength: z.int().positive().nullable().default(null),
  review: z
    .strictObject({
      delayMs: DelaySchema.default(0),
      refusals: z.strictObject({ share: share.default(0), reason: z.string().default('审核未通过') }).prefault({}),
    })
    .prefault({}),
  queryLagMs: millis.default(0),
  balanceFen: z.number().min(0).nullable().default(null),
  balanceMessages: z.int().min(0).nullable().default(null),
  priceFen: z.number().min(0).default(5),
  receipts: z
    .strictObject({
      delayMs: DelaySchema.default({ minMs: 100, maxMs: 1000 }),
      failures: z
        .strictObject({ share: share.default(0), weights: Weights.default({ MOBILE_NOT_ON_SERVICE: 1 }) })
        .prefault({}),
      duplicates: z.strictObject({ share: share.default(0), delayMs: DelaySchema.default(500) }).prefault({}),
      late: z.strictObject({ share: share.default(0), delayMs: DelaySchema.default(1_800_000) }).prefault({}),
      lost: z.strictObject({ share: share.default(0) }).prefault({}),
      beforeResponse: z.strictObject({ share: share.default(0) }).prefault({}),
    })
    .prefault({}),
  replies: z
    .strictObject({
      optOut: z
        .strictObject({
          share: share.default(0),
          texts: z.array(z.string().min(1)).min(1).default(['R', 'TD', '退订', 'T']),
          delayMs: DelaySchema.default({ minMs: 500, maxMs: 5000 }),
        })
        .prefault({}),
    })
    .prefault({}),
  push: z
    .strictObject({
      batchSize: z.int().min(1).max(1000).default(100),
      batchWaitMs: millis.default(50),
      concurrency: z.int().min(1).max(32).default(2),
      timeoutMs: z.int().min(1).default(3000),
      retryMinutes: z.array(z.number().positive()).default([1, 5, 10]),
    })
    .prefault({}),
  /** What its Asterisk plays: carriers, customers who are called, agents' phones. */
  calls: CallScenario.prefault({}),
  signatures: z.array(SignatureSchema).default([]),
  templates: z.array(TemplateSchema).default([]),
});

/** Everything the carriers and customers do, every field filled in. */
export type Scenario = z.infer<typeof Scenario>;
/** A scenario as written in a file: every field may be left out, and means "no fault" then. */
export type ScenarioInput = z.input<typeof Scenario>;

/** A complete scenario from a file's content. Throws an Error that lists every fault at once. */
export function parseScenario(input: unknown): Scenario {
  const result = Scenario.safeParse(input);
  if (!result.success) throw new Error(`The scenario is not valid:\n${z.prettifyError(result.error)}`);
  return result.data;
}

/** `scenario` with the fields of `patch` put over it, level by level; lists and `weights` are replaced whole. */
export function patchScenario(scenario: Scenario, patch: unknown): Scenario {
  return parseScenario(merge(scenario, patch));
}

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function merge(base: unknown, patch: unknown, key = ''): unknown {
  // A delay is one value in three shapes, and weights are one distribution: half of each would mean nothing.
  if (!isPlain(base) || !isPlain(patch) || key === 'weights' || key.endsWith('Ms')) return patch;
  const merged: Record<string, unknown> = { ...base };
  for (const [name, value] of Object.entries(patch)) merged[name] = merge(base[name], value, name);
  return merged;
}

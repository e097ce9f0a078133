import { z } from 'zod';

const share = z.number().min(0).max(1);
const millis = z.number().min(0);
const DelaySchema = z.union([
  millis,
  z.strictObject({ minMs: millis, maxMs: millis }),
  z.strictObject({ medianMs: millis, sigma: z.number().min(0), maxMs: millis }),
]);

/** What becomes of a call to a customer; each but the first is the carrier's or the customer's no. */
export const FATES = [
  'answer',
  'voice-mail',
  'busy',
  'reject',
  'no-answer',
  'silent',
  'unavailable',
  'invalid',
  'congestion',
  'network',
  'trunk-auth',
] as const;
export type Fate = (typeof FATES)[number];
const Fates = z
  .partialRecord(z.enum(FATES), millis)
  .refine((weights) => Object.values(weights).some((weight) => weight > 0), 'needs one weight above zero');

/** What one number does, whatever the draws say. */
export const CustomerScript = z.strictObject({
  /** Of the first call, the second …; the last one stays. */
  fates: z.array(z.enum(FATES)).min(1).optional(),
  ringMs: millis.optional(),
  talkMs: millis.optional(),
  patienceMs: millis.optional(),
  /** Pressed one after the other while a prompt plays. */
  keys: z
    .string()
    .regex(/^[\d*#]*$/)
    .optional(),
  /** Whether the customer ends the talk, or waits for the other side to. */
  endsTalk: z.boolean().optional(),
});
export type CustomerScript = z.infer<typeof CustomerScript>;

/** What an agent's phone does. `gone`: not registered. */
export const PhoneScript = z.strictObject({
  answers: z.enum(['auto', 'manual', 'never', 'rejects', 'gone']).default('auto'),
  answerMs: millis.optional(),
  /** Falls out of a talk so long after it began. */
  dropAfterMs: millis.optional(),
});
export type PhoneScript = z.infer<typeof PhoneScript>;

export const CallScenario = z.strictObject({
  seed: z.int().default(1),
  /** Divides every time of a person and every ring time-out: a day can pass in a minute. */
  timeScale: z.number().positive().default(1),
  latencyMs: DelaySchema.default(2),
  fates: Fates.default({ answer: 1 }),
  /** From the invitation until it rings, and from there until somebody answers. */
  progressMs: DelaySchema.default({ minMs: 50, maxMs: 400 }),
  ringMs: DelaySchema.default({ medianMs: 8_000, sigma: 0.5, maxMs: 60_000 }),
  /** From the invitation until busy, rejected, unknown. */
  refuseMs: DelaySchema.default({ medianMs: 2_000, sigma: 0.6, maxMs: 20_000 }),
  /** How long somebody who answered waits for a voice. */
  patienceMs: DelaySchema.default({ medianMs: 6_000, sigma: 0.4, maxMs: 20_000 }),
  hangsUpAtOnce: z.strictObject({ share: share.default(0), afterMs: DelaySchema.default(600) }).prefault({}),
  talkMs: DelaySchema.default({ medianMs: 60_000, sigma: 0.7, maxMs: 600_000 }),
  /** Share of talks that the customer ends; of the others nobody says when, until three times their length. */
  customerEnds: share.default(0.5),
  voiceMailMs: DelaySchema.default(20_000),
  keys: z
    .strictObject({
      share: share.default(0),
      weights: z.record(z.string().regex(/^[\d*#]$/), millis).default({ '1': 1 }),
      delayMs: DelaySchema.default({ minMs: 800, maxMs: 3_000 }),
    })
    .prefault({}),
  /** Of a sound that the product plays. */
  promptMs: DelaySchema.default(4_000),
  phones: z
    .strictObject({
      answerMs: DelaySchema.default({ minMs: 80, maxMs: 300 }),
      manualMs: DelaySchema.default({ minMs: 1_500, maxMs: 6_000 }),
      never: share.default(0),
      drops: z.strictObject({ share: share.default(0), afterMs: DelaySchema.default(8_000) }).prefault({}),
    })
    .prefault({}),
  customers: z.record(z.string(), CustomerScript).default({}),
  extensions: z.record(z.string(), PhoneScript).default({}),
});
export type CallScenario = z.infer<typeof CallScenario>;

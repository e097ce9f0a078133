import { z } from 'zod';
import { defaultRetry, type RetrySettings } from '../retry.rule.ts';

const times = (most: number) => z.int().min(1).max(most);

/** A list's own settings of retries; what it does not say is the house's. */
export const RetryFields = z.strictObject({
  attempts: times(50).default(defaultRetry.attempts),
  busy: z
    .strictObject({ minutes: z.array(times(1_440)).min(1).max(10), aDay: times(20) })
    .default({ minutes: [...defaultRetry.busy.minutes], aDay: defaultRetry.busy.aDay }),
  noAnswer: z.strictObject({ hours: times(72), aDay: times(20) }).default(defaultRetry.noAnswer),
  unavailable: z.strictObject({ attempts: times(50) }).default(defaultRetry.unavailable),
  rejected: z.strictObject({ attempts: times(10) }).default(defaultRetry.rejected),
  abandoned: z.strictObject({ hours: times(720) }).default(defaultRetry.abandoned),
  line: z.strictObject({ minutes: times(60), times: times(20) }).default(defaultRetry.line),
}) satisfies z.ZodType<RetrySettings>;

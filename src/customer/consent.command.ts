import { z } from 'zod';
import { AppError } from '../kernel/app-error.rule.ts';
import { purposes, saveConsent } from './consent.db.ts';
import { findCustomer } from './customer.db.ts';
import { mutate, type Context } from '../house/context.ts';

/** Where the word came from: `phone-call`, `paper-form`. `reply` and `import:…` are written by the system alone. */
export const ConsentSource = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,39}$/)
  .refine((source) => source !== 'reply', 'This source is written by the system alone.');

const Change = z.object({
  customerId: z.uuid(),
  purpose: z.enum(purposes),
  granted: z.boolean(),
  source: ConsentSource,
});

/**
 * Grants or withdraws; `changed` is false when it stood so already. A grant lifts no suppression.
 * Throws `customer.unknown`.
 */
export async function setConsent(ctx: Context, input: z.input<typeof Change>): Promise<{ changed: boolean }> {
  const { customerId, purpose, granted, source } = Change.parse(input);
  return mutate(ctx, 'customer:write', async (tx) => {
    if (!(await findCustomer(tx, customerId)))
      throw new AppError('missing', 'customer.unknown', 'There is no such customer.', { customerId });
    const changed = await saveConsent(tx, customerId, { purpose, granted, source, changedAt: ctx.now() });
    const action = granted ? 'consent.granted' : 'consent.withdrawn';
    return {
      result: { changed },
      audit: { action, objectKind: 'customer', objectId: customerId, details: { purpose, source, changed } },
    };
  });
}

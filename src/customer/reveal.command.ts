import { randomUUIDv7 } from 'node:crypto';
import { z } from 'zod';
import { AppError } from '../kernel/app-error.rule.ts';
import { findCustomer } from './customer.db.ts';
import { numbersOf, type NumberRow } from './number.db.ts';
import { countReveals, hasContactFrom, insertReveal } from './reveal.db.ts';
import { mutate, unitsFor, type Context } from '../house/context.ts';

/** Whole numbers that one person may look at in an hour. */
export const revealsPerHour = 20;

const Wanted = z.object({ customerId: z.uuid(), reason: z.string().trim() });

/**
 * The whole numbers of one customer in their order (E.164), put on record with the reason.
 * Throws `customer.unknown`, `reveal.other-unit` (the right is held for units that never contacted them),
 * `reveal.reason-short` (under four characters), `reveal.too-many`.
 */
export async function revealPhone(ctx: Context, input: z.input<typeof Wanted>): Promise<{ numbers: NumberRow[] }> {
  const { customerId, reason } = Wanted.parse(input);
  const characters = Array.from(reason).length;
  if (characters < 4 || characters > 200) {
    throw new AppError('invalid', 'reveal.reason-short', 'Say why the number is needed, in 4 to 200 characters.', {
      field: 'reason',
    });
  }
  return mutate(ctx, 'customer:reveal', async (tx) => {
    const now = ctx.now();
    const customer = await findCustomer(tx, customerId);
    if (!customer) throw new AppError('missing', 'customer.unknown', 'There is no such customer.', { customerId });
    const units = unitsFor(ctx, 'customer:reveal');
    if (units !== '*' && !(await hasContactFrom(tx, customerId, units)))
      throw new AppError(
        'denied',
        'reveal.other-unit',
        'None of your units has written to or called this customer, so their number stays masked for you.',
      );
    if ((await countReveals(tx, ctx.staff.id, new Date(now.getTime() - 3_600_000))) >= revealsPerHour) {
      throw new AppError(
        'conflict',
        'reveal.too-many',
        `You looked at ${revealsPerHour} numbers within an hour; wait.`,
        {
          limit: revealsPerHour,
        },
      );
    }
    await insertReveal(tx, { id: randomUUIDv7(), customerId, staffId: ctx.staff.id, at: now });
    return {
      result: { numbers: await numbersOf(tx, customerId, now) },
      audit: { action: 'customer.reveal', objectKind: 'customer', objectId: customerId, details: { reason } },
    };
  });
}

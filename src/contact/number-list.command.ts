import { maskedNumber } from '../customer/customer.command.ts';
import { findCustomer } from '../customer/customer.db.ts';
import { numbersOf, type NumberRow } from '../customer/number.db.ts';
import { demand, type Context } from '../house/context.ts';
import { AppError } from '../kernel/app-error.rule.ts';

export type NumberList = { items: NumberRow[]; updatedAt: Date };

/** A customer's numbers in their order, masked. `updatedAt` is what a change of them is to name. Throws `customer.unknown`. */
export async function listNumbers(ctx: Context, { customerId }: { customerId: string }): Promise<NumberList> {
  demand(ctx, 'customer:read');
  const customer = await findCustomer(ctx.pool, customerId);
  if (!customer) throw new AppError('missing', 'customer.unknown', 'There is no such customer.', { customerId });
  const rows = await numbersOf(ctx.pool, customerId, ctx.now());
  return { items: rows.map(maskedNumber), updatedAt: customer.updatedAt };
}

import { expect } from 'vitest';
import { addNumber } from '../../src/contact/number.command.ts';
import { findCustomer } from '../../src/customer/customer.db.ts';
import { createCustomer } from '../../src/customer/record.command.ts';
import type { Context } from '../../src/house/context.ts';
import type { Pool } from '../../src/kernel/sql.db.ts';

/** A customer as they stand: what a change of their numbers says that its author has seen. */
export async function seenCustomer(pool: Pool, customerId: string): Promise<{ customerId: string; updatedAt: Date }> {
  const { updatedAt } = (await findCustomer(pool, customerId)) ?? expect.fail('There is no such customer.');
  return { customerId, updatedAt };
}

/** A customer with these numbers, in this order. */
export async function makeCustomer(ctx: Context, ...phones: readonly string[]): Promise<string> {
  const [first = '', ...further] = phones;
  const { id } = await createCustomer(ctx, { phone: first });
  for (const phone of further) await addNumber(ctx, { ...(await seenCustomer(ctx.pool, id)), phone });
  return id;
}

/** `customer.phone` and the places of the numbers say the same of everybody. */
export async function expectNumbersToAgree(pool: Pool): Promise<void> {
  const { rows } = await pool.query(
    `select c.id from customer c
     left join phone_number n on n.phone = c.phone and n.customer_id = c.id and n.place = 1
     where n.phone is null
     union all
     select customer_id from phone_number
     where customer_id is not null
     group by customer_id
     having min(place) <> 1 or max(place) <> count(*) or count(distinct place) <> count(*)
       or not exists (select from customer c where c.id = customer_id)`,
  );
  expect(rows).toEqual([]);
}

import { z } from 'zod';
import { AppError } from '../kernel/app-error.rule.ts';
import { mutate, type Context } from '../house/context.ts';
import * as db from './customer.db.ts';
import { readZone } from './time-zone.rule.ts';

const Wanted = z.object({ customerId: z.uuid(), timeZone: z.string().max(64).nullable() });

/**
 * By which clock the hours of contact are judged for this customer; null is the house's. Takes effect with the next look at the
 * customer, also of campaigns that are being sent. Throws `customer.unknown`, `customer.time-zone-unknown`.
 */
export async function setTimeZone(ctx: Context, input: z.input<typeof Wanted>): Promise<{ changed: boolean }> {
  const { customerId, timeZone } = Wanted.parse(input);
  const zone = timeZone === null ? null : readZone(timeZone);
  if (timeZone !== null && zone === null)
    throw new AppError(
      'invalid',
      'customer.time-zone-unknown',
      'There is no such time zone; give its IANA name, such as Asia/Shanghai, Asia/Urumqi or Europe/London.',
      { field: 'timeZone' },
    );
  return mutate(ctx, 'customer:write', async (tx) => {
    const held = await db.lockCustomer(tx, customerId);
    const standing = held && (await db.findCustomer(tx, customerId));
    if (!standing) throw new AppError('missing', 'customer.unknown', 'There is no such customer.', { customerId });
    const changed = standing.timeZone !== zone;
    if (changed) await db.setTimeZone(tx, customerId, zone, ctx.now());
    return {
      result: { changed },
      audit: {
        action: 'customer.changed',
        objectKind: 'customer',
        objectId: customerId,
        // What changed, never to what.
        details: { fields: changed ? ['timeZone'] : [], changed },
      },
    };
  });
}

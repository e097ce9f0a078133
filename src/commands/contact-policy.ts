import { z } from 'zod';
import type { ContactPolicy } from '../domain/refusal.ts';
import { ContactPolicySetting, loadContactPolicy, storeSetting } from '../db/setting.ts';
import { mutate, type Context } from './context.ts';

export const ContactPolicyInput = ContactPolicySetting;

/** How often one person may be contacted, per kind, over every channel. */
export const showContactPolicy = (ctx: Context): Promise<ContactPolicy> => loadContactPolicy(ctx.pool);

/** In force from the next claim on, for campaigns that are running too: a stricter cap must not wait. */
export async function setContactPolicy(
  ctx: Context,
  input: z.input<typeof ContactPolicyInput>,
): Promise<ContactPolicy> {
  const wanted = ContactPolicyInput.parse(input);
  return mutate(ctx, 'setting:write', async (tx) => {
    const before = await loadContactPolicy(tx);
    await storeSetting(tx, 'contact-policy', wanted);
    return {
      result: wanted,
      audit: {
        action: 'contact-policy.set',
        objectKind: 'setting',
        objectId: 'contact-policy',
        details: { from: before, to: wanted },
      },
    };
  });
}

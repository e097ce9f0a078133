import { z } from 'zod';
import type { ContactPolicy } from './refusal.rule.ts';
import type { SendingHours } from './sending-window.rule.ts';
import { listGatewayAccounts } from '../sms/gateway-account.db.ts';
import { ContactPolicySetting, loadContactPolicy, settingChangedAt, storeSetting } from './setting.db.ts';
import { mutate, type Context } from '../house/context.ts';

/** What is not named stays. */
export const ContactPolicyInput = ContactPolicySetting.extend({
  deadNumberDays: z.int().min(1).max(3_650).optional(),
});

/** How often one person may be contacted, per kind, over every channel. */
export const showContactPolicy = (ctx: Context): Promise<ContactPolicy> => loadContactPolicy(ctx.pool);

/** When each gateway account sends, `HH:mm` on China's clocks, and when the caps were last set (null: never, they are the house's own). */
export async function showSendingRules(
  ctx: Context,
): Promise<{ accounts: { name: string; hours: SendingHours }[]; capsSetAt: Date | null }> {
  const [accounts, capsSetAt] = await Promise.all([
    listGatewayAccounts(ctx.pool),
    settingChangedAt(ctx.pool, 'contact-policy'),
  ]);
  return { accounts: accounts.map(({ name, settings }) => ({ name, hours: settings.hours })), capsSetAt };
}

/** In force from the next claim on, for campaigns that are running too: a stricter cap must not wait. */
export async function setContactPolicy(
  ctx: Context,
  input: z.input<typeof ContactPolicyInput>,
): Promise<ContactPolicy> {
  const wanted = ContactPolicyInput.parse(input);
  return mutate(ctx, 'setting:write', async (tx) => {
    const before = await loadContactPolicy(tx);
    const after = { ...wanted, deadNumberDays: wanted.deadNumberDays ?? before.deadNumberDays };
    await storeSetting(tx, 'contact-policy', after);
    return {
      result: after,
      audit: {
        action: 'contact-policy.set',
        objectKind: 'setting',
        objectId: 'contact-policy',
        details: { from: before, to: after },
      },
    };
  });
}

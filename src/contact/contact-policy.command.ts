import { z } from 'zod';
import { faultsOfPolicy, type ContactPolicy, type PolicyFault } from './policy.rule.ts';
import { AppError } from '../kernel/app-error.rule.ts';
import type { SendingHours } from './sending-window.rule.ts';
import { listGatewayAccounts } from '../sms/gateway-account.db.ts';
import { ContactPolicySetting, loadContactPolicy, settingChangedAt } from './setting.db.ts';
import { storeSetting } from '../kernel/setting.db.ts';
import { mutate, type Context } from '../house/context.ts';

/** What is not named stays. */
export const ContactPolicyInput = ContactPolicySetting.extend({
  deadNumberDays: z.int().min(1).max(3_650).optional(),
  blacklistDays: z.int().min(1).max(3_650).optional(),
});

/** How often one person may be contacted, and when, by what it is for and over which channel. */
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

const sentences: Readonly<Record<PolicyFault['code'], string>> = {
  'policy.hours-order': 'Let the hours end after they begin; they cannot pass midnight.',
  'policy.hours-missing': 'Only texts can leave their hours to the gateway account; give hours here.',
  'policy.repayment-hours': 'Repayment rests from 22:00 to 08:00 (GB/T 45251-2025).',
  'policy.repayment-calls': 'At most three calls a day about a repayment (GB/T 45251-2025).',
};

/**
 * In force from the next claim on, for campaigns that are running too: a stricter cap must not wait.
 * Throws `policy.fields` with a fault a field.
 */
export async function setContactPolicy(
  ctx: Context,
  input: z.input<typeof ContactPolicyInput>,
): Promise<ContactPolicy> {
  const wanted = ContactPolicyInput.parse(input);
  const { deadNumberDays, blacklistDays } = wanted;
  const faults = faultsOfPolicy(wanted);
  if (faults.length > 0)
    throw new AppError('invalid', 'policy.fields', 'Some fields cannot be used.', {
      faults: faults.map(({ field, code }) => ({ field, code, message: sentences[code] })),
    });
  return mutate(ctx, 'setting:write', async (tx) => {
    const before = await loadContactPolicy(tx);
    const after = {
      ...wanted,
      deadNumberDays: deadNumberDays ?? before.deadNumberDays,
      blacklistDays: blacklistDays ?? before.blacklistDays,
    };
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

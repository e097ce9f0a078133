import type { z } from 'zod';
import type { OptOutSetting } from './opt-out-effect.rule.ts';
import { loadOptOutSetting, OptOutSettingFields } from './setting.db.ts';
import { storeSetting } from '../kernel/setting.db.ts';
import { reachWith } from '../kernel/reach.rule.ts';
import { mutate, type Context } from '../house/context.ts';

/** What an opt-out by reply silences at once, and within how many days a second no to a notice counts as one. */
export const showOptOutSetting = (ctx: Context): Promise<OptOutSetting> => loadOptOutSetting(ctx.pool);

/** In force for the next reply; what was silenced before stays. Marketing and texts are always among them, named or not. */
export async function setOptOutSetting(
  ctx: Context,
  input: z.input<typeof OptOutSettingFields>,
): Promise<OptOutSetting> {
  const { channels, purposes, secondNoDays } = OptOutSettingFields.parse(input);
  const reach = reachWith({ channels: ['sms', ...channels], purposes: ['marketing', ...purposes] });
  const after = OptOutSettingFields.parse({ ...reach, secondNoDays });
  return mutate(ctx, 'setting:write', async (tx) => {
    const from = await loadOptOutSetting(tx);
    await storeSetting(tx, 'opt-out-effect', after);
    return {
      result: after,
      audit: {
        action: 'opt-out-effect.set',
        objectKind: 'setting',
        objectId: 'opt-out-effect',
        details: { from, to: after },
      },
    };
  });
}

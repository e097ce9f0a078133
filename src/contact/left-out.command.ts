import { z } from 'zod';
import { loadLeftOutPercent } from './setting.db.ts';
import { storeSetting } from '../kernel/setting.db.ts';
import { mutate, type Context } from '../house/context.ts';

const Percent = z.int().min(0).max(100);

/** Above which share of people left out the applicant must confirm that it is meant; whole per cent. */
export const showLeftOutPercent = (ctx: Context): Promise<number> => loadLeftOutPercent(ctx.pool);

export async function setLeftOutPercent(ctx: Context, input: { percent: number }): Promise<void> {
  const percent = Percent.parse(input.percent);
  await mutate(ctx, 'setting:write', async (tx) => {
    const before = await loadLeftOutPercent(tx);
    await storeSetting(tx, 'left-out-percent', percent);
    return {
      result: undefined,
      audit: {
        action: 'left-out.set',
        objectKind: 'setting',
        objectId: 'left-out-percent',
        details: { from: before, to: percent },
      },
    };
  });
}
